import Foundation
import HTTP
import Synchronization
import Testing

extension ServerTests {
    @Suite struct StreamTests {
        /// A stream that the test feeds, and whether its consumer was cancelled.
        final class Feed: Sendable {
            let stream: AsyncStream<[UInt8]>
            let continuation: AsyncStream<[UInt8]>.Continuation
            private let cancelled = Atomic(false)

            var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

            init() {
                (stream, continuation) = AsyncStream.makeStream()
                continuation.onTermination = { [self] reason in
                    if case .cancelled = reason { cancelled.store(true, ordering: .releasing) }
                }
            }

            func say(_ text: String) { continuation.yield(Array(text.utf8)) }

            func route(_ router: inout Router) {
                router.on(.get, "/stream") { _ in
                    await Task.yield()
                    return Response(status: 200, body: .stream(self.stream))
                }
                router.on(
                    .get, "/direct", immediate: { _ in Response(status: 200, body: .stream(self.stream)) })
            }
        }

        private static func open(_ port: Int, path: String = "/stream") async throws -> RawClient {
            let client = try RawClient(port: port)
            client.send("GET \(path) HTTP/1.1\r\nHost: t\r\n\r\n")
            try await client.read(until: "Transfer-Encoding: chunked\r\n")
            return client
        }

        @Test(arguments: ["/stream", "/direct"])
        func `chunks go out as they come, and the end ends the answer`(path: String) async throws {
            let feed = Feed()
            try await withServer(routes: feed.route) { port, server in
                let client = try await Self.open(port, path: path)

                feed.say("one")
                try await client.read(until: "3\r\none\r\n")
                feed.say("three")
                try await client.read(until: "5\r\nthree\r\n")
                feed.continuation.finish()
                try await client.read(until: "0\r\n\r\n")

                #expect(await eventually { server.waitingCount == 0 })
                #expect(!feed.isCancelled)
            }
        }

        @Test func `a megabyte in one piece arrives whole`() async throws {
            let feed = Feed()
            try await withServer(routes: feed.route) { port, _ in
                let client = try await Self.open(port)

                feed.continuation.yield([UInt8](repeating: 0x61, count: 1 << 20))
                feed.continuation.finish()
                let all = try await client.read(until: "0\r\n\r\n")

                #expect(all.utf8.count { $0 == 0x61 } >= 1 << 20)
            }
        }

        @Test func `the consumer of a client that went away is cancelled while nothing is said`() async throws
        {
            let feed = Feed()
            try await withServer(routes: feed.route) { port, server in
                let client = try await Self.open(port)
                #expect(server.waitingCount == 1)

                client.hangUp()

                #expect(await eventually { feed.isCancelled })
                #expect(await eventually { server.waitingCount == 0 && server.connectionCount == 0 })
            }
        }

        @Test func `a client that does not read holds its consumer back`() async throws {
            let taken = Atomic(0)
            func routes(_ router: inout Router) {
                router.on(
                    .get, "/flood",
                    immediate: { _ in
                        Response(
                            status: 200,
                            body: .stream(
                                AsyncStream {
                                    taken.add(1, ordering: .relaxed)
                                    return [UInt8](repeating: 0x61, count: 32_768)
                                }))
                    })
            }
            try await withServer(routes: routes) { port, server in
                let client = try RawClient(port: port)
                client.send("GET /flood HTTP/1.1\r\nHost: t\r\n\r\n")
                try await client.read(until: "aaaa")
                var before = -1

                let isHeldBack = await eventually {
                    let now = taken.load(ordering: .relaxed)
                    defer { before = now }
                    usleep(50_000)
                    return now == before
                }

                #expect(isHeldBack)
                client.hangUp()
                #expect(await eventually { server.waitingCount == 0 })
            }
        }

        @Test func `a handler whose client went away is cancelled`() async throws {
            let cancelled = Atomic(false)
            func routes(_ router: inout Router) {
                router.on(.get, "/poll") { _ in
                    try? await Task.sleep(for: .seconds(600))
                    cancelled.store(Task.isCancelled, ordering: .releasing)
                    return .text("late")
                }
            }
            try await withServer(routes: routes) { port, server in
                let client = try RawClient(port: port)
                client.send("GET /poll HTTP/1.1\r\nHost: t\r\n\r\n")
                #expect(await eventually { server.waitingCount == 1 })

                client.hangUp()

                #expect(await eventually { cancelled.load(ordering: .acquiring) })
                #expect(await eventually { server.waitingCount == 0 && server.connectionCount == 0 })
            }
        }

        @Test func `HEAD of a stream has headers only`() async throws {
            let feed = Feed()
            try await withServer(routes: feed.route) { port, server in
                let client = try RawClient(port: port)

                let head = try await client.request(
                    "HEAD /stream HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", hasBody: false)

                #expect(head.status == 200)
                let rest = try await client.readUntilClosed()
                #expect(String(decoding: rest, as: UTF8.self) == "")
                #expect(await eventually { server.waitingCount == 0 })
            }
        }

        @Test func `fifty idle streams cost no processor time`() async {
            // In a process of its own, where no other test has servers.
            await #expect(processExitsWith: .success) { try await Self.keepFiftyIdle() }
        }

        private static func keepFiftyIdle() async throws {
            let feeds = (0..<50).map { _ in Feed() }
            let next = Atomic(0)
            func routes(_ router: inout Router) {
                router.on(
                    .get, "/stream",
                    immediate: { _ in
                        let feed = feeds[next.add(1, ordering: .relaxed).oldValue]
                        return Response(status: 200, body: .stream(feed.stream))
                    })
            }
            func roomForFifty(_ configuration: inout Server.Configuration) {
                configuration.maximumConnections = 128
            }
            try await withServer(roomForFifty, routes: routes) { port, _ in
                var clients: [RawClient] = []
                for _ in feeds { clients.append(try await Self.open(port)) }

                let before = workerTicks()
                try await Task.sleep(for: .milliseconds(600))
                let used = workerTicks() - before

                // A busy reader takes all of a core: 60 ticks of 10 ms.
                #expect(used < 20)
            }
        }

        /// Processor time of libmicrohttpd's threads, in ticks of 10 ms (proc(5)).
        private static func workerTicks() -> Int {
            let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
            return tasks.reduce(0) { sum, task in
                let path = "/proc/self/task/\(task)/stat"
                guard let line = try? String(contentsOfFile: path, encoding: .utf8), line.contains("MHD-"),
                    let fields = line.split(separator: ")").last?.split(separator: " "), fields.count > 12
                else { return sum }
                return sum + (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
            }
        }
    }
}
