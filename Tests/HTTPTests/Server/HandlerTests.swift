import Foundation
import HTTP
import Testing

extension ServerTests {
    @Suite struct HandlerTests {
        @Test func `an immediate handler answers on a connection that stays open`() async throws {
            try await withServer(routes: echoRoutes) { port, _ in
                let client = try RawClient(port: port)

                let first = try await client.get("/healthz")
                let second = try await client.get("/healthz")

                #expect(first.status == 200 && first.text == "ok")
                #expect(second.status == 200 && second.text == "ok")
                #expect(first["Date"] != nil && first["Content-Length"] == "2" && first["Server"] == nil)
            }
        }

        @Test func `an async handler answers after its connection was suspended`() async throws {
            try await withServer(routes: echoRoutes) { port, _ in
                let client = try RawClient(port: port)

                let first = try await client.get("/items/a%2Fb")
                let second = try await client.get("/items/2")

                #expect(first.text == "item a/b")
                #expect(second.text == "item 2")
            }
        }

        @Test func `a body arrives whole, by length and in chunks`() async throws {
            try await withServer(routes: echoRoutes) { port, _ in
                let client = try RawClient(port: port)
                let head = "POST /echo HTTP/1.1\r\nHost: test\r\n"

                let known = try await client.request(head + "Content-Length: 5\r\n\r\nhello")
                let chunked = try await client.request(
                    head + "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")

                #expect(known.text == "hello")
                #expect(chunked.text == "hello")
            }
        }

        @Test func `query, path and address reach the handler decoded`() async throws {
            func routes(_ router: inout Router) {
                router.on(.get, "/a b/{x}") { request in
                    .text(
                        "\(request.path)|\(request.query)|\(request.remoteAddress)|\(request.headers["x-one"] ?? "")"
                    )
                }
            }
            try await withServer(routes: routes) { port, _ in
                let client = try RawClient(port: port)

                let answer = try await client.request(
                    "GET /a%20b/c%2Fd?q=1+2%2B3&flag&q=%C3%A4 HTTP/1.1\r\nHost: t\r\nX-One:  spaced \t\r\n\r\n"
                )

                #expect(
                    answer.text == """
                        /a b/c%2Fd|[(name: "q", value: "1 2+3"), (name: "flag", value: ""), (name: "q", value: "ä")]\
                        |127.0.0.1|spaced
                        """)
            }
        }

        @Test func `requests sent at once are answered in order`() async throws {
            try await withServer(routes: echoRoutes) { port, _ in
                let client = try RawClient(port: port)
                let last = "GET /items/3 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"

                client.send(
                    "GET /items/1 HTTP/1.1\r\nHost: t\r\n\r\nGET /healthz HTTP/1.1\r\nHost: t\r\n\r\n" + last)
                let all = String(decoding: try await client.readUntilClosed(), as: UTF8.self)

                let bodies = all.components(separatedBy: "\r\n\r\n").dropFirst().map { $0.prefix(6) }
                #expect(bodies == ["item 1", "okHTTP", "item 3"].map { $0[...] })
            }
        }
    }
}
