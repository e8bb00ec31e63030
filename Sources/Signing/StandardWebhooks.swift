internal import Foundation

/// Signatures of the Standard Webhooks specification over `id.timestamp.body`: version `v1` is HMAC-SHA-256 under a
/// shared secret, `v1a` Ed25519.
package enum StandardWebhooks {
    /// The three fields of a signed request, as they were received; `nil` is a missing one.
    package struct SignedHeaders: Sendable, Equatable {
        /// `webhook-id`.
        package var id: String?
        /// `webhook-timestamp`.
        package var timestamp: String?
        /// `webhook-signature`.
        package var signature: String?

        package init(id: String?, timestamp: String?, signature: String?) {
            self.id = id
            self.timestamp = timestamp
            self.signature = signature
        }
    }

    /// Why a request is not believed.
    package enum VerificationError: Error, Equatable, CustomStringConvertible {
        case missingHeader(String)
        case malformedTimestamp
        case tooOld(tolerance: Int64)
        case tooNew(tolerance: Int64)
        case noMatchingSignature

        package var description: String {
            switch self {
            case .missingHeader(let name): "header \(name) is missing"
            case .malformedTimestamp: "webhook-timestamp must be whole seconds since 1970"
            case .tooOld(let tolerance): "webhook-timestamp is more than \(tolerance) s ago"
            case .tooNew(let tolerance): "webhook-timestamp is more than \(tolerance) s ahead"
            case .noMatchingSignature: "webhook-signature has no v1 or v1a signature that matches"
            }
        }
    }

    /// Seconds that receivers let a timestamp be off, in both directions; all reference libraries use it.
    package static let defaultTolerance: Int64 = 300
    private static let symmetric = "v1"
    private static let asymmetric = "v1a"

    /// The value of `webhook-signature`: a `v1` token for each secret, newest first, then a `v1a` token for each key,
    /// with single spaces between. Some libraries break on anything else, and on `v1a` before any `v1`. The timestamp
    /// is the attempt's time in seconds since 1970, as sent in `webhook-timestamp`.
    package static func signatures(
        id: String, timestamp: Int64, body: [UInt8], secrets: [SigningSecret],
        keys: [Ed25519.PrivateKey] = []
    ) -> String {
        let content = content(id: id, timestamp: "\(timestamp)", body: body)
        let tokens =
            secrets.map { token(symmetric, Hash.hmacSHA256(key: $0.bytes, content)) }
            + keys.map { token(asymmetric, $0.signature(of: content)) }
        return tokens.joined(separator: " ")
    }

    /// The value of `webhook-signature` for one secret.
    package static func signature(
        id: String, timestamp: Int64, body: [UInt8], secret: SigningSecret
    ) -> String {
        signatures(id: id, timestamp: timestamp, body: body, secrets: [secret])
    }

    /// Accepts a request when one of its `v1` tokens matches one of the secrets, or one of its `v1a` tokens one of the
    /// keys, and its time is at most `tolerance` seconds off `now`, in seconds since 1970. Tokens of other versions are
    /// skipped.
    package static func verify(
        _ headers: SignedHeaders, body: [UInt8], secrets: [SigningSecret] = [],
        keys: [Ed25519.PublicKey] = [], now: Int64, tolerance: Int64 = defaultTolerance
    ) throws(VerificationError) {
        guard let id = headers.id, !id.isEmpty else { throw .missingHeader("webhook-id") }
        guard let timestamp = headers.timestamp else { throw .missingHeader("webhook-timestamp") }
        guard let signature = headers.signature else { throw .missingHeader("webhook-signature") }
        guard let seconds = Int64(timestamp), seconds >= 0 else { throw .malformedTimestamp }
        guard seconds >= now - tolerance else { throw .tooOld(tolerance: tolerance) }
        guard seconds <= now + tolerance else { throw .tooNew(tolerance: tolerance) }

        let content = content(id: id, timestamp: timestamp, body: body)
        let codes = signatures(symmetric, in: signature)
        for secret in secrets {
            let expected = Hash.hmacSHA256(key: secret.bytes, content)
            if codes.contains(where: { isEqualInConstantTime($0, expected) }) { return }
        }
        let signatures = signatures(asymmetric, in: signature)
        for key in keys where signatures.contains(where: { key.isValid($0, of: content) }) { return }
        throw .noMatchingSignature
    }

    private static func content(id: String, timestamp: String, body: [UInt8]) -> [UInt8] {
        Array("\(id).\(timestamp).".utf8) + body
    }

    private static func token(_ version: String, _ signature: [UInt8]) -> String {
        "\(version),\(Data(signature).base64EncodedString())"
    }

    /// The decoded tokens of that version in a header.
    private static func signatures(_ version: String, in header: String) -> [[UInt8]] {
        header.split(separator: " ").compactMap { token in
            let parts = token.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == version else { return nil }
            return Data(base64Encoded: String(parts[1])).map { [UInt8]($0) }
        }
    }
}
