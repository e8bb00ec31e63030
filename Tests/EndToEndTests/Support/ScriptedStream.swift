import HTTP
import Synchronization

/// A server whose event stream says what the test wants, and then nothing more: its connections stay open.
final class ScriptedStream: Sendable {
    let url: String
    private let server: Server
    private let asked: Asked

    /// What each connection gets; the last one's is for all that follow.
    init(_ connections: [[String]]) throws {
        let asked = Asked()
        var router = Router()
        router.on(.get, "/v1/events/stream") { request in
            let number = asked.add(request.headers["Last-Event-ID"])
            let chunks = Mutex(connections[min(number, connections.count - 1)][...])
            return Response(
                status: 200, headers: ["Content-Type": "text/event-stream"],
                body: .stream(
                    AsyncStream {
                        if let chunk = chunks.withLock({ $0.popFirst() }) { return Array(chunk.utf8) }
                        try? await Task.sleep(for: .seconds(600))
                        return nil
                    }))
        }
        server = Server(configuration: .init(), router: router) { error, _ in
            Response(status: error.status)
        }
        url = "http://127.0.0.1:\(try server.start())"
        self.asked = asked
    }

    /// Behind which event each connection asked to begin.
    var positions: [String?] { asked.positions.withLock { $0 } }

    func stop() async {
        await server.stop(grace: .zero)
    }

    private final class Asked: Sendable {
        let positions = Mutex<[String?]>([])

        func add(_ position: String?) -> Int {
            positions.withLock { positions in
                positions.append(position)
                return positions.count - 1
            }
        }
    }
}
