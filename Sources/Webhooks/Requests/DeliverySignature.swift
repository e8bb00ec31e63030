internal import Signing
internal import ThumbwireKit

/// What is signed of an attempt, and the headers that say so; the secrets are those that are valid, newest first.
struct DeliverySignature {
    let event: EventID
    let moment: Timestamp
    let body: [UInt8]
    let secrets: [SigningSecret]

    /// The headers of Standard Webhooks, which every attempt has; the service's keys sign besides the secrets.
    func standard(keys: [Ed25519.PrivateKey] = []) -> [CustomHeader] {
        [
            CustomHeader("webhook-id", event.rawValue),
            CustomHeader("webhook-timestamp", "\(moment.seconds)"),
            CustomHeader(
                "webhook-signature",
                StandardWebhooks.signatures(
                    id: event.rawValue, timestamp: moment.seconds, body: body, secrets: secrets, keys: keys)),
        ]
    }

    /// GitHub's header, of the newest secret alone: those who check it compare it whole, so that a second signature in
    /// it, or a second header, would make all of them refuse.
    func github() -> [CustomHeader] {
        secrets.prefix(1).map { CustomHeader("x-hub-signature-256", "sha256=" + code(under: $0, body)) }
    }

    /// Stripe's header with a `v1` for each secret.
    func stripe() -> [CustomHeader] {
        let content = Array("\(moment.seconds).".utf8) + body
        let codes = secrets.map { ",v1=" + code(under: $0, content) }
        return [CustomHeader("stripe-signature", "t=\(moment.seconds)" + codes.joined())]
    }

    /// Their libraries take the text of the secret as the key.
    private func code(under secret: SigningSecret, _ content: [UInt8]) -> String {
        hexadecimal(Hash.hmacSHA256(key: Array(secret.text.utf8), content))
    }
}
