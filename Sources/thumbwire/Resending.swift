import HTTP
import Signing
import ThumbwireKit

/// Posts past events to a receiver of the user's, as they were and signed anew.
struct Resending: Sendable {
    private let finder: EventFinder
    private let forwarder: Forwarder
    private let isJSON: Bool
    private let arguments: Arguments

    init(_ arguments: Arguments) throws {
        let connection = try ServerConnection(arguments)
        finder = EventFinder(connection: connection)
        guard let forwarder = try Forwarder(arguments, client: connection.client) else {
            throw UsageError("option --forward-to is required: the URL to post to")
        }
        self.forwarder = forwarder
        self.arguments = arguments
        isJSON = arguments.isSet("json")
    }

    /// Sends them in the order given; throws where one is unknown, before any is sent, or not all were taken.
    func send(_ ids: [String]) async throws {
        let secret = try forwardingSecret(arguments)
        var events: [ReceivedEvent] = []
        for id in ids {
            let document = try await finder.find(id).event
            events.append(
                ReceivedEvent(id: id, body: document.serialized(), document: document, isVerified: false))
        }
        var failures = 0
        for event in events {
            let forwarding = await forwarder.deliver(event, secret: secret)
            if case .delivered(let status) = forwarding {
                isJSON
                    ? Output.json([
                        "event": "resent", "id": .string(event.id), "status": .integer(Int64(status)),
                    ])
                    : Output.line("resent \(event.id): \(status)".printable)
            } else {
                failures += 1
            }
        }
        guard failures == 0 else { throw CommandFailure("\(failures) of \(ids.count) events were not taken") }
    }
}
