internal import HTTP
internal import Persistence
internal import Signing
internal import ThumbwireKit

/// Makes the HTTP request of one attempt: the content, signatures over it, authorization, and the receiver's own headers.
struct AttemptRequest: Sendable {
    /// Chosen so that n8n's "Ignore Bots" option lets it pass: its filter refuses any plain `Product/1.0`.
    static let userAgent = "Thumbwire-Webhooks/1.0 (job events; +docs)"

    private let sealer: Sealer
    private let secrets: SecretsCache
    private let keys: ServiceKeys
    private let configuration: Dispatcher.Configuration

    init(sealer: Sealer, keys: ServiceKeys, configuration: Dispatcher.Configuration) {
        self.sealer = sealer
        secrets = SecretsCache(sealer: sealer)
        self.keys = keys
        self.configuration = configuration
    }

    /// The signed request; the timestamp is that of this attempt, the id that of the event. Userinfo in the URL
    /// becomes basic authentication in the HTTP client, unless there is another authorization.
    ///
    /// - Throws: `UnsealingError` for secrets of another sealing key; `TokenSigner.UnusableKey` for a key that no longer
    ///   signs. Neither says anything of a secret.
    func request(for due: DueDelivery, at moment: Timestamp) throws -> OutboundRequest {
        switch due.destination {
        case .endpoint(let endpoint, let secret):
            try request(to: endpoint, due.event, secret, moment)
        case .callback(let sealed, let secret):
            try request(to: Callback(unsealing: sealed, with: sealer), due.event, secret, moment)
        }
    }

    private func request(
        to endpoint: Endpoint, _ event: Event, _ sealed: Sealed, _ moment: Timestamp
    ) throws -> OutboundRequest {
        let opened = try secrets.open(sealed)
        let sending = endpoint.sending
        let content = DeliveryContent(event, envelope: sending.envelope, format: sending.format)
        let signature = signature(of: content, event, opened, moment)
        var fields: [CustomHeader]
        switch sending.signature {
        case .standard: fields = signature.standard()
        case .asymmetric: fields = signature.standard(keys: keys.valid(at: moment).map(\.key))
        case .github: fields = signature.standard() + signature.github()
        case .stripe: fields = signature.standard() + signature.stripe()
        }
        if let field = try AuthorizationHeader.field(opened, for: event.id, at: moment) {
            fields.append(field)
        }
        return request(to: endpoint.url, content, fields + opened.secrets.headers)
    }

    private func request(
        to callback: Callback, _ event: Event, _ sealed: Sealed, _ moment: Timestamp
    ) throws -> OutboundRequest {
        let content = DeliveryContent(event, format: callback.format)
        var fields = signature(of: content, event, try secrets.open(sealed), moment).standard()
        if case .opus(let key)? = callback.signing {
            fields += OpusSignature.fields(of: content.body, key: key, at: moment)
        }
        return request(to: callback.url, content, fields + callback.headers)
    }

    private func signature(
        of content: DeliveryContent, _ event: Event, _ opened: OpenedSecrets, _ moment: Timestamp
    ) -> DeliverySignature {
        DeliverySignature(
            event: event.id, moment: moment, body: content.body,
            secrets: opened.secrets.signing(at: moment))
    }

    private func request(
        to url: String, _ content: DeliveryContent, _ fields: [CustomHeader]
    ) -> OutboundRequest {
        let own = [
            CustomHeader("content-type", content.mediaType), CustomHeader("user-agent", Self.userAgent),
            CustomHeader("accept-encoding", "identity"),
        ]
        return OutboundRequest(
            method: .post, url: url,
            headers: Headers((own + content.attributes + fields).map { ($0.name, $0.value) }),
            body: content.body, deadline: configuration.deadline,
            connectTimeout: configuration.connectTimeout,
            maximumResponseBytes: configuration.maximumResponseBytes, overflow: .truncate,
            followRedirects: 0,
            // Receivers know a repetition by its webhook-id.
            isRepeatable: true)
    }
}
