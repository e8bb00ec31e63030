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

    /// What the `Authorization` header of a delivery says.
    package enum Authorization: Hashable, Sendable {
        case basic(username: String, password: String)
        case bearer(token: String)
        /// A token made for each attempt.
        case jwt(JWT)

        /// How tokens are made (RFC 7519).
        package struct JWT: Hashable, Sendable {
            package enum Algorithm: String, Hashable, Sendable, CaseIterable {
                case hs256 = "HS256"
                case rs256 = "RS256"
                case es256 = "ES256"
            }

            package var algorithm: Algorithm
            /// The text of the shared secret, or a private key as PEM.
            package var key: String
            package var issuer: String?
            package var audience: String?

            package init(
                algorithm: Algorithm, key: String, issuer: String? = nil, audience: String? = nil
            ) {
                self.algorithm = algorithm
                self.key = key
                self.issuer = issuer
                self.audience = audience
            }
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

    /// The secrets that sign at a moment, newest first.
    package func signing(at moment: Timestamp) -> [SigningSecret] {
        [current] + former.filter { moment < $0.validUntil }.map(\.secret)
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
            ("authorization", authorization.map(Self.json)),
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
            guard let authorization = authorization(entry) else { return nil }
            secrets.authorization = authorization
        }
        return secrets
    }

    private static func json(_ authorization: Authorization) -> JSONValue {
        switch authorization {
        case .basic(let username, let password):
            ["type": "basic", "username": .string(username), "password": .string(password)]
        case .bearer(let token): ["type": "bearer", "token": .string(token)]
        case .jwt(let jwt):
            .object(
                JSONObject(present: [
                    ("type", "jwt"), ("algorithm", .string(jwt.algorithm.rawValue)),
                    ("key", .string(jwt.key)), ("issuer", jwt.issuer.map { .string($0) }),
                    ("audience", jwt.audience.map { .string($0) }),
                ]))
        }
    }

    private static func authorization(_ json: JSONValue) -> Authorization? {
        switch json["type"]?.string {
        case "basic":
            guard let username = json["username"]?.string, let password = json["password"]?.string else {
                return nil
            }
            return .basic(username: username, password: password)
        case "bearer": return json["token"]?.string.map { .bearer(token: $0) }
        case "jwt":
            guard let algorithm = json["algorithm"]?.string.flatMap(Authorization.JWT.Algorithm.init),
                let key = json["key"]?.string
            else { return nil }
            return .jwt(
                Authorization.JWT(
                    algorithm: algorithm, key: key, issuer: json["issuer"]?.string,
                    audience: json["audience"]?.string))
        default: return nil
        }
    }
}
