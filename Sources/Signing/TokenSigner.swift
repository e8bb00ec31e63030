/// Signs JSON Web Tokens (RFC 7519) in the compact form of RFC 7515 §7.1.
package struct TokenSigner: Sendable {
    /// The algorithms of RFC 7518 §3.1 that are offered.
    package enum Algorithm: String, Hashable, Sendable, CaseIterable {
        /// HMAC-SHA-256 under a shared secret.
        case hs256 = "HS256"
        /// RSA with PKCS#1 v1.5 and SHA-256.
        case rs256 = "RS256"
        /// ECDSA on P-256 with SHA-256.
        case es256 = "ES256"
    }

    /// A key that the algorithm cannot use, and why; says nothing of the key itself.
    package struct UnusableKey: Error, Hashable, CustomStringConvertible {
        /// A phrase with the key as its subject, such as "is encrypted".
        package var description: String

        package init(_ description: String) {
            self.description = description
        }
    }

    /// The longest key that is read, in bytes; an RSA key of 4,096 bits takes 3,300 as PEM.
    package static let maximumKeyBytes = 16_384
    /// RFC 7518 §3.2: at least as long as the digest.
    package static let minimumSecretBytes = 32
    /// RFC 7518 §3.3 sets the lower end. A longer key would cost each attempt more than a hundred milliseconds.
    package static let rsaBits = 2_048...4_096
    private static let coordinateBytes = 32

    private enum Key {
        case secret([UInt8])
        case rsa(KeyHandle)
        case p256(KeyHandle)
    }

    private let key: Key
    private let head: String

    /// A signer with the text of a shared secret, or with a private key as unencrypted PEM (PKCS#8, PKCS#1 or SEC1).
    ///
    /// - Throws: ``UnusableKey`` for what is no such key, or is too short.
    package init(_ algorithm: Algorithm, key text: String) throws(UnusableKey) {
        guard text.utf8.count <= Self.maximumKeyBytes else {
            throw UnusableKey("is longer than \(Self.maximumKeyBytes) bytes")
        }
        key =
            switch algorithm {
            case .hs256: try Self.secret(text)
            case .rs256: try Self.rsa(text)
            case .es256: try Self.p256(text)
            }
        head = base64URL(Array(#"{"alg":"\#(algorithm.rawValue)","typ":"JWT"}"#.utf8))
        // A private key whose numbers do not fit together reads well and signs what nobody can check.
        guard isConsistent() else { throw UnusableKey("does not fit together: its signatures are not valid") }
    }

    /// The token that says those claims, a JSON object as UTF-8.
    ///
    /// - Throws: ``UnusableKey`` when libcrypto refuses to sign.
    package func token(claims: [UInt8]) throws(UnusableKey) -> String {
        let content = "\(head).\(base64URL(claims))"
        guard let signature = signature(of: Array(content.utf8)) else {
            throw UnusableKey("does not sign")
        }
        return "\(content).\(base64URL(signature))"
    }

    private func signature(of content: [UInt8]) -> [UInt8]? {
        switch key {
        case .secret(let secret): Hash.hmacSHA256(key: secret, content)
        case .rsa(let handle): handle.signature(of: content, digest: .sha256)
        case .p256(let handle):
            handle.signature(of: content, digest: .sha256).flatMap {
                fixedWidth(ecdsa: $0, bytes: Self.coordinateBytes)
            }
        }
    }

    private func isConsistent() -> Bool {
        let probe = Array("probe".utf8)
        switch key {
        case .secret: return true
        case .rsa(let handle), .p256(let handle):
            guard let signature = handle.signature(of: probe, digest: .sha256) else { return false }
            return handle.isValid(signature, of: probe, digest: .sha256)
        }
    }

    private static func secret(_ text: String) throws(UnusableKey) -> Key {
        let count = text.utf8.count
        guard count >= minimumSecretBytes else {
            throw UnusableKey("has \(count) bytes; HS256 takes at least \(minimumSecretBytes)")
        }
        return .secret(Array(text.utf8))
    }

    private static func rsa(_ text: String) throws(UnusableKey) -> Key {
        let handle = try privateKey(text)
        guard handle.type == "RSA" else {
            throw UnusableKey("is a key of type \(handle.type); RS256 takes RSA")
        }
        guard rsaBits.contains(handle.bits) else {
            throw UnusableKey(
                "has \(handle.bits) bits; RS256 takes \(rsaBits.lowerBound) to \(rsaBits.upperBound)")
        }
        return .rsa(handle)
    }

    private static func p256(_ text: String) throws(UnusableKey) -> Key {
        let handle = try privateKey(text)
        guard handle.type == "EC" else {
            throw UnusableKey("is a key of type \(handle.type); ES256 takes an EC key on P-256")
        }
        guard handle.curve == "prime256v1" else {
            throw UnusableKey("is on the curve \(handle.curve ?? "without a name"); ES256 takes P-256")
        }
        return .p256(handle)
    }

    private static func privateKey(_ text: String) throws(UnusableKey) -> KeyHandle {
        guard text.contains("-----BEGIN ") else {
            throw UnusableKey("is not PEM, which begins with -----BEGIN PRIVATE KEY-----")
        }
        guard !text.contains("ENCRYPTED") else {
            throw UnusableKey("is encrypted; give it without passphrase")
        }
        guard text.contains("PRIVATE KEY-----") else {
            throw UnusableKey("is PEM without a private key")
        }
        guard let handle = KeyHandle(pem: text) else {
            throw UnusableKey("is PEM that no private key can be read from")
        }
        return handle
    }
}
