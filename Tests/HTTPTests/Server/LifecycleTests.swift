import Foundation
import HTTP
import Synchronization
import Testing

extension ServerTests {
    @Suite struct LifecycleTests {
        /// A handler that waits until the test lets it go, whether cancelled or not.
        final class Gate: Sendable {
            private let isOpen = Atomic(false)

            func open() { isOpen.store(true, ordering: .releasing) }

            func route(_ router: inout Router) {
                echoRoutes(&router)
                router.on(.get, "/gate") { [self] _ in
                    while !isOpen.load(ordering: .acquiring) {
                        await Task.detached { try? await Task.sleep(for: .milliseconds(5)) }.value
                    }
                    return .text("through")
                }
                router.on(.get, "/poll") { _ in
                    try? await Task.sleep(for: .seconds(600))
                    return .text("asked to end")
                }
                router.on(
                    .get, "/stream",
                    immediate: { _ in
                        Response(status: 200, body: .stream(AsyncStream { $0.yield(Array("hello".utf8)) }))
                    })
            }
        }

        private let gate = "GET /gate HTTP/1.1\r\nHost: t\r\n\r\n"

        @Test func `drain answers what is in flight, closes what is idle and takes nothing new`() async throws
        {
            let gate = Gate()
            try await withServer(routes: gate.route) { port, server in
                let inFlight = try RawClient(port: port)
                inFlight.send(self.gate)
                let idle = try RawClient(port: port)
                _ = try await idle.get("/healthz")
                #expect(await eventually { server.waitingCount == 1 })

                server.drain()
                server.drain()

                #expect(throws: RawClient.Failure.self) { try RawClient(port: port) }
                #expect(try await idle.readUntilClosed().isEmpty)
                gate.open()
                let answer = try await inFlight.answer()
                #expect(answer.text == "through" && answer["Connection"] == "close")
                #expect(try await inFlight.readUntilClosed().isEmpty)
            }
        }

        @Test func `stop asks handlers to end and lets them answer`() async throws {
            let gate = Gate()
            try await withServer(routes: gate.route) { port, server in
                let clients = try (0..<5).map { _ in try RawClient(port: port) }
                for client in clients { client.send("GET /poll HTTP/1.1\r\nHost: t\r\n\r\n") }
                #expect(await eventually { server.waitingCount == 5 })

                await server.stop(grace: .seconds(60))

                for client in clients { #expect(try await client.answer().text == "asked to end") }
                #expect(server.connectionCount == 0 && server.waitingCount == 0)
            }
        }

        @Test func `stop does not wait for a handler that will not end`() async throws {
            let gate = Gate()
            try await withServer(routes: gate.route) { port, server in
                let client = try RawClient(port: port)
                client.send(self.gate)
                #expect(await eventually { server.waitingCount == 1 })

                await server.stop(grace: .milliseconds(50))

                #expect(try await client.readUntilClosed().isEmpty)
                gate.open()
            }
        }

        @Test func `stop ends streams, half-sent requests and idle connections`() async throws {
            let gate = Gate()
            try await withServer(routes: gate.route) { port, server in
                let streams = try (0..<20).map { _ in try RawClient(port: port) }
                for client in streams { client.send("GET /stream HTTP/1.1\r\nHost: t\r\n\r\n") }
                for client in streams { try await client.read(until: "hello") }
                let half = try RawClient(port: port)
                half.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nhalf")
                let silent = try RawClient(port: port)
                #expect(await eventually { server.connectionCount == 22 })

                await server.stop(grace: .milliseconds(50))

                for client in streams { _ = try await client.readUntilClosed() }
                #expect(try await half.readUntilClosed().isEmpty)
                #expect(try await silent.readUntilClosed().isEmpty)
                #expect(server.connectionCount == 0)
            }
        }

        @Test func `stopping under load neither aborts nor leaks a thread or descriptor`() async {
            // In a process of its own: other tests open and close a lot.
            await #expect(processExitsWith: .success) { try await Self.stopUnderLoad() }
        }

        private static func stopUnderLoad() async throws {
            let gate = Gate()
            gate.open()
            let before = (descriptors(), threads())
            let rounds = 30

            for _ in 0..<rounds {
                try await withServer(grace: .milliseconds(20), routes: gate.route) { port, server in
                    let clients = try (0..<12).map { _ in try RawClient(port: port) }
                    for (place, client) in clients.enumerated() {
                        let path = ["/gate", "/poll", "/stream", "/items/1"][place % 4]
                        for _ in 0..<5 { client.send("GET \(path) HTTP/1.1\r\nHost: t\r\n\r\n") }
                    }
                    #expect(await eventually { server.waitingCount > 0 })
                }
            }

            // The system's own come and go; a leak would be one or more for each round.
            #expect(await eventually { descriptors() - before.0 < rounds })
            #expect(await eventually { threads() - before.1 < rounds })
        }

        private static func descriptors() -> Int { count("/proc/self/fd") }
        private static func threads() -> Int { count("/proc/self/task") }

        private static func count(_ folder: String) -> Int {
            (try? FileManager.default.contentsOfDirectory(atPath: folder))?.count ?? 0
        }

        @Test func `a stopped server stays stopped, and one never started stops too`() async throws {
            let server = Server(configuration: .init(), router: Router(), errorResponse: plainError)
            await server.stop()
            await server.stop()
            server.drain()

            #expect(throws: Server.StartError.alreadyStarted) { try server.start() }
        }
    }

    @Suite struct ListeningTests {
        private func server(_ host: String, port: Int = 0) -> Server {
            var router = Router()
            router.on(.get, "/", immediate: { .text($0.remoteAddress) })
            return Server(
                configuration: .init(host: host, port: port), router: router, errorResponse: plainError)
        }

        @Test(arguments: [
            ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "::1"), ("[::1]", "::1"),
            ("[::]", "::1"),
            ("::", "127.0.0.1"),
        ])
        func `listens on IPv4 and IPv6`(host: String, client: String) async throws {
            let server = server(host)
            let port = try server.start()

            let answer = try await RawClient(port: port, host: client).get("/")

            #expect(answer.text == client)
            await server.stop(grace: .zero)
        }

        @Test(arguments: ["", "localhost", "[::1", "example.org"])
        func `a host that is no numeric address is refused`(host: String) {
            #expect(throws: Server.StartError.invalidHost(host)) { try server(host).start() }
        }

        @Test func `a port that is taken is named`() async throws {
            let first = server("127.0.0.1")
            let port = try first.start()

            let error = #expect(throws: Server.StartError.self) {
                try server("127.0.0.1", port: port).start()
            }

            #expect(error?.description == "cannot listen on 127.0.0.1 port \(port): Address already in use")
            await first.stop(grace: .zero)
        }
    }
}
