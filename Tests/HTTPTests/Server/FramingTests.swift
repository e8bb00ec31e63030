import HTTP
import Testing

extension ServerTests {
    @Suite struct FramingTests {
        @Test(arguments: [
            "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
            "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length : 5\r\n\r\nhello",
            "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5, 5\r\n\r\nhello",
            "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: +5\r\n\r\nhello",
            "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\nhello",
            "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length:\r\n\r\nhello",
            "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1111111111111111111\r\n\r\nhello",
            "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            "POST /echo HTTP/1.0\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: t\r\nX-A: b\0Transfer-Encoding: chunked\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: t\r\nX-A: b\0\r\nX-B: c\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: t\r\nX-A: \0b\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: t\r\nX-A\0b: c\r\n\r\n",
            "GET /healthz\0x HTTP/1.1\r\nHost: t\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nX-A: b\r\n\r\n",
            "GET /healthz HTTP/1.1\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: t\r\nX-A: b\r\n folded\r\n\r\n",
            "GET /healthz HTTP/1.1\nHost: t\n\n",
            "GET /healthz HTTP/1.1\r\nHost: t\r\nX-A: b\rX-B: c\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: t\r\nX-A: \u{1}\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: t\r\nX(A: b\r\n\r\n",
            "GET /healthz%00 HTTP/1.1\r\nHost: t\r\n\r\n",
            "GET /healthz%zz HTTP/1.1\r\nHost: t\r\n\r\n",
            "GET /healthz%ff HTTP/1.1\r\nHost: t\r\n\r\n",
            "GET /healthz?a=%4 HTTP/1.1\r\nHost: t\r\n\r\n",
            "GET healthz HTTP/1.1\r\nHost: t\r\n\r\n",
        ])
        func `an ambiguous or broken request is refused and its connection closed`(request: String)
            async throws
        {
            try await withServer(routes: echoRoutes) { port, _ in
                let client = try RawClient(port: port)

                client.send(request)
                let answer = String(decoding: try await client.readUntilClosed(), as: UTF8.self)

                #expect(answer.hasPrefix("HTTP/1.1 400 ") || answer.hasPrefix("HTTP/1.0 400 "), "\(answer)")
                #expect(!answer.contains("200 OK"))
            }
        }

        @Test func `refusals have the shape that the owner gives them`() async throws {
            try await withServer(routes: echoRoutes) { port, _ in
                let client = try RawClient(port: port)

                let answer = try await client.request("GET /healthz HTTP/1.1\r\n\r\n")

                #expect(answer.text == "header Host is missing at /healthz")
                #expect(answer["X-Request-Id"]?.count == 32)
            }
        }

        @Test(arguments: [
            "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nhOST:t\r\nEmpty:\r\nBlank:   \r\nTrailing: x \t \r\n\r\n",
            "\r\nGET /healthz HTTP/1.1\r\nHost: t\r\nCookie: a=b; c=d\r\n\r\n",
            "GET http://t/healthz HTTP/1.1\r\nHost: t\r\n\r\n",
            "GET /healthz?a=b&c=d+e&&f HTTP/1.1\r\nHost: t\r\nLast:\r\n\r\n",
            "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        ])
        func `an unusual but clear request is answered`(request: String) async throws {
            try await withServer(routes: echoRoutes) { port, _ in
                let client = try RawClient(port: port)

                let answer = try await client.request(request)

                #expect(answer.status == 200 && answer.text == "ok", "\(answer)")
            }
        }

        @Test func `a long head that comes in pieces is read whole`() async throws {
            func routes(_ router: inout Router) {
                router.on(
                    .get, "/count", immediate: { .text("\($0.headers.fields.map(\.value.utf8.count))") })
            }
            try await withServer(routes: routes) { port, _ in
                let client = try RawClient(port: port)
                let fields = (0..<60).map { "X-Field-\($0): \(String(repeating: "v", count: 200))\r\n" }

                for round in 0..<3 {
                    client.send("GET /count?round=\(round) HTTP/1.1\r\nHost: t\r\n")
                    for field in fields { client.send(field) }
                    let answer = try await client.request("\r\n")

                    #expect(answer.text == "\([1] + Array(repeating: 200, count: 60))")
                }
            }
        }

        @Test(arguments: ["BREW", "CONNECT", "get"])
        func `an unknown method is not implemented`(method: String) async throws {
            try await withServer(routes: echoRoutes) { port, _ in
                let client = try RawClient(port: port)

                let answer = try await client.request("\(method) /healthz HTTP/1.1\r\nHost: t\r\n\r\n")

                #expect(answer.status == 501)
            }
        }

        @Test func `a version that is not 1_0 or 1_1 is not supported`() async throws {
            try await withServer(routes: echoRoutes) { port, _ in
                let client = try RawClient(port: port)

                let answer = try await client.request("GET /healthz HTTP/1.9\r\nHost: t\r\n\r\n")

                #expect(answer.status == 505)
            }
        }
    }
}
