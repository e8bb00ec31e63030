import HTTP
import Testing

extension ServerTests {
    @Suite struct OverloadTests {
        private static func routes(_ router: inout Router) {
            echoRoutes(&router)
            router.on(.get, "/poll") { _ in
                try? await Task.sleep(for: .seconds(600))
                return .text("late")
            }
        }

        private static func threeWaiting(_ configuration: inout Server.Configuration) {
            configuration.maximumWaiting = 3
        }

        private static func eightConnections(_ configuration: inout Server.Configuration) {
            configuration.maximumConnections = 8
        }

        private let poll = "GET /poll HTTP/1.1\r\nHost: t\r\n\r\n"

        @Test func `long polls above their limit are sent away and leave room for the rest`() async throws {
            try await withServer(Self.threeWaiting, grace: .zero, routes: Self.routes) {
                port, server in
                let waiting = try (0..<3).map { _ in try RawClient(port: port) }
                for client in waiting { client.send(poll) }
                #expect(await eventually { server.waitingCount == 3 })

                let refused = try await RawClient(port: port).request(poll)
                let health = try await RawClient(port: port).get("/healthz")

                #expect(refused.status == 503 && refused["Retry-After"] == "1")
                #expect(health.status == 200)
                waiting[0].hangUp()
                #expect(await eventually { server.waitingCount == 2 })
                #expect(try await RawClient(port: port).get("/items/1").status == 200)
            }
        }

        @Test func `when all connections are taken a health check still gets through`() async throws {
            try await withServer(Self.eightConnections, grace: .zero, routes: Self.routes) {
                port, server in
                let idle = try (0..<8).map { _ in try RawClient(port: port) }
                #expect(await eventually { server.connectionCount == 8 })

                for _ in 0..<20 {
                    let client = try RawClient(port: port)
                    let health = try await client.get("/healthz")
                    #expect(health.status == 200 && health["Connection"] == "close")
                    #expect(try await client.readUntilClosed().isEmpty)
                }
                let refused = try await RawClient(port: port).get("/items/1")

                #expect(refused.status == 503)
                #expect(try await idle[0].get("/items/1").status == 200)
            }
        }

        @Test func `clients that connect and say nothing make way once the reserve is taken`() async throws {
            let patient = { @Sendable (configuration: inout Server.Configuration) in
                Self.eightConnections(&configuration)
                configuration.requestDeadline = .seconds(600)
            }
            try await withServer(patient, grace: .zero, routes: Self.routes) { port, _ in
                let silent = try (0..<40).map { _ in try RawClient(port: port) }

                #expect(try await silent[0].readUntilClosed().isEmpty)
                #expect(try await RawClient(port: port).get("/healthz").status == 200)
            }
        }
    }
}
