import HTTP
import Synchronization
import Testing

extension ServerTests {
    /// Whether the server can tell that an answer went out whole, and what long bodies may take together.
    @Suite struct AnswerTests {
        private final class Count: Sendable {
            private let count = Atomic(0)
            var value: Int { count.load(ordering: .acquiring) }
            func add() { count.add(1, ordering: .acquiringAndReleasing) }
        }

        @Test func `tells once that an answer was sent`() async throws {
            let sent = Count()
            try await withServer { router in
                router.on(.get, "/answer") { _ in
                    await Task.yield()
                    var response = Response.text("here")
                    response.onSent = { sent.add() }
                    return response
                }
            } _: { port, _ in
                let client = try RawClient(port: port)

                #expect(try await client.get("/answer").text == "here")
                #expect(await eventually { sent.value == 1 })
                #expect(try await client.get("/answer").text == "here")
                #expect(await eventually { sent.value == 2 })
            }
        }

        @Test func `does not tell so of an answer that nobody waited for`() async throws {
            let (sent, entered) = (Count(), Count())
            let (gate, open) = AsyncStream.makeStream(of: Void.self)
            let answered = Count()
            try await withServer { router in
                router.on(.get, "/answer") { _ in
                    entered.add()
                    for await _ in gate { break }
                    var response = Response.text("here")
                    response.onSent = { sent.add() }
                    answered.add()
                    return response
                }
            } _: { port, server in
                let client = try RawClient(port: port)
                client.send("GET /answer HTTP/1.1\r\nHost: t\r\n\r\n")
                #expect(await eventually { entered.value == 1 })
                client.hangUp()
                #expect(await eventually { server.waitingCount == 0 })
                open.yield()
                #expect(await eventually { answered.value == 1 })
            }
            #expect(sent.value == 0)
        }

        /// Asks until the answer has that status: what another connection does is not seen at once.
        private func answers(_ status: Int, _ request: String, on client: RawClient) async throws -> Bool {
            for _ in 0..<1_000 where try await client.request(request).status == status { return true }
            return false
        }

        @Test func `long bodies above what they may take together are told to come back`() async throws {
            try await withServer { configuration in
                configuration.maximumBodyBytes = 1_000
                configuration.maximumLongBodyBytes = 150_000
            } routes: { router in
                router.on(
                    .post, "/upload", maximumBodyBytes: 100_000, immediate: { .text("\($0.body.count)") })
            } _: { port, _ in
                let head = "POST /upload HTTP/1.1\r\nHost: t\r\nContent-Length: "
                let first = try RawClient(port: port)
                first.send(head + "100000\r\n\r\n" + String(repeating: "x", count: 50_000))
                let second = try RawClient(port: port)
                let long = head + "90000\r\n\r\n" + String(repeating: "x", count: 90_000)

                #expect(try await answers(503, long, on: second))
                #expect(try await second.request(head + "3\r\n\r\nabc").text == "3")

                let whole = try await first.request(String(repeating: "x", count: 50_000))
                #expect(whole.text == "100000")
                #expect(try await answers(200, long, on: second))
            }
        }
    }
}
