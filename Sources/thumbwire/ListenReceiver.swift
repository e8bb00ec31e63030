import HTTP
import Signing
import Synchronization
import ThumbwireKit
import ThumbwireService

/// `listen` as a webhook receiver on this machine.
struct ListenReceiver: Sendable {
    private static let patterns = ["/", "/{a}", "/{a}/{b}", "/{a}/{b}/{c}"]

    private let arguments: Arguments
    private let mailbox: EventMailbox
    private let connection: ServerConnection
    private let secrets: SecretBox
    private let forwarder: Forwarder?
    private let configuration: Server.Configuration

    init(_ arguments: Arguments, mailbox: EventMailbox) throws {
        self.arguments = arguments
        self.mailbox = mailbox
        connection = try ServerConnection(arguments)
        secrets = SecretBox(try arguments.value("secret").map(Self.secret))
        guard secrets.all.isEmpty == false || arguments.isSet("register") else {
            throw UsageError("give --secret, or --register with --server and --key")
        }
        forwarder = try Forwarder(arguments, client: connection.client)
        configuration = Server.Configuration(
            host: arguments.value("host") ?? "127.0.0.1",
            port: try arguments.integer("port", in: 0...65_535) ?? 0)
    }

    static func secret(_ text: String) throws -> SigningSecret {
        do {
            return try SigningSecret(text)
        } catch {
            throw UsageError("option --secret: \(error)")
        }
    }

    func run() async throws {
        let server = Server(configuration: configuration, router: router) { error, _ in
            Response(status: error.status, body: .bytes(Array("\(error.message)\n".utf8)))
        }
        let port = try server.start()
        let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
        let url = "http://\(host):\(port)/"
        let outcome = await Result { try await receive(at: url) }
        await server.stop()
        try outcome.get()
    }

    private func receive(at url: String) async throws {
        let endpoint = arguments.isSet("register") ? try await register(url) : nil
        Output.json(["event": "listening", "url": .string(url)])
        let outcome = await Result { try await printEvents() }
        if let endpoint {
            _ = try await connection.call(.delete, "\(Webhooks.path)/\(endpoint.percentEncoded)")
        }
        try outcome.get()
    }

    /// Returns when there are as many as wanted, or the user ends it.
    private func printEvents() async throws {
        var printer = try EventPrinter(arguments, client: connection.client)
        for await event in mailbox.events where printer.print(event) {
            try await printer.savePictures(of: event)
            if printer.isDone { return }
        }
        try mailbox.ending?.check(printer)
    }

    private func register(_ url: String) async throws -> String {
        let body: JSONValue = ["url": .string(url), "description": "thumbwire listen"]
        let endpoint = try await connection.call(.post, Webhooks.path, body: body)
        guard let id = endpoint["id"]?.string, let secret = endpoint["secret"]?.string else {
            throw CommandFailure("the server's answer has no endpoint id and secret")
        }
        secrets.add(try SigningSecret(secret))
        return id
    }

    private var router: Router {
        var router = Router()
        for pattern in Self.patterns {
            router.on(.post, pattern) { request in await answer(request) }
        }
        return router
    }

    private func answer(_ request: Request) async -> Response {
        let known = secrets.all
        // The endpoint is being registered: the sender tries again.
        guard !known.isEmpty else { return Response(status: 503) }
        let signed = StandardWebhooks.SignedHeaders(
            id: request.headers["webhook-id"], timestamp: request.headers["webhook-timestamp"],
            signature: request.headers["webhook-signature"])
        do {
            try StandardWebhooks.verify(
                signed, body: request.body, secrets: known, now: SystemClock().now().seconds)
            let document = try JSONValue(parsing: request.body)
            return await accept(request, id: signed.id ?? "", document)
        } catch {
            report(rejected: "\(error)", id: signed.id)
            return Response(status: error is StandardWebhooks.VerificationError ? 401 : 400)
        }
    }

    private func accept(_ request: Request, id: String, _ document: JSONValue) async -> Response {
        var event = ReceivedEvent(id: id, body: request.body, document: document, isVerified: true)
        var status = 204
        if let forwarder {
            status = await forwarder.relay(request)
            let isDelivered = (200..<300).contains(status)
            event.forwarding = isDelivered ? .delivered(status: status) : .failed(status: status)
        }
        mailbox.put(event)
        return Response(status: status)
    }

    private func report(rejected reason: String, id: String?) {
        if arguments.isSet("json") {
            Output.json(["event": "rejected", "id": id.json, "reason": .string(reason)])
        } else {
            Output.line("rejected \(id ?? "a request without webhook-id"): \(reason)".printable)
        }
    }
}

/// The secrets that a delivery may be signed with; one is known only after registration.
private final class SecretBox: Sendable {
    private let secrets: Mutex<[SigningSecret]>

    init(_ first: SigningSecret?) {
        secrets = Mutex(first.map { [$0] } ?? [])
    }

    var all: [SigningSecret] { secrets.withLock { $0 } }

    func add(_ secret: SigningSecret) {
        secrets.withLock { $0.append(secret) }
    }
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
