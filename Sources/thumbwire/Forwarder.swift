import HTTP
import Signing
import ThumbwireKit
import ThumbwireService

/// What became of an event that was posted on.
enum Forwarding: Sendable, Equatable {
    /// The receiver answered 2xx.
    case delivered(status: Int)
    /// The tries are used up, or the receiver wants no more; the last status, where there was an answer.
    case failed(status: Int?)
    /// The user wants to end before it was decided.
    case interrupted
}

/// Posts events on to another receiver, as a delivery of Thumbwire's own would arrive there.
struct Forwarder: Sendable {
    /// Rests between the tries of one event.
    private static let rests: [Duration] = [.seconds(1), .seconds(5), .seconds(15)]
    /// As deliveries have.
    private static let deadline: Duration = .seconds(15)
    /// That of deliveries.
    private static let userAgent = "Thumbwire-Webhooks/1.0 (job events; +docs)"
    private static let gone = 410

    static let options: [OptionSpec] = [
        .value("forward-to", "URL", "post each event there"),
        .list("rests", "TIME,...", "rests between the tries of one event (1s,5s,15s)"),
        .value("secret", "WHSEC", "the signing secret, whsec_…").orEnvironment(),
    ]

    let url: String
    let client: HTTPClient
    private let rests: [Duration]

    /// `nil` without `--forward-to`; throws where it is no URL.
    init?(_ arguments: Arguments, client: HTTPClient) throws(UsageError) {
        rests = try arguments.durations("rests") ?? Self.rests
        guard let url = arguments.value("forward-to") else { return nil }
        try checkURL(url, option: "forward-to")
        self.url = url
        self.client = client
    }

    /// Passes a signed delivery on unchanged.
    ///
    /// - Returns: The status to answer the sender with: the receiver's, or 502 where there is none.
    func relay(_ request: Request) async -> Int {
        var headers = Headers()
        for name in ["Content-Type", "User-Agent", "webhook-id", "webhook-timestamp", "webhook-signature"] {
            headers[name] = request.headers[name]
        }
        do throws(ClientError) {
            return try await post(request.body, headers)
        } catch {
            Output.note("forwarding to \(url): \(error)".printable)
            return 502
        }
    }

    /// Signs an event and posts it until an answer is 2xx or the tries are used up.
    ///
    /// An attempt that is under way is waited for although the task is cancelled: what the receiver has is known then.
    func deliver(_ event: ReceivedEvent, secret: SigningSecret) async -> Forwarding {
        var rests = rests[...]
        while true {
            let outcome = await Task { await attempt(event, secret) }.value
            if let status = outcome.status, (200..<300).contains(status) { return .delivered(status: status) }
            guard outcome.status != Self.gone, let rest = rests.popFirst() else {
                Output.note("\(event.id) is not forwarded: \(outcome.reason)".printable)
                return .failed(status: outcome.status)
            }
            if Task.isCancelled { return .interrupted }
            Output.note("forwarding \(event.id): \(outcome.reason); again in \(rest)".printable)
            do { try await Task.sleep(for: rest) } catch { return .interrupted }
        }
    }

    private func attempt(_ event: ReceivedEvent, _ secret: SigningSecret) async -> (
        status: Int?, reason: String
    ) {
        do throws(ClientError) {
            let status = try await post(event.body, signed(event, secret))
            return (status, "\(url) answers \(status)")
        } catch {
            return (nil, "\(url): \(error)")
        }
    }

    private func signed(_ event: ReceivedEvent, _ secret: SigningSecret) -> Headers {
        let now = SystemClock().now().seconds
        return [
            "content-type": "application/json", "user-agent": Self.userAgent, "accept-encoding": "identity",
            "webhook-id": event.id, "webhook-timestamp": "\(now)",
            "webhook-signature": StandardWebhooks.signature(
                id: event.id, timestamp: now, body: event.body, secret: secret),
        ]
    }

    private func post(_ body: [UInt8], _ headers: Headers) async throws(ClientError) -> Int {
        let request = OutboundRequest(
            method: .post, url: url, headers: headers, body: body, deadline: Self.deadline,
            maximumResponseBytes: 16 << 10, overflow: .truncate, isRepeatable: true)
        return try await client.send(request, policy: .unrestricted).status
    }
}

/// The secret that forwarded events are signed with: the one given, or one that is made and said once.
func forwardingSecret(_ arguments: Arguments) throws -> SigningSecret {
    if let text = arguments.value("secret") { return try ListenReceiver.secret(text) }
    let secret = SigningSecret.generate()
    Output.note("events are forwarded signed with \(secret.text)")
    return secret
}
