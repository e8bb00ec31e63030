import HTTP
import Signing
import Synchronization
import ThumbwireKit

/// A subscriber on loopback: keeps every request it gets.
final class WebhookReceiver: Sendable {
    let port: Int
    private let server: Server
    private let kept: Kept

    /// Listens at once; `answer` gives the status for the request of that number, from 0.
    init(_ answer: @escaping @Sendable (Int) async -> Int = { _ in 204 }) throws {
        let kept = Kept()
        var router = Router()
        router.on(.post, "/{name}") { request in
            Response(status: await answer(kept.keep(request)))
        }
        server = Server(configuration: .init(), router: router) { error, _ in
            Response(status: error.status)
        }
        port = try server.start()
        self.kept = kept
    }

    var requests: [Request] { kept.requests.withLock { $0 } }

    func url(_ name: String = "hook") -> String { "http://127.0.0.1:\(port)/\(name)" }

    /// The requests, as soon as there are that many.
    func requests(atLeast count: Int) async throws -> [Request] {
        try await eventually("\(count) webhooks; there are \(requests.count)") {
            let requests = requests
            return requests.count >= count ? requests : nil
        }
    }

    func stop() async {
        await server.stop(grace: .zero)
    }

    private final class Kept: Sendable {
        let requests = Mutex<[Request]>([])

        func keep(_ request: Request) -> Int {
            requests.withLock { requests in
                requests.append(request)
                return requests.count - 1
            }
        }
    }
}

extension Request {
    var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }

    /// Checks the signature with our own verifier; other people's check it in the tests of the scripts.
    func verify(secret: String) throws {
        let signed = StandardWebhooks.SignedHeaders(
            id: headers["webhook-id"], timestamp: headers["webhook-timestamp"],
            signature: headers["webhook-signature"])
        let now = Int64(headers["webhook-timestamp"] ?? "") ?? 0
        try StandardWebhooks.verify(signed, body: body, secrets: [SigningSecret(secret)], now: now)
    }
}

/// Keeps whoever waits until it is opened.
final class Gate: Sendable {
    private let isOpen = Atomic(false)

    func open() { isOpen.store(true, ordering: .releasing) }

    func wait() async {
        while !isOpen.load(ordering: .acquiring), !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(10))
        }
    }
}
