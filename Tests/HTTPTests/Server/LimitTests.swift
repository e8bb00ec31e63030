import HTTP
import Testing

extension ServerTests {
    @Suite struct LimitTests {
        private static func small(_ configuration: inout Server.Configuration) {
            configuration.maximumBodyBytes = 1_000
        }

        private static func routes(_ router: inout Router) {
            echoRoutes(&router)
            router.on(.post, "/upload", maximumBodyBytes: 200_000, immediate: { .text("\($0.body.count)") })
        }

        private let post = "POST /echo HTTP/1.1\r\nHost: t\r\n"

        @Test func `a body far over the limit is refused before it is sent`() async throws {
            try await withServer(Self.small, routes: Self.routes) { port, _ in
                let client = try RawClient(port: port)

                let answer = try await client.request(post + "Content-Length: 20000000\r\n\r\n")

                #expect(answer.status == 413)
                #expect(answer.text.hasPrefix("the body is longer than 1000 bytes"))
                #expect(try await client.readUntilClosed().isEmpty)
            }
        }

        @Test func `a client that sends all of its long body before it reads gets the refusal`() async throws
        {
            try await withServer(Self.small, routes: Self.routes) { port, _ in
                let client = try RawClient(port: port)
                let body = String(repeating: "x", count: 4_000_000)

                let answer = try await client.request(
                    post + "Content-Length: \(body.count)\r\n\r\n" + body)
                let next = try await client.get("/healthz")

                #expect(answer.status == 413)
                #expect(next.status == 200)
            }
        }

        @Test func `a chunked body over the limit is dropped, then refused on a connection that lives on`()
            async throws
        {
            try await withServer(Self.small, routes: Self.routes) { port, _ in
                let client = try RawClient(port: port)
                let chunk = "400\r\n" + String(repeating: "x", count: 1_024) + "\r\n"

                client.send(post + "Transfer-Encoding: chunked\r\n\r\n")
                for _ in 0..<100 { client.send(chunk) }
                let answer = try await client.request("0\r\n\r\n")
                let next = try await client.get("/healthz")

                #expect(answer.status == 413)
                #expect(next.status == 200)
            }
        }

        @Test func `a chunked body that does not end is cut off`() async throws {
            try await withServer(Self.small, routes: Self.routes) { port, _ in
                let client = try RawClient(port: port)
                let chunk = Array(("10000\r\n" + String(repeating: "x", count: 65_536) + "\r\n").utf8)

                client.send(post + "Transfer-Encoding: chunked\r\n\r\n")
                let sent = try await offPool { (0..<4_000).prefix { _ in client.send(chunk) }.count }

                #expect(sent < 4_000)
            }
        }

        @Test func `a route can take longer bodies than the server`() async throws {
            try await withServer(Self.small, routes: Self.routes) { port, _ in
                let client = try RawClient(port: port)
                let body = String(repeating: "b", count: 150_000)

                let answer = try await client.request(
                    "POST /upload HTTP/1.1\r\nHost: t\r\nContent-Length: \(body.count)\r\n\r\n" + body)

                #expect(answer.text == "150000")
            }
        }

        @Test func `who asks before sending is told to go on, or why not`() async throws {
            try await withServer(Self.small, routes: Self.routes) { port, _ in
                let client = try RawClient(port: port)
                let expecting = post + "Expect: 100-continue\r\n"

                client.send(expecting + "Content-Length: 5\r\n\r\n")
                try await client.read(until: "HTTP/1.1 100 Continue\r\n\r\n")
                let taken = try await client.request("hello")
                let refused = try await client.request(expecting + "Content-Length: 5000\r\n\r\n")

                #expect(taken.text == "hello")
                #expect(refused.status == 413)
            }
        }

        @Test func `a body for no route is dropped and the connection lives on`() async throws {
            try await withServer(Self.small, routes: Self.routes) { port, _ in
                let client = try RawClient(port: port)
                let request = " HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello"

                let missing = try await client.request("POST /nothing" + request)
                let wrong = try await client.request("PUT /echo" + request)
                let next = try await client.get("/healthz")

                #expect(missing.status == 404)
                #expect(wrong.status == 405 && wrong["Allow"] == "POST, OPTIONS")
                #expect(next.status == 200)
            }
        }

        @Test func `a head over the limit is refused, far over it by the library`() async throws {
            try await withServer(routes: Self.routes) { port, _ in
                for (bytes, isOurs) in [(17_000, true), (60_000, false)] {
                    let client = try RawClient(port: port)

                    let answer = try await client.request(
                        "GET /healthz HTTP/1.1\r\nHost: t\r\nX-Long: \(String(repeating: "x", count: bytes))\r\n\r\n"
                    )

                    #expect(answer.status == 431)
                    #expect(answer.text.hasPrefix("the request's head") == isOurs)
                }
            }
        }

        @Test func `a target far over the limit is refused by the library`() async throws {
            try await withServer(routes: Self.routes) { port, _ in
                let client = try RawClient(port: port)

                let answer = try await client.request(
                    "GET /\(String(repeating: "x", count: 60_000)) HTTP/1.1\r\nHost: t\r\n\r\n")

                #expect(answer.status == 414)
            }
        }

        @Test func `too many header fields are refused`() async throws {
            try await withServer(routes: Self.routes) { port, _ in
                let client = try RawClient(port: port)
                let fields = (0..<101).map { "A\($0): b\r\n" }.joined()

                let answer = try await client.request("GET /healthz HTTP/1.1\r\n\(fields)\r\n")

                #expect(answer.status == 431 && answer.text.hasPrefix("the request has more than 100"))
            }
        }
    }
}
