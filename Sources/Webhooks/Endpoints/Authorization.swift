package import Signing
internal import ThumbwireKit

extension WebhookSecrets {
    /// What the `Authorization` header of a delivery says.
    package enum Authorization: Hashable, Sendable {
        case basic(username: String, password: String)
        case bearer(token: String)
        /// A token made for each attempt.
        case jwt(JWT)

        /// How tokens are made (RFC 7519).
        package struct JWT: Hashable, Sendable {
            package typealias Algorithm = TokenSigner.Algorithm

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
}

/// Why an authorization is refused; for the client that gave it. Says nothing of the secrets in it.
package struct AuthorizationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The member of the JSON object: `username`, `password`, `token`, `key`, `issuer` or `audience`.
    package var member: String
    /// A phrase with the member as its subject.
    package var message: String

    package var description: String { "\(member) \(message)" }
}

extension WebhookSecrets.Authorization {
    private static let maximumBytes = 4_096

    /// Refuses what no header can carry, and keys that cannot sign.
    package func check() throws(AuthorizationError) {
        switch self {
        case .basic(let username, let password):
            try Self.checkText("username", username)
            // RFC 7617 §2: what follows the first colon is the password.
            guard !username.contains(":") else { throw Self.refusal("username", "has a colon") }
            try Self.checkText("password", password)
            guard !(username.isEmpty && password.isEmpty) else {
                throw Self.refusal("username", "is empty, and the password, too")
            }
        case .bearer(let token):
            try Self.checkText("token", token)
            guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw Self.refusal("token", "must be visible ASCII characters without spaces")
            }
        case .jwt(let jwt):
            for (member, text) in [("issuer", jwt.issuer), ("audience", jwt.audience)] {
                guard let text else { continue }
                try Self.checkText(member, text)
                guard !text.isEmpty else { throw Self.refusal(member, "is empty") }
            }
            do throws(TokenSigner.UnusableKey) {
                _ = try TokenSigner(jwt.algorithm, key: jwt.key)
            } catch {
                throw Self.refusal("key", error.description)
            }
        }
    }

    private static func checkText(_ member: String, _ text: String) throws(AuthorizationError) {
        guard text.utf8.count <= maximumBytes else {
            throw refusal(member, "is longer than \(maximumBytes) bytes")
        }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw refusal(member, "has a control character")
        }
    }

    private static func refusal(_ member: String, _ message: String) -> AuthorizationError {
        AuthorizationError(member: member, message: message)
    }
}

extension WebhookSecrets.Authorization {
    /// The form that is sealed.
    var json: JSONValue {
        switch self {
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

    /// Reads what ``json`` wrote.
    init?(_ json: JSONValue) {
        switch json["type"]?.string {
        case "basic":
            guard let username = json["username"]?.string, let password = json["password"]?.string else {
                return nil
            }
            self = .basic(username: username, password: password)
        case "bearer":
            guard let token = json["token"]?.string else { return nil }
            self = .bearer(token: token)
        case "jwt":
            guard let algorithm = json["algorithm"]?.string.flatMap(JWT.Algorithm.init),
                let key = json["key"]?.string
            else { return nil }
            self = .jwt(
                JWT(
                    algorithm: algorithm, key: key, issuer: json["issuer"]?.string,
                    audience: json["audience"]?.string))
        default: return nil
        }
    }
}
