import HTTP
import Signing
import Synchronization
import ThumbwireKit

/// `listen` as a client of the server's event stream, for machines that the server cannot reach.
final class ListenStream: Sendable {
    private static let path = "/v1/events/stream"
    private static let firstPause: Duration = .milliseconds(500)
    private static let longestPause: Duration = .seconds(30)

    private let arguments: Arguments
    private let mailbox: EventMailbox
    private let connection: ServerConnection
    private let forwarder: Forwarder?
    private let secret: SigningSecret
    private let isReady = Atomic(false)

    init(_ arguments: Arguments, mailbox: EventMailbox) throws {
        self.arguments = arguments
        self.mailbox = mailbox
        guard arguments.value("key") != nil else {
            throw UsageError("option --key is required with --server")
        }
        connection = try ServerConnection(arguments)
        forwarder = try Forwarder(arguments, client: connection.client)
        secret = try arguments.value("secret").map(ListenReceiver.secret) ?? SigningSecret.generate()
    }

    func run() async throws {
        if forwarder != nil, arguments.value("secret") == nil {
            Output.note("events are forwarded signed with \(secret.text)")
        }
        let reading = Task { await readAgainAndAgain() }
        defer { reading.cancel() }
        try await EventPrinter(arguments, client: connection.client).run(mailbox)
    }

    /// Reads from behind the last event on whenever the connection ends.
    private func readAgainAndAgain() async {
        var last = arguments.value("last-event-id")
        var pause = Self.firstPause
        while !Task.isCancelled {
            do {
                for try await event in connection.events(Self.path, after: last, onOpen: sayReady) {
                    await take(event)
                    last = event.id ?? last
                    pause = Self.firstPause
                }
                Output.note("the stream ended; connecting again")
            } catch let refusal as ServerRefusal where (400..<500).contains(refusal.status) {
                return mailbox.close(.failed(refusal))
            } catch {
                Output.note("\(String(describing: error).printable); connecting again in \(pause)")
            }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, Self.longestPause)
        }
    }

    private func sayReady() {
        guard !isReady.exchange(true, ordering: .relaxed) else { return }
        Output.json(["event": "listening", "url": .string(connection.baseURL + Self.path)])
    }

    private func take(_ event: ServerSentEvent) async {
        guard let document = try? JSONValue(parsing: event.data), let id = document["id"]?.string ?? event.id
        else { return }
        var received = ReceivedEvent(
            id: id, body: Array(event.data.utf8), document: document, isVerified: false)
        if let forwarder {
            received.forwardedStatus = await forwarder.deliver(received, secret: secret) ?? 0
        }
        mailbox.put(received)
    }
}
