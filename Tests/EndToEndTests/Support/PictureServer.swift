import HTTP
import Synchronization
import ThumbwireKit

/// Serves source images on loopback.
final class PictureServer: Sendable {
    let port: Int
    private let server: Server
    private let count: Counter

    /// Listens at once; every answer waits for the gate.
    init(_ files: [String: Response], gate: Gate? = nil) throws {
        let count = Counter()
        var router = Router()
        router.on(.get, "/{name}") { request in
            count.value.add(1, ordering: .relaxed)
            await gate?.wait()
            return files[request.parameters["name"] ?? ""] ?? Response(status: 404)
        }
        server = Server(configuration: .init(), router: router) { error, _ in
            Response(status: error.status)
        }
        port = try server.start()
        self.count = count
    }

    /// How many requests came.
    var requestCount: Int { count.value.load(ordering: .relaxed) }

    func url(_ name: String) -> String { "http://127.0.0.1:\(port)/\(name)" }

    func stop() async {
        await server.stop(grace: .zero)
    }

    private final class Counter: Sendable {
        let value = Atomic(0)
    }
}

extension Response {
    static func picture(_ bytes: [UInt8], _ mediaType: String) -> Response {
        Response(status: 200, headers: ["Content-Type": mediaType], body: .bytes(bytes))
    }
}
