import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite(.timeLimit(.minutes(10)))
struct EventRouteTests {
    @Test func `lists events in order with the bytes that are delivered`() async throws {
        try await withService { service in
            let id = try await service.makeJob()
            try await service.engine.finish(.completed)
            let first = try await service.send(.get, "/v1/events", query: [("limit", "1")]).json()
            #expect(first["data"]?.array?.first?["type"] == "thumbnail.queued")
            let next = try #require(first["next"]?.string)
            let rest = try await service.send(.get, "/v1/events", query: [("cursor", next)]).json()
            #expect(rest["data"]?.array?.compactMap { $0["type"]?.string } == ["thumbnail.completed"])
            #expect(rest["data"]?.array?.first?["data"]?["id"]?.string == id)
            #expect(rest["next"] == .null)
        }
    }

    @Test func `streams a job's events from its first to its last`() async throws {
        try await withService { service in
            let id = try await service.makeJob()
            var chunks = try await stream(service, "/v1/jobs/\(id)/events")
            #expect(await chunks.next()?.hasPrefix(": connected\n") == true)
            let queued = try #require(await chunks.next())
            let lines = queued.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines[0].hasPrefix("id: "))
            #expect(lines[1] == "event: thumbnail.queued")
            #expect(lines[2].hasPrefix("data: {\"id\":\"evt_"))
            #expect(lines[3...] == ["", ""])
            try await service.engine.finish(.failed)
            #expect(await chunks.next()?.contains("event: thumbnail.failed\n") == true)
            #expect(await chunks.next() == nil)
        }
    }

    @Test func `streams what happens from now on, or after the last event seen`() async throws {
        try await withService { service in
            _ = try await service.makeJob()
            var live = try await stream(service, "/v1/events/stream")
            var resumed = try await stream(service, "/v1/events/stream", ["Last-Event-ID": "0"])
            let position = try await service.store.lastEventPosition()
            #expect(await live.next() == ": connected\nretry: 3000\nid: \(position)\n\n")
            #expect(await resumed.next()?.hasSuffix("\nid: 0\n\n") == true)
            #expect(await resumed.next()?.contains("thumbnail.queued") == true)
            try await service.engine.finish(.completed)
            #expect(await live.next()?.contains("thumbnail.completed") == true)
            #expect(await resumed.next()?.contains("thumbnail.completed") == true)
        }
    }

    @Test func `a client that has seen more than there is learns where the stream stands`() async throws {
        try await withService { service in
            _ = try await service.makeJob()
            let position = try await service.store.lastEventPosition()
            var chunks = try await stream(service, "/v1/events/stream", ["Last-Event-ID": "\(position + 9)"])
            #expect(await chunks.next()?.hasSuffix("\nid: \(position)\n\n") == true)
            try await service.engine.finish(.completed)
            #expect(await chunks.next()?.contains("thumbnail.completed") == true)
        }
    }

    @Test func `says that it is alive while nothing happens`() async throws {
        try await withService { service in
            var chunks = try await stream(service, "/v1/events/stream")
            _ = await chunks.next()
            for _ in 0..<2 {
                async let chunk = chunks.next()
                await until { service.clock.sleeperCount == 1 }
                service.clock.advance(by: .milliseconds(7_500))
                #expect(await chunk == ": heartbeat\n\n")
            }
        }
    }

    @Test func `ends when the service stops taking jobs`() async throws {
        try await withService { service in
            var chunks = try await stream(service, "/v1/events/stream")
            _ = await chunks.next()
            async let chunk = chunks.next()
            await until { service.clock.sleeperCount == 1 }
            service.engine.stopAccepting()
            service.clock.advance(by: .seconds(15))
            #expect(await chunk == nil)
        }
    }

    @Test func `ends when its key is revoked`() async throws {
        try await withService { service in
            let made = try await service.send(.post, "/v1/keys", body: #"{"name":"a"}"#).json()
            let (id, value) = (try #require(made["id"]?.string), try #require(made["key"]?.string))
            var chunks = try await stream(service, "/v1/events/stream", key: value)
            _ = await chunks.next()
            async let chunk = chunks.next()
            await until { service.clock.sleeperCount == 1 }
            _ = try await service.send(.delete, "/v1/keys/\(id)")
            service.clock.advance(by: .seconds(15))
            #expect(await chunk == nil)
        }
    }

    @Test func `waits for nothing once the client is gone`() async throws {
        try await withService { service in
            let path = "/v1/events/stream"
            let reading = Task {
                var chunks = try await stream(service, path)
                while await chunks.next() != nil {}
            }
            await until { service.clock.sleeperCount == 1 }
            reading.cancel()
            try await reading.value
            await until { service.clock.sleeperCount == 0 }
        }
    }

    @Test func `ends at once behind the last event of a finished job`() async throws {
        try await withService { service in
            let id = try await service.makeJob()
            try await service.engine.finish(.failed)
            var chunks = try await stream(service, "/v1/jobs/\(id)/events", ["Last-Event-ID": "999"])
            _ = await chunks.next()
            #expect(await chunks.next() == nil)
        }
    }

    @Test func `shows no account another's events`() async throws {
        try await withService { service in
            _ = try await service.makeJob()
            let list = try await service.send(.get, "/v1/events", key: Service.otherKey)
            #expect(try list.json()["data"] == [])
        }
    }

    private func stream(
        _ service: Service, _ path: String, _ headers: Headers = [:], key: String = Service.key
    ) async throws -> Chunks {
        let response = try await service.send(.get, path, headers: headers, key: key)
        #expect(response.headers["Content-Type"] == "text/event-stream")
        guard case .stream(let stream) = response.body else {
            throw Failure(.internal, code: "body", message: "no stream")
        }
        return Chunks(iterator: stream.makeAsyncIterator())
    }
}

/// The chunks of a stream as text.
struct Chunks {
    var iterator: AsyncStream<[UInt8]>.Iterator

    mutating func next() async -> String? {
        await iterator.next().map { String(decoding: $0, as: UTF8.self) }
    }
}
