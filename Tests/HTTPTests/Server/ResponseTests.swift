import HTTP
import Testing

extension ServerTests {
    @Suite struct ResponseTests {
        private func answer(_ response: Response, headers: String = "") async throws -> RawClient.Answer {
            var received: RawClient.Answer?
            func routes(_ router: inout Router) { router.on(.get, "/", immediate: { _ in response }) }
            try await withServer(routes: routes) { port, _ in
                let client = try RawClient(port: port)
                received = try await client.request("GET / HTTP/1.1\r\nHost: t\r\n\(headers)\r\n")
            }
            return try #require(received)
        }

        @Test(arguments: [
            ("X-A", "b\r\nSet-Cookie: stolen=1"), ("X-A", "b\nX-B: c"), ("X-A", "b\rc"), ("X-A", "b\0c"),
            ("X A", "b"), ("X-A: b\r\nX-B", "c"), ("", "b"),
        ])
        func `a header that would break out is not sent`(name: String, value: String) async throws {
            let answer = try await answer(Response(status: 200, headers: Headers([(name, value)])))

            #expect(answer.status == 500)
            #expect(answer["Set-Cookie"] == nil && answer["X-B"] == nil && answer["X-A"] == nil)
        }

        @Test func `headers that follow from the body are the server's own`() async throws {
            let headers: Headers = [
                "Content-Length": "99", "Transfer-Encoding": "chunked", "X-Request-Id": "mine", "Link": "a",
                "X-Empty": "", "X-Tab": "a\tb",
            ]
            var response = Response(status: 201, headers: headers, body: .bytes([1, 2, 3]))
            response.headers.append("Link", "b")

            let answer = try await answer(response)

            #expect(answer.status == 201 && answer.body == [1, 2, 3])
            #expect(answer.headers.filter { $0.name == "Content-Length" }.map(\.value) == ["3"])
            #expect(answer["Transfer-Encoding"] == nil)
            #expect(answer["X-Request-Id"] != "mine")
            #expect(answer.headers.filter { $0.name == "Link" }.map(\.value) == ["a", "b"])
            #expect(answer["X-Tab"] == "a b")
        }

        @Test(arguments: [100, 199, 600, 0, -1])
        func `a status that no answer has becomes an error`(status: Int) async throws {
            let answer = try await answer(Response(status: status))

            #expect(answer.status == 500)
        }

        @Test func `a status without content has neither body nor length`() async throws {
            let answer = try await answer(Response(status: 204))

            #expect(
                answer.status == 204 && answer["Content-Length"] == nil && answer["Transfer-Encoding"] == nil)
        }

        @Test(arguments: ["a", "req-1.2_3", String(repeating: "z", count: 64)])
        func `an acceptable request id comes back`(id: String) async throws {
            let answer = try await answer(.text(""), headers: "X-Request-Id: \(id)\r\n")

            #expect(answer["X-Request-Id"] == id)
        }

        @Test(arguments: ["", "a b", "ü", "<script>", String(repeating: "z", count: 65)])
        func `another request id is replaced`(id: String) async throws {
            let answer = try await answer(.text(""), headers: "X-Request-Id: \(id)\r\n")

            let made = try #require(answer["X-Request-Id"])
            #expect(made != id && made.utf8.count == 32)
        }
    }
}
