internal import HTTP
internal import Persistence
internal import Signing
internal import ThumbwireKit

/// Makes the HTTP request of one attempt.
struct AttemptRequest {
    /// Chosen so that n8n's "Ignore Bots" option lets it pass: its filter refuses any plain `Product/1.0`.
    static let userAgent = "Thumbwire-Webhooks/1.0 (job events; +docs)"

    let sealer: Sealer
    let configuration: Dispatcher.Configuration

    /// The signed request; the timestamp is that of this attempt, the id that of the event. Userinfo in the URL
    /// becomes basic authentication in the HTTP client.
    func request(for due: DueDelivery, at moment: Timestamp) throws(UnsealingError) -> OutboundRequest {
        switch due.destination {
        case .endpoint(let endpoint, let secret):
            try request(to: endpoint.url, adding: [], due.event, secret, moment)
        case .callback(let sealed, let secret):
            try request(to: Callback(unsealing: sealed, with: sealer), due.event, secret, moment)
        }
    }

    private func request(
        to callback: Callback, _ event: Event, _ secret: Sealed, _ moment: Timestamp
    ) throws(UnsealingError) -> OutboundRequest {
        var fields = callback.headers
        if case .opus(let key)? = callback.signing {
            fields += OpusSignature.fields(of: event.body, key: key, at: moment)
        }
        return try request(to: callback.url, adding: fields, event, secret, moment)
    }

    private func request(
        to url: String, adding fields: [CustomHeader], _ event: Event, _ sealed: Sealed, _ moment: Timestamp
    ) throws(UnsealingError) -> OutboundRequest {
        let secrets = try WebhookSecrets(unsealing: sealed, with: sealer)
        let signature = StandardWebhooks.signatures(
            id: event.id.rawValue, timestamp: moment.seconds, body: event.body,
            secrets: secrets.signing(at: moment))
        let headers: [(String, String)] = [
            ("content-type", "application/json"),
            ("user-agent", Self.userAgent),
            ("accept-encoding", "identity"),
            ("webhook-id", event.id.rawValue),
            ("webhook-timestamp", "\(moment.seconds)"),
            ("webhook-signature", signature),
        ]
        return OutboundRequest(
            method: .post, url: url, headers: Headers(headers + fields.map { ($0.name, $0.value) }),
            body: event.body, deadline: configuration.deadline,
            connectTimeout: configuration.connectTimeout,
            maximumResponseBytes: configuration.maximumResponseBytes, overflow: .truncate,
            followRedirects: 0,
            // Receivers know a repetition by its webhook-id.
            isRepeatable: true)
    }
}
