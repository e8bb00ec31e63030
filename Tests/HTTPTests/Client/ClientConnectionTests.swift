import Testing

@testable import HTTP

@Suite(.timeLimit(.minutes(10))) struct ClientConnectionTests {
    @Test func `reuses a connection`() async throws {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let client = try HTTPClient.make()
        let request = OutboundRequest(method: .post, url: "http://reused.test:\(server.port)/", body: [1, 2])

        for _ in 0..<5 { _ = try await client.send(request, policy: .unrestricted) }
        let last = try await client.send(request, policy: .unrestricted)

        #expect(server.connections == 1)
        #expect(server.requests.count == 6)
        #expect(last.timings.connect == .zero)
    }

    @Test func `requests of another group have connections of their own`() async throws {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let client = try HTTPClient.make()
        let request = OutboundRequest(method: .post, url: server.url, body: [1, 2])
        var apart = request
        apart.connectionGroup = 1

        for _ in 0..<3 {
            _ = try await client.send(request, policy: .unrestricted)
            _ = try await client.send(apart, policy: .unrestricted)
        }

        #expect(server.connections == 2)
        #expect(server.requests.count == 6)
    }

    @Test func `keeps a connection however many others hang`() async throws {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let silent = try LoopbackServer.silent()
        defer { silent.stop() }
        let client = try HTTPClient.make(idle: 2)
        let hung = (0..<5).map { _ in
            Task { await client.failure(of: OutboundRequest(url: silent.url, deadline: .seconds(600))) }
        }
        await until { silent.requests.count == 5 }

        for _ in 0..<5 {
            _ = try await client.send(OutboundRequest(url: server.url), policy: .unrestricted)
        }

        #expect(server.connections == 1)
        for task in hung { task.cancel() }
    }

    @Test func `goes on to the next address when one does not answer`() async throws {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let client = try HTTPClient.make { _ in [IPAddress(v4: 0x7F00_0002), .loopback] }

        let response = try await client.send(
            OutboundRequest(url: "http://two.test:\(server.port)/"), policy: .unrestricted)

        #expect(response.remoteAddress == .loopback)
    }

    @Test func `says that nobody listens`() async throws {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let client = try HTTPClient.make { _ in [IPAddress(v4: 0x7F00_0002)] }

        let error = await client.failure(of: OutboundRequest(url: "http://nobody.test:\(server.port)/"))

        #expect(error == .connectFailed(host: "nobody.test", reason: "connection refused"))
    }

    @Test func `does not send a POST twice when a kept connection dies under it`() async throws {
        let server = try LoopbackServer.dyingOnSecondRequest()
        defer { server.stop() }
        let client = try HTTPClient.make()
        let request = OutboundRequest(method: .post, url: server.url, body: [1])

        _ = try await client.send(request, policy: .unrestricted)
        let error = await client.failure(of: request)

        #expect(error == .connectionLost)
        #expect(server.requests.count == 2)
    }

    @Test(arguments: [true, false])
    func `a request that was sent was not refused, although nobody listens any more`(isRepeatable: Bool)
        async throws
    {
        let server = try LoopbackServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.answer()
            if connection.readRequest() != nil { connection.server.stop() }
        }
        defer { server.stop() }
        let client = try HTTPClient.make()
        let request = OutboundRequest(
            method: .post, url: server.url, body: [1], isRepeatable: isRepeatable)

        _ = try await client.send(request, policy: .unrestricted)
        let error = await client.failure(of: request)

        #expect(error == .connectionLost)
        #expect(server.requests.count == 2)
    }

    @Test func `sends a repeatable request again when a kept connection dies under it`() async throws {
        let server = try LoopbackServer.dyingOnSecondRequest()
        defer { server.stop() }
        let client = try HTTPClient.make()
        let request = OutboundRequest(method: .post, url: server.url, body: [1], isRepeatable: true)

        _ = try await client.send(request, policy: .unrestricted)
        let response = try await client.send(request, policy: .unrestricted)

        #expect(response.status == 200)
        #expect(server.requests.count == 3)
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"])
    func `reports a connection that ends early`(answer: String) async throws {
        let server = try LoopbackServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write(answer)
        }
        defer { server.stop() }
        let client = try HTTPClient.make()

        #expect(await client.failure(of: OutboundRequest(url: server.url)) == .connectionLost)
    }

    @Test func `hung requests hold up nobody`() async throws {
        let hung = try LoopbackServer.silent()
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        defer { hung.stop() }
        let client = try HTTPClient.make()

        let codes = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    await client.failure(of: OutboundRequest(url: hung.url, deadline: .seconds(600)))?.code
                }
            }
            await until { hung.requests.count == 100 }
            for _ in 0..<50 {
                _ = try await client.send(OutboundRequest(url: server.url), policy: .unrestricted)
            }
            group.cancelAll()
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }

        #expect(codes == ["cancelled"])
        #expect(server.requests.count == 50)
    }
}

extension LoopbackServer {
    /// Each connection answers its first request and closes, unanswered, on its second.
    fileprivate static func dyingOnSecondRequest() throws -> LoopbackServer {
        try LoopbackServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.answer()
            _ = connection.readRequest()
        }
    }
}
