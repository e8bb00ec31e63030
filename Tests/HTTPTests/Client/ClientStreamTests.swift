import Synchronization
import Testing

@testable import HTTP

@Suite(.timeLimit(.minutes(10))) struct ClientStreamTests {
    @Test func `hands out pieces while the answer goes on, the head first`() async throws {
        let gate = Gate()
        let server = try LoopbackServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            gate.wait()
            connection.write("one ")
            connection.write("two")
        }
        defer { server.stop() }
        let client = try HTTPClient.make()
        let pieces = Pieces()
        var request = OutboundRequest(
            url: server.url, deadline: .seconds(600), maximumResponseBytes: 1)
        request.receive = { pieces.add($0) }

        let sending = Task { [request] in try await client.send(request, policy: .unrestricted) }
        await until { pieces.count == 1 }
        let early = pieces.text
        gate.open()
        let response = try await sending.value

        #expect(early.isEmpty)
        #expect(pieces.text == "one two")
        #expect(response.body.isEmpty)
        #expect(response.status == 200)
    }

    @Test func `ends a stream that is longer than its limit`() async throws {
        let server = try LoopbackServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            for _ in 0..<100 { connection.write(String(repeating: "x", count: 10_000)) }
        }
        defer { server.stop() }
        let pieces = Pieces()
        var request = OutboundRequest(url: server.url)
        request.receive = { pieces.add($0) }
        request.maximumStreamBytes = 50_000
        let (client, asked) = (try HTTPClient.make(), request)

        let failure = await #expect(throws: ClientError.self) {
            try await client.send(asked, policy: .unrestricted)
        }
        #expect(failure == .responseTooLarge(limit: 50_000))
        #expect(pieces.text.utf8.count <= 50_000)
    }

    @Test func `keeps the body of an error`() async throws {
        let server = try LoopbackServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.answer("401 Unauthorized", body: "who are you")
        }
        defer { server.stop() }
        let pieces = Pieces()
        var request = OutboundRequest(url: server.url)
        request.receive = { pieces.add($0) }

        let response = try await HTTPClient.make().send(request, policy: .unrestricted)

        #expect(String(decoding: response.body, as: UTF8.self) == "who are you")
        #expect(pieces.count == 0)
    }
}

private final class Pieces: Sendable {
    private let pieces = Mutex<[[UInt8]]>([])

    var count: Int { pieces.withLock { $0.count } }
    var text: String { pieces.withLock { String(decoding: $0.flatMap(\.self), as: UTF8.self) } }

    func add(_ piece: [UInt8]) {
        pieces.withLock { $0.append(piece) }
    }
}
