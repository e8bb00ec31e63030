internal import Foundation
internal import HTTP
internal import Persistence
internal import ThumbwireKit

/// What a request told its receiver in confidence, and what the answer must therefore not tell those who read the
/// attempts: error pages and test receivers repeat what they were sent.
struct SentSecrets {
    /// Shorter values are words such as `true`, whose absence would only make answers unreadable.
    private static let minimumBytes = 6
    private static let mask = Array("•••".utf8)
    /// Fields that say nothing in confidence: ours, and signatures over what everybody here can read.
    private static let publicNames: Set<String> = [
        "accept", "accept-encoding", "content-type", "user-agent", "stripe-signature", "x-hub-signature-256",
    ]
    private static let publicPrefixes = ["webhook-", "ce-"]

    /// The longest first, so that none hides a part of another.
    private let needles: [[UInt8]]

    init(in request: OutboundRequest) {
        var values: [String] = []
        for field in request.headers.fields where !Self.isPublic(field.name.lowercased()) {
            values.append(field.value)
            // Of `Bearer TOKEN` the token by itself, too.
            values += field.value.split(separator: " ").dropFirst().map(String.init)
        }
        if let parts = try? URLParts(request.url), let password = parts.password {
            values += [password, Data("\(parts.user ?? ""):\(password)".utf8).base64EncodedString()]
        }
        needles = Set(values.flatMap(Self.spellings)).filter { $0.count >= Self.minimumBytes }
            .sorted { $0.count > $1.count }
    }

    /// An answer's body without them. What a callback answers is not kept at all: its path is a secret in any part of
    /// it.
    func hidden(in body: [UInt8], from target: Delivery.Target) -> [UInt8] {
        guard case .endpoint = target else { return [] }
        return needles.reduce(body) { body, needle in
            body.count < needle.count ? body : body.replacing(needle, with: Self.mask)
        }
    }

    private static func isPublic(_ name: String) -> Bool {
        publicNames.contains(name) || publicPrefixes.contains(where: name.hasPrefix)
    }

    /// As it stands, in a JSON string, and percent-encoded.
    private static func spellings(_ value: String) -> [[UInt8]] {
        let json = Array(JSONValue.string(value).serialized().dropFirst().dropLast())
        return [Array(value.utf8), json, value.utf8.flatMap(percentEncoded)]
    }

    /// RFC 3986 §2.3: all but unreserved bytes.
    private static func percentEncoded(_ byte: UInt8) -> [UInt8] {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            return [byte]
        case _ where "-._~".utf8.contains(byte): return [byte]
        default:
            let digits = Array("0123456789ABCDEF".utf8)
            return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
}
