internal import Foundation

/// The symmetric key of Standard Webhooks signatures: 24–64 bytes, written `whsec_` and padded standard base64.
package struct SigningSecret: Hashable, Sendable, CustomStringConvertible {
    /// A text that is no signing secret; says nothing of the text itself.
    package struct Malformed: Error, Equatable, CustomStringConvertible {
        package var description: String {
            "signing secret must be \"whsec_\" and the padded standard base64 of 24 to 64 bytes"
        }
    }

    /// What the text form starts with.
    package static let prefix = "whsec_"
    private static let lengths = 24...64

    /// The key itself.
    package let bytes: [UInt8]

    /// - Throws: ``Malformed`` for fewer than 24 or more than 64 bytes.
    package init(bytes: [UInt8]) throws(Malformed) {
        guard Self.lengths.contains(bytes.count) else { throw Malformed() }
        self.bytes = bytes
    }

    /// Reads the text form; other alphabets and missing padding are refused, as most receivers refuse them.
    package init(_ text: String) throws(Malformed) {
        guard text.hasPrefix(Self.prefix),
            let data = Data(base64Encoded: String(text.dropFirst(Self.prefix.count)))
        else { throw Malformed() }
        try self.init(bytes: [UInt8](data))
    }

    private init(random count: Int) {
        bytes = randomBytes(count)
    }

    /// A new secret of 32 random bytes.
    package static func generate() -> SigningSecret {
        SigningSecret(random: 32)
    }

    /// The text form, for the one who may read the secret.
    package var text: String {
        Self.prefix + Data(bytes).base64EncodedString()
    }

    /// Dots: secrets are not printed.
    package var description: String { "•••" }
}
