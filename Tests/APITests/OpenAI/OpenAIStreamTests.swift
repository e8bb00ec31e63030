import Documents
import Engine
import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import API

@Suite(.timeLimit(.minutes(10)))
struct OpenAIStreamTests {
    private let generations = "/v1/images/generations"
    private let body = #"{"prompt":"p","model":"gpt-image-1","stream":true,"partial_images":2,"n":2}"#

    /// A stream that waits for its job, chunk by chunk.
    private func open(
        _ service: Service, _ body: String? = nil
    ) async throws -> AsyncStream<[UInt8]>.Iterator {
        let response = try await service.send(.post, generations, body: body ?? self.body)
        #expect(response.status == 200)
        #expect(response.headers["Content-Type"] == "text/event-stream")
        #expect(response.onSent != nil)
        guard case .stream(let stream) = response.body else {
            throw Failure(.internal, code: "body", message: "no stream")
        }
        return stream.makeAsyncIterator()
    }

    /// The event's name and its data.
    private func event(_ chunk: [UInt8]?) throws -> (name: String, data: JSONValue) {
        let text = String(decoding: try #require(chunk), as: UTF8.self)
        #expect(text.hasSuffix("\n\n"))
        let lines = text.split(separator: "\n")
        #expect(lines.count == 2)
        let name = try #require(lines.first?.dropFirst("event: ".count))
        let data = try JSONValue(parsing: Array(try #require(lines.last?.dropFirst("data: ".count)).utf8))
        #expect(data["type"]?.string == String(name))
        return (String(name), data)
    }

    @Test func `shows pictures on the way, then each finished one`() async throws {
        try await withService { service in
            var chunks = try await open(service)
            let id = try #require(service.engine.jobs.first)
            service.engine.show(GenerationResult.Picture(bytes: [1, 2, 3], mediaType: "image/png"), of: id)
            let partial = try event(await chunks.next())
            #expect(partial.name == "image_generation.partial_image")
            #expect(
                partial.data.object?.names == [
                    "type", "b64_json", "created_at", "background", "output_format", "size", "quality",
                    "partial_image_index",
                ])
            #expect(partial.data["b64_json"] == "AQID")
            #expect(partial.data["partial_image_index"] == 0)

            try await service.complete(variants: 2)
            for _ in 0..<2 {
                let completed = try event(await chunks.next())
                #expect(completed.name == "image_generation.completed")
                #expect(completed.data["b64_json"] == "cGljdHVyZQ==")
                #expect(completed.data["size"] == "1536x1024")
                #expect(completed.data["usage"]?["total_tokens"] == 0)
            }
            #expect(await chunks.next() == nil)
        }
    }

    @Test func `shows no more pictures on the way than were asked for`() async throws {
        try await withService { service in
            var chunks = try await open(service, #"{"prompt":"p","model":"gpt-image-1","stream":true}"#)
            let id = try #require(service.engine.jobs.first)
            service.engine.show(GenerationResult.Picture(bytes: [1], mediaType: "image/png"), of: id)
            try await service.complete()
            #expect(try event(await chunks.next()).name == "image_generation.completed")
            #expect(await chunks.next() == nil)
        }
    }

    @Test func `says why there is no picture`() async throws {
        try await withService { service in
            var chunks = try await open(service)
            try await service.engine.finish(.failed) {
                $0.failure = Failure(.contentRejected, code: "content_rejected", message: "no violence")
            }
            let error = try event(await chunks.next())
            #expect(error.name == "error")
            #expect(
                error.data["error"] == [
                    "message": "no violence", "type": "image_generation_user_error", "param": nil,
                    "code": "moderation_blocked",
                ])
            #expect(await chunks.next() == nil)
        }
    }

    @Test func `keeps the connection alive while the job takes its time`() async throws {
        try await withService { service in
            var chunks = try await open(service)
            await until { service.clock.sleeperCount == 2 }
            service.clock.advance(by: .seconds(15))
            #expect(await chunks.next() == Array(": heartbeat\n\n".utf8))
            try await service.complete()
            #expect(try event(await chunks.next()).name == "image_generation.completed")
        }
    }

    @Test func `leaves the answer owed where the job outlasts the stream`() async throws {
        try await withService { service in
            let response = try await service.send(.post, generations, body: body)
            guard case .stream(let stream) = response.body else {
                Issue.record("no stream")
                return
            }
            var chunks = stream.makeAsyncIterator()
            await until { service.clock.sleeperCount == 2 }
            service.clock.advance(by: .seconds(600))
            var names: [String] = []
            while let chunk = await chunks.next() {
                // Not the heartbeats.
                if chunk.first != UInt8(ascii: ":") { names.append(try event(chunk).name) }
            }
            #expect(names == ["error"])
            let note = try #require(response.onSent)
            note()
            let id = try #require(service.engine.jobs.first)
            let print = try #require(service.engine.submissions.first?.fingerprint)
            let again = Job.make(account: service.account.id, createdAt: service.clock.now())
            let (job, event) = service.context.encoder.event(.queued, of: again, at: again.createdAt)
            let acceptance = try await service.store.accept(
                job, callback: nil, event: event, repetition: .equal(print))
            guard case .repeats(id) = acceptance else {
                Issue.record("it was \(acceptance)")
                return
            }
        }
    }

    @Test func `leaves nothing behind when the client goes`() async throws {
        try await withService { service in
            do {
                let chunks = try await open(service)
                await until { service.clock.sleeperCount == 2 }
                withExtendedLifetime(chunks) {}
            }
            await until { service.clock.sleeperCount == 0 }
        }
    }
}
