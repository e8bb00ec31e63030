import Testing

@testable import HTTP

@Suite struct ResponseHeadTests {
    @Test func `reads a status line and fields`() {
        var head = ResponseHead()
        for line in ["HTTP/2 404 \r\n", "a: b \r\n", "Empty:\r\n", "C:\u{e9}: d\r\n", "no colon\r\n", "\r\n"]
        {
            let isAccepted = head.receive(line.utf8)
            #expect(isAccepted)
        }

        #expect(head.status == 404)
        #expect(head.isComplete)
        #expect(head.headers == Headers([("a", "b"), ("Empty", ""), ("C", "\u{e9}: d")]))
    }

    @Test func `keeps the final answer's fields only`() {
        var head = ResponseHead()
        let lines = [
            "HTTP/1.1 100 Continue", "a: interim", "", "HTTP/1.1 200 OK", "b: final", "", "c: trailer",
        ]

        let accepted = lines.filter { head.receive(Array(($0 + "\r\n").utf8)) }

        #expect(accepted == lines)
        #expect(head.status == 200)
        #expect(head.headers == Headers([("b", "final")]))
    }

    @Test func `has a limit`() {
        var head = ResponseHead()
        let line = Array("x: \(String(repeating: "y", count: 1_000))\r\n".utf8)

        let accepted = (0..<1_000).filter { _ in head.receive(line) }

        #expect(accepted.count == ResponseHead.maximumBytes / line.count)
    }
}
