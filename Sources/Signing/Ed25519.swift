internal import Foundation

/// Keys of Ed25519 (RFC 8032) in the text forms that Standard Webhooks gives them.
package enum Ed25519 {
    /// A text or bytes that are no key; says nothing of the text itself.
    package struct Malformed: Error, Equatable, CustomStringConvertible {
        package var description: String {
            "Ed25519 key must be \"whsk_\" and the padded standard base64 of the 32 bytes of a seed and the 32 "
                + "bytes of its public key, or \"whpk_\" and that of a public key"
        }
    }

    private static let keyLength = 32

    /// What signs: `whsk_` and base64 of the seed with the public key behind it.
    package struct PrivateKey: Sendable, CustomStringConvertible {
        /// What the text form starts with.
        package static let prefix = "whsk_"

        private let seed: [UInt8]
        private let handle: KeyHandle
        /// What receivers check signatures with.
        package let publicKey: PublicKey

        /// - Throws: ``Malformed`` unless there are 32 bytes.
        package init(seed: [UInt8]) throws(Malformed) {
            guard seed.count == keyLength, let handle = KeyHandle(ed25519Seed: seed) else {
                throw Malformed()
            }
            self.seed = seed
            self.handle = handle
            publicKey = try PublicKey(bytes: handle.rawPublicKey)
        }

        /// Reads the text form; one whose public key is not that of its seed is refused.
        package init(_ text: String) throws(Malformed) {
            guard let bytes = decoded(text, prefix: Self.prefix), bytes.count == 2 * keyLength else {
                throw Malformed()
            }
            try self.init(seed: Array(bytes.prefix(keyLength)))
            guard publicKey.bytes == Array(bytes.suffix(keyLength)) else { throw Malformed() }
        }

        /// A new key.
        package static func generate() -> PrivateKey {
            do throws(Malformed) {
                return try PrivateKey(seed: randomBytes(keyLength))
            } catch {
                preconditionFailure("any 32 bytes are a seed, and Ed25519 is always available in libcrypto")
            }
        }

        /// The text form, for where secrets are kept.
        package var text: String {
            Self.prefix + Data(seed + publicKey.bytes).base64EncodedString()
        }

        /// The 64 bytes of the signature; the same message always has the same.
        package func signature(of message: [UInt8]) -> [UInt8] {
            guard let signature = handle.signature(of: message, digest: .none) else {
                preconditionFailure("libcrypto signs with every Ed25519 key")
            }
            return signature
        }

        /// Dots: secrets are not printed.
        package var description: String { "•••" }
    }

    /// What checks signatures: `whpk_` and base64.
    package struct PublicKey: Hashable, Sendable {
        /// What the text form starts with.
        package static let prefix = "whpk_"

        /// The 32 bytes of the key.
        package let bytes: [UInt8]

        /// - Throws: ``Malformed`` unless there are 32 bytes.
        package init(bytes: [UInt8]) throws(Malformed) {
            guard bytes.count == keyLength else { throw Malformed() }
            self.bytes = bytes
        }

        /// Reads the text form.
        package init(_ text: String) throws(Malformed) {
            guard let bytes = decoded(text, prefix: Self.prefix) else { throw Malformed() }
            try self.init(bytes: bytes)
        }

        /// The text form.
        package var text: String { Self.prefix + Data(bytes).base64EncodedString() }

        /// The key's coordinate as a JSON Web Key has it in `x` (RFC 8037 §2).
        package var coordinate: String { base64URL(bytes) }

        /// The key's name in a set of keys: the thumbprint of RFC 7638 over the members that RFC 8037 §2 names.
        package var thumbprint: String {
            base64URL(Hash.sha256(Array(#"{"crv":"Ed25519","kty":"OKP","x":"\#(coordinate)"}"#.utf8)))
        }

        /// Whether the signature is that of the message under this key.
        package func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
            KeyHandle(ed25519PublicKey: bytes)?.isValid(signature, of: message, digest: .none) ?? false
        }
    }

    private static func decoded(_ text: String, prefix: String) -> [UInt8]? {
        guard text.hasPrefix(prefix) else { return nil }
        return Data(base64Encoded: String(text.dropFirst(prefix.count))).map { [UInt8]($0) }
    }
}

extension Ed25519.PrivateKey: Hashable {
    package static func == (left: Self, right: Self) -> Bool { left.publicKey == right.publicKey }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(publicKey)
    }
}
