import HTTP
import Synchronization
import Testing

extension ServerTests {
    /// What the server's owner hears of each request.
    @Suite struct ServedRequestTests {
        @Test func `tells of every request at its end`() async throws {
            let served = Mutex<[ServedRequest]>([])
            var router = Router()
            echoRoutes(&router)
            let server = Server(
                configuration: Server.Configuration(), router: router,
                onServed: { request in served.withLock { $0.append(request) } }, errorResponse: plainError)
            let port = try server.start()
            do {
                let client = try RawClient(port: port)
                _ = try await client.get("/items/7?token=secret")
                _ = try await client.get("/nowhere")
                #expect(await eventually { served.withLock { $0.count } == 2 })
            } catch {
                await server.stop(grace: .zero)
                throw error
            }
            await server.stop(grace: .seconds(2))

            let told = served.withLock { $0 }
            #expect(told.map(\.route) == ["/items/{id}", nil])
            #expect(told.map(\.path) == ["/items/7", "/nowhere"])
            #expect(told.map(\.status) == [200, 404])
            #expect(told.allSatisfy { $0.method == .get && $0.id.count == 32 && $0.duration > .zero })
            #expect(told.allSatisfy { $0.remoteAddress == "127.0.0.1" })
        }
    }
}
