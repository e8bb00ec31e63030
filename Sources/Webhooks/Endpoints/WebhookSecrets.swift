package import Signing
package import ThumbwireKit

/// All that deliveries to an endpoint, or an account's callbacks, prove themselves with; sealed in one piece.
package struct WebhookSecrets: Hashable, Sendable {
    /// A secret that was replaced and signs besides the current one for a while.
    package struct Former: Hashable, Sendable {
        package var secret: SigningSecret
        package var validUntil: Timestamp

        package init(secret: SigningSecret, validUntil: Timestamp) {
            self.secret = secret
            self.validUntil = validUntil
        }
    }

    /// Signs from now on.
    package var current: SigningSecret
    /// Newest first.
    package var former: [Former]
    /// Sent with every attempt.
    package var headers: [CustomHeader]
    package var authorization: Authorization?

    package init(
        _ current: SigningSecret, headers: [CustomHeader] = [], authorization: Authorization? = nil
    ) {
        self.current = current
        self.headers = headers
        self.authorization = authorization
        former = []
    }

    /// Up to that many former secrets sign at a time.
    package static let maximumFormer = 10
    /// How long a former secret may sign.
    package static let overlaps: ClosedRange<Duration> = .zero ... .hours(7 * 24)
    /// How long one signs where nobody says.
    package static let defaultOverlap: Duration = .hours(24)

    /// The secrets that sign at a moment, newest first.
    package func signing(at moment: Timestamp) -> [SigningSecret] {
        [current] + former.filter { moment < $0.validUntil }.map(\.secret)
    }

    /// One of the headers is `Authorization`, so that there can be no other authorization.
    package var hasAuthorizationHeader: Bool {
        headers.contains { $0.name.lowercased() == "authorization" }
    }

    /// Puts a new secret in the place of the current one, which goes on signing for the overlap.
    package mutating func rotate(to new: SigningSecret, overlap: Duration, now: Timestamp) {
        var kept = former.filter { now < $0.validUntil && $0.secret != new }
        if overlap > .zero, current != new {
            kept.insert(Former(secret: current, validUntil: now + overlap), at: 0)
        }
        former = Array(kept.prefix(Self.maximumFormer))
        current = new
    }
}

extension WebhookSecrets {
    private static let sealingContext = "webhook-signing-secret"
    private static let formatVersion: Int64 = 1

    /// The form that stores keep.
    package func sealed(with sealer: Sealer) -> Sealed {
        let document = JSONObject(present: [
            ("v", .integer(Self.formatVersion)),
            ("current", .string(current.text)),
            (
                "former",
                former.isEmpty
                    ? nil
                    : .array(
                        former.map { [.string($0.secret.text), .integer($0.validUntil.microseconds)] })
            ),
            (
                "headers",
                headers.isEmpty ? nil : .array(headers.map { [.string($0.name), .string($0.value)] })
            ),
            ("authorization", authorization?.json),
        ])
        return sealer.seal(JSONValue.object(document).serialized(), context: Self.sealingContext)
    }

    /// Opens what ``sealed(with:)`` made.
    package init(unsealing sealed: Sealed, with sealer: Sealer) throws(UnsealingError) {
        let bytes = try sealer.unseal(sealed, context: Self.sealingContext)
        guard let read = Self.read(bytes) else { throw UnsealingError() }
        self = read
    }

    /// Before there was more to seal, the text of the one secret was.
    private static func read(_ bytes: [UInt8]) -> WebhookSecrets? {
        if let secret = try? SigningSecret(String(decoding: bytes, as: UTF8.self)) {
            return WebhookSecrets(secret)
        }
        guard let document = try? JSONValue(parsing: bytes), document["v"]?.integer == formatVersion,
            let text = document["current"]?.string, let current = try? SigningSecret(text)
        else { return nil }
        var secrets = WebhookSecrets(current)
        for entry in document["former"]?.array ?? [] {
            guard let pair = entry.array, pair.count == 2, let text = pair[0].string,
                let secret = try? SigningSecret(text), let until = pair[1].integer
            else { return nil }
            secrets.former.append(
                Former(secret: secret, validUntil: Timestamp(microseconds: until)))
        }
        for entry in document["headers"]?.array ?? [] {
            guard let pair = entry.array, pair.count == 2, let name = pair[0].string,
                let value = pair[1].string
            else { return nil }
            secrets.headers.append(CustomHeader(name, value))
        }
        if let entry = document["authorization"] {
            guard let authorization = Authorization(entry) else { return nil }
            secrets.authorization = authorization
        }
        return secrets
    }
}
