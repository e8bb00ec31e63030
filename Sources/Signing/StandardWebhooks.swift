internal import Foundation

/// Signatures of the Standard Webhooks specification, version `v1`: HMAC-SHA-256 over `id.timestamp.body`.
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
            case .noMatchingSignature: "webhook-signature has no v1 signature that matches"
            }
        }
    }

    /// Seconds that receivers let a timestamp be off, in both directions; all reference libraries use it.
    package static let defaultTolerance: Int64 = 300
    private static let version = "v1"

    /// One token of `webhook-signature`: `v1,` and padded standard base64. The timestamp is the attempt's time in
    /// seconds since 1970, as sent in `webhook-timestamp`.
    package static func signature(
        id: String, timestamp: Int64, body: [UInt8], secret: SigningSecret
    ) -> String {
        "\(version),\(Data(code(id: id, timestamp: "\(timestamp)", body: body, secret)).base64EncodedString())"
    }

    /// The whole header for several valid secrets: one token each, single spaces between, newest secret first.
    package static func signatures(
        id: String, timestamp: Int64, body: [UInt8], secrets: [SigningSecret]
    ) -> String {
        secrets.map { signature(id: id, timestamp: timestamp, body: body, secret: $0) }
            .joined(separator: " ")
    }

    /// Accepts a request when one of its `v1` tokens matches one of the secrets and its time is at most `tolerance`
    /// seconds off `now`, in seconds since 1970. Tokens of other versions are skipped.
    package static func verify(
        _ headers: SignedHeaders, body: [UInt8], secrets: [SigningSecret], now: Int64,
        tolerance: Int64 = defaultTolerance
    ) throws(VerificationError) {
        guard let id = headers.id, !id.isEmpty else { throw .missingHeader("webhook-id") }
        guard let timestamp = headers.timestamp else { throw .missingHeader("webhook-timestamp") }
        guard let signature = headers.signature else { throw .missingHeader("webhook-signature") }
        guard let seconds = Int64(timestamp), seconds >= 0 else { throw .malformedTimestamp }
        guard seconds >= now - tolerance else { throw .tooOld(tolerance: tolerance) }
        guard seconds <= now + tolerance else { throw .tooNew(tolerance: tolerance) }

        let received = tokens(signature)
        for secret in secrets {
            let expected = code(id: id, timestamp: timestamp, body: body, secret)
            if received.contains(where: { isEqualInConstantTime($0, expected) }) { return }
        }
        throw .noMatchingSignature
    }

    private static func code(
        id: String, timestamp: String, body: [UInt8], _ secret: SigningSecret
    ) -> [UInt8] {
        Hash.hmacSHA256(key: secret.bytes, Array("\(id).\(timestamp).".utf8) + body)
    }

    /// The decoded `v1` tokens of a header.
    private static func tokens(_ header: String) -> [[UInt8]] {
        header.split(separator: " ").compactMap { token in
            let parts = token.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == version else { return nil }
            return Data(base64Encoded: String(parts[1])).map { [UInt8]($0) }
        }
    }
}
