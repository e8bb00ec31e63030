import Synchronization
import Testing

@testable import HTTP

@Suite(.timeLimit(.minutes(10))) struct ClientLookupTests {
    @Test func `a stuck look-up holds up neither others nor its own request beyond the deadline`()
        async throws
    {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let gate = Gate()
        defer { gate.open() }
        let client = try HTTPClient.make { host in
            if host == "stuck.test" { gate.wait() }
            return [.loopback]
        }
        let stuck = OutboundRequest(url: "http://stuck.test:\(server.port)/", deadline: .milliseconds(500))

        async let error = client.failure(of: stuck)
        await until { gate.waiting == 1 }
        let response = try await client.send(
            OutboundRequest(url: "http://quick.test:\(server.port)/"), policy: .unrestricted)

        #expect(response.status == 200)
        #expect(await error == .dnsTimeout(host: "stuck.test"))
        #expect(gate.waiting == 1)
    }

    @Test func `a look-up has a deadline of its own`() async throws {
        let gate = Gate()
        defer { gate.open() }
        let client = try HTTPClient.make(timeout: .milliseconds(100)) { _ in
            gate.wait()
            return [.loopback]
        }

        let error = await client.failure(
            of: OutboundRequest(url: "http://stuck.test/", deadline: .seconds(600)))
        let precheck = try await client.precheck("http://stuck.test/", policy: .public)

        #expect(error == .dnsTimeout(host: "stuck.test"))
        #expect(precheck == .unresolved)
    }

    @Test func `requests for one host share a look-up under way`() async throws {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let gate = Gate()
        let asked = Atomic(0)
        let client = try HTTPClient.make { host in
            asked.wrappingAdd(1, ordering: .relaxed)
            if host == "shared.test" { gate.wait() }
            return [.loopback]
        }
        let request = OutboundRequest(url: "http://shared.test:\(server.port)/", deadline: .seconds(600))

        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask { try await client.send(request, policy: .unrestricted).status }
            }
            await until { gate.waiting == 1 }
            _ = try await client.send(
                OutboundRequest(url: "http://other.test:\(server.port)/"), policy: .unrestricted)
            gate.open()
            return try await group.reduce(into: []) { $0.append($1) }
        }

        #expect(statuses == [Int](repeating: 200, count: 20))
        #expect(asked.load(ordering: .relaxed) < 20)
    }

    @Test func `refuses look-ups beyond its queue`() async throws {
        let gate = Gate()
        let client = try HTTPClient.make(threads: 1, queue: 1) { _ in
            gate.wait()
            return [.loopback]
        }
        let (outcomes, ended) = AsyncStream<String>.makeStream()

        for name in ["a", "b", "c", "d"] {
            Task {
                let error = await client.failure(
                    of: OutboundRequest(url: "http://\(name).test:1/", deadline: .seconds(600)))
                ended.yield(error?.code ?? "none")
            }
            if name == "a" { await until { gate.waiting == 1 } }
        }
        var codes: [String] = []
        for await code in outcomes {
            codes.append(code)
            if codes.count == 2 { gate.open() }
            if codes.count == 4 { break }
        }

        #expect(codes == ["dns_failure", "dns_failure", "connect_failed", "connect_failed"])
    }

    @Test func `names that hang hold up no name that was found before`() async throws {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let gate = Gate()
        let client = try HTTPClient.make(timeout: .seconds(3_600), threads: 4) { host in
            if host.hasPrefix("hung") { gate.wait() }
            return [.loopback]
        }
        let healthy = OutboundRequest(url: "http://healthy.test:\(server.port)/")
        _ = try await client.send(healthy, policy: .unrestricted)

        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<20 {
                let request = OutboundRequest(
                    url: "http://hung\(number).test:\(server.port)/", deadline: .seconds(3_600))
                group.addTask { try await client.send(request, policy: .unrestricted).status }
            }
            await until { gate.waiting == 3 }
            for _ in 1...5 {
                #expect(try await client.send(healthy, policy: .unrestricted).status == 200)
            }
            #expect(gate.waiting == 3)
            gate.open()
            for try await status in group { #expect(status == 200) }
        }
    }

    @Test func `names that were found before and hang now hold up no other`() async throws {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let gate = Gate()
        let isStuck = Atomic(false)
        let client = try HTTPClient.make(timeout: .seconds(3_600), threads: 2) { host in
            if host.hasPrefix("hung"), isStuck.load(ordering: .relaxed) { gate.wait() }
            return [.loopback]
        }
        let healthy = OutboundRequest(url: "http://healthy.test:\(server.port)/")
        let hung = (0..<10).map {
            OutboundRequest(url: "http://hung\($0).test:\(server.port)/", deadline: .seconds(3_600))
        }
        for request in hung + [healthy] { _ = try await client.send(request, policy: .unrestricted) }
        isStuck.store(true, ordering: .relaxed)

        try await withThrowingTaskGroup(of: Int.self) { group in
            for request in hung {
                group.addTask { try await client.send(request, policy: .unrestricted).status }
            }
            await until { gate.waiting == 10 }
            #expect(try await client.send(healthy, policy: .unrestricted).status == 200)
            gate.open()
            for try await status in group { #expect(status == 200) }
        }
    }

    @Test func `says why a name does not resolve`() async throws {
        let failing = try HTTPClient.make { _ in throw SystemResolver.Failure(description: "no such name") }
        let empty = try HTTPClient.make { _ in [] }
        let request = OutboundRequest(url: "http://a.test/")

        #expect(await failing.failure(of: request) == .dnsFailure(host: "a.test", reason: "no such name"))
        #expect(await empty.failure(of: request) == .dnsFailure(host: "a.test", reason: "it has no address"))
    }

    @Test func `asks again for every request unless a cache is allowed`() async throws {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let asked = Mutex<[String]>([])
        var configuration = HTTPClient.Configuration()
        configuration.resolverCacheLifetime = .seconds(600)
        configuration.resolve = { host in
            asked.withLock { $0.append(host) }
            return [.loopback]
        }
        let cached = try HTTPClient(configuration: configuration)
        configuration.resolverCacheLifetime = .zero
        let uncached = try HTTPClient(configuration: configuration)

        for client in [cached, cached, uncached, uncached] {
            let host = client === cached ? "cached" : "uncached"
            _ = try await client.send(
                OutboundRequest(url: "http://\(host).test:\(server.port)/"), policy: .unrestricted)
        }

        #expect(asked.withLock(\.self) == ["cached.test", "uncached.test", "uncached.test"])
    }

    @Test func `the system's resolver knows localhost and refuses nonsense`() throws {
        #expect(try SystemResolver.resolve("localhost").contains(.loopback))
        #expect(throws: SystemResolver.Failure.self) { try SystemResolver.resolve("no such name") }
    }
}
