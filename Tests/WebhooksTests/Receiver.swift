import HTTP
import Synchronization

/// A webhook receiver on loopback: keeps what it gets and answers as it is told.
final class Receiver: Sendable {
    typealias Behaviour = @Sendable (Request) async -> Response

    private struct State {
        var requests: [Request] = []
        var behaviours: [String: Behaviour] = [:]
    }

    let port: Int
    private let server: Server
    private let state: SharedState

    private final class SharedState: Sendable {
        let state = Mutex(State())

        func answer(_ request: Request) async -> Response {
            let behaviour = state.withLock { state in
                state.requests.append(request)
                return state.behaviours[request.path]
            }
            return await behaviour?(request) ?? Response(status: 200)
        }
    }

    init() throws {
        let state = SharedState()
        var router = Router()
        router.on(.post, "/{name}") { await state.answer($0) }
        router.on(.get, "/{name}") { await state.answer($0) }
        router.on(.options, "/{name}") { await state.answer($0) }
        var configuration = Server.Configuration()
        configuration.maximumConnections = 4_096
        server = Server(configuration: configuration, router: router) { error, _ in
            Response(status: 500, body: .bytes(Array("\(error)".utf8)))
        }
        port = try server.start()
        self.state = state
    }

    func stop() async {
        await server.stop(grace: .zero)
    }

    func url(_ path: String) -> String {
        "http://127.0.0.1:\(port)\(path)"
    }

    /// What came for that path, in order.
    func requests(_ path: String) -> [Request] {
        state.state.withLock { $0.requests.filter { $0.path == path } }
    }

    /// How many came for any path.
    var requestCount: Int { state.state.withLock { $0.requests.count } }

    /// From now on that path answers so; without it every path answers 200.
    func answer(_ path: String, _ behaviour: @escaping Behaviour) {
        state.state.withLock { $0.behaviours[path] = behaviour }
    }

    /// Answers the statuses one after the other, and the last one from then on.
    func answer(_ path: String, statuses: [Int], headers: Headers = [:]) {
        let next = SharedCounter()
        answer(path) { _ in
            let index = next.take()
            return Response(status: statuses[min(index, statuses.count - 1)], headers: headers)
        }
    }

    /// Never answers.
    func hang(_ path: String) {
        answer(path) { _ in
            let (stream, continuation) = AsyncStream<Never>.makeStream()
            for await _ in stream {}
            continuation.finish()
            return Response(status: 500)
        }
    }
}

private final class SharedCounter: Sendable {
    private let next = Mutex(0)

    func take() -> Int {
        next.withLock { value in
            defer { value += 1 }
            return value
        }
    }
}
