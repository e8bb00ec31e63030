import HTTP
import Testing

extension ServerTests {
    @Suite struct DeadlineTests {
        private static func short(_ configuration: inout Server.Configuration) {
            configuration.requestDeadline = .seconds(1)
            configuration.idleTimeout = .seconds(1)
        }

        /// What the server says to a request that begins so and then drips in, and the deadline that it had. A server
        /// that was too busy to read the beginning in time closes without a word, and then has more time.
        private func answerToDrip(after beginning: String) async throws -> (text: String, limit: Duration) {
            for limit: Duration in [.milliseconds(300), .seconds(3)] {
                let text = try await answerToDrip(after: beginning, limit)
                if !text.isEmpty { return (text, limit) }
            }
            return (try await answerToDrip(after: beginning, .seconds(30)), .seconds(30))
        }

        private func answerToDrip(after beginning: String, _ limit: Duration) async throws -> String {
            var answer = ""
            try await withServer({ $0.requestDeadline = limit }, routes: echoRoutes) { port, _ in
                let client = try RawClient(port: port)
                client.send(beginning)
                answer = try await drip(client, byte: "x")
            }
            return answer
        }

        /// Sends a byte now and then until the server closes.
        private func drip(_ client: RawClient, byte: String) async throws -> String {
            let dripping = Task {
                while !Task.isCancelled {
                    client.send(byte)
                    try? await Task.sleep(for: .milliseconds(20))
                }
            }
            defer { dripping.cancel() }
            return String(decoding: try await client.readUntilClosed(), as: UTF8.self)
        }

        @Test func `a request line that drips in is cut off`() async throws {
            try await withServer(Self.short, routes: echoRoutes) { port, _ in
                let client = try RawClient(port: port)

                client.send("GET /")
                let answer = try await drip(client, byte: "x")

                #expect(answer.isEmpty)
            }
        }

        @Test func `a header that drips in is cut off and told why`() async throws {
            let (answer, limit) = try await answerToDrip(
                after: "GET /healthz HTTP/1.1\r\nHost: t\r\nX-Slow: ")

            #expect(answer.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
            #expect(answer.contains("Connection: close\r\n") && answer.contains("X-Request-Id: "))
            #expect(answer.hasSuffix("the request was not complete within \(limit) at /healthz"))
        }

        @Test func `a body that drips in is cut off`() async throws {
            let (answer, _) = try await answerToDrip(
                after: "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n")

            #expect(answer.hasPrefix("HTTP/1.1 408 "))
        }

        @Test func `the second request of a connection cannot drip in either`() async throws {
            try await withServer(Self.short, routes: echoRoutes) { port, _ in
                let client = try RawClient(port: port)
                _ = try await client.get("/healthz")

                client.send("GET /")
                let answer = try await drip(client, byte: "x")

                #expect(answer.isEmpty)
            }
        }

        @Test func `a connection that says nothing is closed`() async throws {
            try await withServer({ $0.idleTimeout = .seconds(1) }, routes: echoRoutes) { port, _ in
                let silent = try RawClient(port: port)
                let kept = try RawClient(port: port)
                _ = try await kept.get("/healthz")

                #expect(try await silent.readUntilClosed().isEmpty)
                #expect(try await kept.readUntilClosed().isEmpty)
            }
        }

        @Test func `handlers and streams may take longer than a request's deadline and the idle time`()
            async throws
        {
            func routes(_ router: inout Router) {
                router.on(.get, "/slow") { _ in
                    try? await Task.sleep(for: .milliseconds(1_500))
                    return .text("slow")
                }
                router.on(
                    .get, "/stream",
                    immediate: { _ in
                        Response(
                            status: 200,
                            body: .stream(
                                AsyncStream { continuation in
                                    Task {
                                        continuation.yield(Array("first".utf8))
                                        try? await Task.sleep(for: .milliseconds(1_500))
                                        continuation.yield(Array("last".utf8))
                                        continuation.finish()
                                    }
                                }))
                    })
            }
            try await withServer(Self.short, routes: routes) { port, _ in
                let poll = try RawClient(port: port)
                let stream = try RawClient(port: port)
                stream.send("GET /stream HTTP/1.1\r\nHost: t\r\n\r\n")

                let slow = try await poll.get("/slow")
                let streamed = try await stream.read(until: "0\r\n\r\n")

                #expect(slow.text == "slow")
                #expect(streamed.contains("first") && streamed.contains("last"))
            }
        }
    }
}
