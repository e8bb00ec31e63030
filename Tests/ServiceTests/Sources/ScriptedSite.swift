import HTTP
import Synchronization

/// A web server on loopback that answers what a test wrote, and YouTube below it.
final class ScriptedSite: Sendable {
    typealias Answer = @Sendable (Request) async -> Response

    private struct State {
        var answers: [String: Answer] = [:]
        var requests: [String] = []
    }

    let port: Int
    private let host: String
    private let server: Server
    private let state: Box

    private final class Box: Sendable {
        let value = Mutex(State())
    }

    init(host: String = "127.0.0.1") throws {
        self.host = host
        let state = Box()
        var router = Router()
        for pattern in ["/{a}", "/{a}/{b}", "/{a}/{b}/{c}"] {
            router.on(.get, pattern) { request async in
                let answer = state.value.withLock { state in
                    state.requests.append(request.path)
                    return state.answers[request.path]
                }
                return await answer?(request) ?? Response(status: 404)
            }
        }
        server = Server(configuration: .init(host: host), router: router) { error, _ in
            Response(status: error.status)
        }
        port = try server.start()
        self.state = state
    }

    var url: String { "http://\(host):\(port)" }
    /// The paths that were asked for, in order.
    var requests: [String] { state.value.withLock { $0.requests } }

    func on(_ path: String, _ answer: @escaping Answer) {
        state.value.withLock { $0.answers[path] = answer }
    }

    func on(
        _ path: String, status: Int = 200, type: String? = "text/html", headers: Headers = [:],
        _ body: [UInt8]
    ) {
        var headers = headers
        headers["Content-Type"] = type
        let response = Response(status: status, headers: headers, body: .bytes(body))
        on(path) { _ in response }
    }

    func on(
        _ path: String, status: Int = 200, type: String? = "text/html", headers: Headers = [:], _ body: String
    ) {
        on(path, status: status, type: type, headers: headers, Array(body.utf8))
    }

    func stop() async {
        await server.stop(grace: .zero)
    }
}
