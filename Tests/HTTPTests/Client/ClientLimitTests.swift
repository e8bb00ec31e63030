import Glibc
import Testing

@testable import HTTP

@Suite(.timeLimit(.minutes(10))) struct ClientLimitTests {
    @Test func `ends a body that drips past the deadline`() async throws {
        let server = try LoopbackServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
            while connection.write("x") { usleep(5_000) }
        }
        defer { server.stop() }
        let client = try HTTPClient.make()

        let error = await client.timeout(
            in: .readingBody, OutboundRequest(url: server.url, maximumResponseBytes: 1 << 30))

        #expect(error == .timeout(.readingBody))
    }

    @Test func `ends a header that drips past the deadline`() async throws {
        let server = try LoopbackServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nX-A: ")
            while connection.write("x") { usleep(5_000) }
        }
        defer { server.stop() }
        let client = try HTTPClient.make()

        let error = await client.timeout(in: .awaitingResponse, OutboundRequest(url: server.url))

        #expect(error == .timeout(.awaitingResponse))
    }

    @Test func `ends a header that is overdue, interim answers or not`() async throws {
        for interim in ["", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"] {
            let server = try LoopbackServer { connection in
                guard connection.readRequest() != nil else { return }
                connection.write(interim)
                connection.waitForEnd()
            }
            defer { server.stop() }
            let client = try HTTPClient.make()
            var request = OutboundRequest(url: server.url, deadline: .seconds(3_600))
            request.headTimeout = .milliseconds(200)

            let error = await client.failure(of: request)

            #expect(error == .timeout(.awaitingResponse))
        }
    }

    @Test func `ends a request that is not answered`() async throws {
        let server = try LoopbackServer.silent()
        defer { server.stop() }
        let client = try HTTPClient.make()

        let error = await client.timeout(in: .awaitingResponse, OutboundRequest(url: server.url))

        #expect(error == .timeout(.awaitingResponse))
    }

    @Test func `ends a handshake that is not answered`() async throws {
        let server = try LoopbackServer { $0.waitForEnd() }
        defer { server.stop() }
        let client = try HTTPClient.make()
        let request = OutboundRequest(url: "https://127.0.0.1:\(server.port)/")

        let error = await client.timeout(in: .handshake, request, with: \.connectTimeout)

        #expect(error == .timeout(.handshake))
    }

    @Test func `ends a connection that is not accepted`() async throws {
        let full = try FullListener()
        defer { full.stop() }
        let client = try HTTPClient.make()
        let request = OutboundRequest(
            url: "http://127.0.0.1:\(full.port)/", connectTimeout: .milliseconds(200))

        let error = await client.failure(of: request)

        #expect(error == .timeout(.connecting))
    }

    @Test(arguments: ["Content-Length: 11\r\n\r\nhello world", "Connection: close\r\n\r\nhello world"])
    func `fails on a body beyond the limit`(answer: String) async throws {
        let server = try LoopbackServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\n" + answer)
        }
        defer { server.stop() }
        let client = try HTTPClient.make()

        let error = await client.failure(of: OutboundRequest(url: server.url, maximumResponseBytes: 10))

        #expect(error == .responseTooLarge(limit: 10))
    }

    @Test func `takes a body of exactly the limit`() async throws {
        let server = try LoopbackServer.answering("hello world")
        defer { server.stop() }
        let client = try HTTPClient.make()

        for overflow in [OutboundRequest.Overflow.fail, .truncate] {
            let request = OutboundRequest(url: server.url, maximumResponseBytes: 11, overflow: overflow)
            let response = try await client.send(request, policy: .unrestricted)
            #expect(response.body.count == 11)
            #expect(!response.isTruncated)
        }
    }

    @Test(arguments: [0, 5, 20_000])
    func `keeps the beginning of an endless body and closes`(limit: Int) async throws {
        let server = try LoopbackServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 418 Teapot\r\nContent-Type: text/plain\r\n\r\n")
            while connection.write(String(repeating: "y", count: 1_000)) {}
            connection.server.record("closed")
        }
        defer { server.stop() }
        let client = try HTTPClient.make()
        let request = OutboundRequest(
            method: .post, url: server.url, maximumResponseBytes: limit, overflow: .truncate)

        let response = try await client.send(request, policy: .unrestricted)
        await until { server.requests.last == "closed" }

        #expect(response.status == 418)
        #expect(response.isTruncated)
        #expect(response.body == [UInt8](repeating: UInt8(ascii: "y"), count: limit))
    }

    @Test func `does not unpack a compressed body`() async throws {
        let server = try LoopbackServer.answering("not really gzip", headers: ["Content-Encoding: gzip"])
        defer { server.stop() }
        let client = try HTTPClient.make()

        let response = try await client.send(OutboundRequest(url: server.url), policy: .unrestricted)

        #expect(String(decoding: response.body, as: UTF8.self) == "not really gzip")
    }

    @Test func `fails on an endless header`() async throws {
        let server = try LoopbackServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\n")
            while connection.write("X-Flood: \(String(repeating: "z", count: 900))\r\n") {}
        }
        defer { server.stop() }
        let client = try HTTPClient.make()

        #expect(await client.failure(of: OutboundRequest(url: server.url))?.code == "protocol_error")
    }
}
