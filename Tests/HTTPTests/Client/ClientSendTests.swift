import Testing

@testable import HTTP

@Suite(.timeLimit(.minutes(10))) struct ClientSendTests {
    @Test func `hands out status, headers, body and where it came from`() async throws {
        let server = try LoopbackServer.answering("hello", headers: ["X-One: 1", "X-Two:  two ", "X-One: 3"])
        defer { server.stop() }
        let client = try HTTPClient.make()

        let response = try await client.send(OutboundRequest(url: server.url), policy: .unrestricted)

        #expect(response.status == 200)
        #expect(response.headers.values(of: "x-one") == ["1", "3"])
        #expect(response.headers["x-two"] == "two")
        #expect(String(decoding: response.body, as: UTF8.self) == "hello")
        #expect(!response.isTruncated)
        #expect(response.remoteAddress == .loopback)
        #expect(response.version == .http11)
        #expect(response.timings.connect > .zero)
        #expect(response.timings.firstByte >= response.timings.connect)
        #expect(response.timings.total >= response.timings.firstByte)
    }

    @Test(arguments: [
        "/a/../b/./c?x=%2f%2F&y=a+b&z", "/%7Euser/~user?", "/a//b;v=1?q=?&&", "?only=query",
        "/resume/1?signature=AbC%3D%3D",
        "/caf\u{E9}", "/\u{301}/a?\u{301}", "/a?b=[1]|{2}^`",
    ])
    func `sends the URL byte by byte`(target: String) async throws {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let client = try HTTPClient.make()

        _ = try await client.send(OutboundRequest(url: server.url + target + "#frag"), policy: .unrestricted)

        let sent = target.hasPrefix("?") ? "/" + target : target
        #expect(server.requests.first?.hasPrefix("GET \(sent) HTTP/1.1\r\n") == true)
    }

    @Test func `sends only the headers that are asked for or needed`() async throws {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let client = try HTTPClient.make()
        let request = OutboundRequest(
            method: .post, url: server.url + "/", headers: ["webhook-id": "msg_1", "X-Empty": ""],
            body: Array("{}".utf8))

        _ = try await client.send(request, policy: .unrestricted)

        let lines = try #require(server.requests.first).split(separator: "\r\n").map(String.init)
        #expect(
            Set(lines) == [
                "POST / HTTP/1.1", "Host: 127.0.0.1:\(server.port)", "User-Agent: Thumbwire", "Accept: */*",
                "webhook-id: msg_1", "X-Empty:", "Accept-Encoding: identity", "Content-Length: 2", "{}",
            ])
    }

    @Test(arguments: Method.allCases, ["", "body"])
    func `frames every method with and without a body`(method: Method, body: String) async throws {
        let server = try LoopbackServer { connection in
            while let request = connection.readRequest() {
                let body = request.split(
                    separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)[1]
                connection.answer(body: request.hasPrefix("HEAD") ? "" : String(body))
            }
        }
        defer { server.stop() }
        let client = try HTTPClient.make()
        let request = OutboundRequest(method: method, url: server.url, body: Array(body.utf8))

        let response = try await client.send(request, policy: .unrestricted)

        #expect(server.requests.first?.hasPrefix("\(method.rawValue) / ") == true)
        #expect(String(decoding: response.body, as: UTF8.self) == (method == .head ? "" : body))
    }

    @Test func `sends a large body without waiting for leave`() async throws {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let client = try HTTPClient.make()
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 3 << 20)

        _ = try await client.send(
            OutboundRequest(method: .post, url: server.url, body: body), policy: .unrestricted)

        let request = try #require(server.requests.first)
        #expect(request.hasSuffix(String(repeating: "x", count: 3 << 20)))
        #expect(!request.lowercased().contains("expect:"))
    }

    @Test func `sends userinfo as basic authentication, unless a header says otherwise`() async throws {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let client = try HTTPClient.make()
        let url = "http://us%40er:pw@127.0.0.1:\(server.port)/"

        _ = try await client.send(OutboundRequest(url: url), policy: .unrestricted)
        _ = try await client.send(
            OutboundRequest(url: url, headers: ["Authorization": "Bearer t"]), policy: .unrestricted)

        #expect(server.requests.first?.contains("Authorization: Basic dXNAZXI6cHc=\r\n") == true)
        #expect(server.requests.last?.contains("Authorization: Bearer t\r\n") == true)
        #expect(server.requests.last?.contains("Basic") == false)
    }

    @Test(arguments: [
        ("X-A", "a\r\nX-B: b"), ("X A", "a"), ("", "a"), ("Content-Length", "3"), ("host", "b"),
        ("X-A", "\u{0}"),
    ])
    func `refuses a header that would change the framing`(name: String, value: String) async throws {
        let client = try HTTPClient.make()
        let request = OutboundRequest(url: "http://127.0.0.1:1/", headers: Headers([(name, value)]))

        let error = await client.failure(of: request)

        #expect(error?.code == "invalid_request")
    }

    @Test func `reads chunked bodies and skips interim answers and trailers`() async throws {
        let server = try LoopbackServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            connection.write("HTTP/1.1 201 Created\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n")
            connection.write("3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n")
            connection.waitForEnd()
        }
        defer { server.stop() }
        let client = try HTTPClient.make()

        let response = try await client.send(OutboundRequest(url: server.url), policy: .unrestricted)

        #expect(response.status == 201)
        #expect(response.headers.fields.map(\.name) == ["X-A", "Transfer-Encoding"])
        #expect(String(decoding: response.body, as: UTF8.self) == "abcde")
    }

    @Test(arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "just text\n"])
    func `refuses an answer that is not HTTP`(greeting: String) async throws {
        let server = try LoopbackServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write(greeting)
        }
        defer { server.stop() }
        let client = try HTTPClient.make()

        let error = await client.failure(of: OutboundRequest(url: server.url))

        #expect(error?.code == "protocol_error")
    }
}
