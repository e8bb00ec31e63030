internal import Foundation
internal import ThumbwireKit

/// What the `Authorization` header of deliveries is to say. None of it is ever shown.
package enum EndpointAuthorization: Hashable, Sendable {
    package enum Algorithm: String, Hashable, Sendable, CaseIterable {
        case hs256 = "HS256"
        case rs256 = "RS256"
        case es256 = "ES256"
    }

    private enum Kind: String, CaseIterable {
        case basic, bearer, jwt
    }

    case basic(username: String, password: String)
    case bearer(token: String)
    /// The key is the text of the shared secret, or a private key as PEM.
    case jwt(algorithm: Algorithm, key: String, issuer: String?, audience: String?)

    /// Unicode scalars of a name, password or token.
    private static let credentialLimit = 4_096
    /// Characters of a key: the PEM of an RSA key of 16 384 bits has 12 700.
    private static let keyLimit = 16_384
    /// RFC 7518 §3.2: as long as the hash.
    private static let sharedKeyBytes = 32

    /// Reads the members of `authorization`; `nil` where the reader refused one.
    init?(_ fields: inout FieldReader) {
        guard let kind = fields.choice("type", of: Kind.allCases) else {
            if !fields.has("type") { fields.refuse("type", "is required; allowed: basic, bearer, jwt") }
            fields.ignoreOthers()
            return nil
        }
        let read: EndpointAuthorization? =
            switch kind {
            case .basic: Self.basic(&fields)
            case .bearer: Self.bearer(&fields)
            case .jwt: Self.jwt(&fields)
            }
        guard let read else { return nil }
        self = read
    }

    private static func basic(_ fields: inout FieldReader) -> EndpointAuthorization? {
        let username = fields.required("username") { $0.string("username", atMost: credentialLimit) }
        let password = fields.required("password") { $0.string("password", atMost: credentialLimit) }
        // RFC 7617 §2: the first colon ends the name.
        if let username, username.contains(":") || username.hasControls {
            fields.refuse("username", "has a colon or a control character")
            return nil
        }
        if let password, password.hasControls {
            fields.refuse("password", "has a control character")
            return nil
        }
        guard let username, let password else { return nil }
        return .basic(username: username, password: password)
    }

    private static func bearer(_ fields: inout FieldReader) -> EndpointAuthorization? {
        guard let token = fields.required("token", { $0.string("token", atMost: credentialLimit) }) else {
            return nil
        }
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            fields.refuse("token", "must be visible ASCII characters without spaces")
            return nil
        }
        return .bearer(token: token)
    }

    private static func jwt(_ fields: inout FieldReader) -> EndpointAuthorization? {
        let algorithm = fields.required("algorithm") { $0.choice("algorithm", of: Algorithm.allCases) }
        let key = fields.required("key") { $0.string("key", atMost: keyLimit) }
        let issuer = fields.text("issuer", atMost: RequestLimits.title)
        let audience = fields.text("audience", atMost: RequestLimits.title)
        guard let algorithm, let key else { return nil }
        switch algorithm {
        case .hs256 where key.utf8.count < sharedKeyBytes:
            fields.refuse(
                "key", "has \(key.utf8.count) bytes; HS256 needs \(sharedKeyBytes) or more (RFC 7518 §3.2)")
            return nil
        case .rs256, .es256:
            guard key.contains("-----BEGIN "), key.contains("PRIVATE KEY-----") else {
                fields.refuse("key", "is no private key in PEM form, as \(algorithm.rawValue) needs")
                return nil
            }
        case .hs256: break
        }
        return .jwt(algorithm: algorithm, key: key, issuer: issuer, audience: audience)
    }
}

extension String {
    fileprivate var hasControls: Bool { utf8.contains { $0 < 0x20 || $0 == 0x7F } }
}

extension FieldReader {
    fileprivate mutating func required<Value>(
        _ name: String, _ read: (inout FieldReader) -> Value?
    ) -> Value? {
        if !has(name) { refuse(name, "is required") }
        return read(&self)
    }

    /// Standard Webhooks: `whsec_` and the padded standard base64 of 24 to 64 bytes. What was written is not repeated.
    package mutating func secret() -> String? {
        guard let text = string("secret", atMost: RequestLimits.name) else { return nil }
        guard text.hasPrefix("whsec_"), let bytes = Data(base64Encoded: String(text.dropFirst(6))),
            RequestLimits.secretBytes.contains(bytes.count)
        else {
            refuse("secret", "must be \"whsec_\" and the padded standard base64 of 24 to 64 bytes")
            return nil
        }
        return text
    }
}
