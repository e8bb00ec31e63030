import Glibc
import Testing

@testable import HTTP

/// Heads of answers that are not whole.
@Suite(.timeLimit(.minutes(10))) struct ClientHeadTests {
    @Test(arguments: [
        "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nX-A: b\r\n",
    ])
    func `takes a head that is cut off for no answer`(head: String) async throws {
        let server = try LoopbackServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write(head)
        }
        defer { server.stop() }
        let client = try HTTPClient.make()

        #expect(await client.failure(of: OutboundRequest(url: server.url)) == .connectionLost)
    }

    @Test func `names a header line that has no end`() async throws {
        let server = try LoopbackServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nX-A: ")
            while connection.write(String(repeating: "x", count: 10_000)) {}
        }
        defer { server.stop() }
        let client = try HTTPClient.make()

        let error = await client.failure(of: OutboundRequest(url: server.url))

        #expect(error == .protocolError("a line of its header is too long"))
    }

    @Test func `ends interim answers that drip past the deadline`() async throws {
        let server = try LoopbackServer { connection in
            guard connection.readRequest() != nil else { return }
            while connection.write("HTTP/1.1 102 Processing\r\n\r\n") { usleep(20_000) }
        }
        defer { server.stop() }
        let client = try HTTPClient.make()

        let error = await client.failure(of: OutboundRequest(url: server.url, deadline: .milliseconds(300)))

        #expect(error == .timeout(.awaitingResponse))
    }
}
