internal import Signing
internal import ThumbwireKit

/// The three headers of Opus' webhooks (help.opus.pro, "Webhook"): HMAC-SHA-256 over the body and the salt's digits.
///
/// The time is not part of what is signed; `webhook-signature`, which is sent too, covers its own.
enum OpusSignature {
    private static let saltBytes = 8

    /// A salt of its own for every call.
    static func fields(of body: [UInt8], key: String, at moment: Timestamp) -> [CustomHeader] {
        let salt = hexadecimal(randomBytes(saltBytes))
        let code = Hash.hmacSHA256(key: Array(key.utf8), body + Array(salt.utf8))
        return [
            CustomHeader("x-opus-signature", hexadecimal(code)), CustomHeader("x-opus-salt", salt),
            CustomHeader("x-opus-timestamp", "\(moment.seconds)"),
        ]
    }
}
