import HTTP
import Testing

/// Runs a server with these routes on a free port, hands over its port and stops it.
func withServer(
    _ configure: (inout Server.Configuration) -> Void = { _ in },
    grace: Duration = .seconds(2),
    routes: (inout Router) -> Void,
    _ body: (_ port: Int, _ server: Server) async throws -> Void
) async throws {
    var configuration = Server.Configuration()
    configuration.maximumConnections = 64
    // A test that wants a request or a connection to run out of time says so.
    configuration.requestDeadline = .seconds(600)
    configuration.idleTimeout = .seconds(600)
    configure(&configuration)
    var router = Router()
    routes(&router)
    let server = Server(configuration: configuration, router: router, errorResponse: plainError)
    let port = try server.start()
    do {
        try await body(port, server)
    } catch {
        await server.stop(grace: .zero)
        throw error
    }
    await server.stop(grace: grace)
}

/// The error's message as the whole body.
@Sendable func plainError(_ error: ServerError, _ request: Request) -> Response {
    Response(status: error.status, body: .bytes(Array("\(error.message) at \(request.path)".utf8)))
}

extension Response {
    static func text(_ text: String, status: Int = 200) -> Response {
        Response(status: status, headers: ["Content-Type": "text/plain"], body: .bytes(Array(text.utf8)))
    }
}

/// Echoes what arrived; most tests need no more.
func echoRoutes(_ router: inout Router) {
    router.on(.get, "/healthz", immediate: { _ in .text("ok") })
    router.on(.post, "/echo", immediate: { Response(status: 200, body: .bytes($0.body)) })
    router.on(.get, "/items/{id}") { request in
        await Task.yield()
        return .text("item \(request.parameters["id"] ?? "")")
    }
}
