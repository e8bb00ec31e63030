/// Which headers an endpoint or a callback may add to its requests.
enum CustomHeaders {
    private static let maximumCount = 16
    private static let maximumValueBytes = 4_096
    private static let reservedPrefixes = ["webhook-", "proxy-", "ce-", "x-opus-"]
    private static let reservedNames: Set<String> = [
        "host", "content-length", "content-type", "content-encoding", "transfer-encoding", "connection",
        "keep-alive", "te", "trailer", "upgrade", "expect", "user-agent", "accept-encoding",
        "x-hub-signature-256", "stripe-signature",
    ]

    /// - Throws: ``WebhookSetupError`` with code `callback_header_invalid`; values are never named, they are secrets.
    static func check(_ headers: [CustomHeader]) throws(WebhookSetupError) {
        guard headers.count <= maximumCount else {
            throw refusal("there are \(headers.count) headers; the limit is \(maximumCount)")
        }
        for header in headers {
            try check(header)
        }
    }

    private static func check(_ header: CustomHeader) throws(WebhookSetupError) {
        let name = header.name.lowercased()
        guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte) else {
            throw refusal("header name must be letters, digits and !#$%&'*+-.^_`|~")
        }
        guard !reservedNames.contains(name), !reservedPrefixes.contains(where: name.hasPrefix) else {
            throw refusal("header \(header.name) is reserved")
        }
        guard header.value.utf8.count <= maximumValueBytes else {
            throw refusal("header \(header.name) is longer than \(maximumValueBytes) bytes")
        }
        guard header.value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
            throw refusal("header \(header.name) has a control character")
        }
    }

    private static func refusal(_ message: String) -> WebhookSetupError {
        WebhookSetupError(code: .invalidHeader, message: message)
    }

    /// RFC 9110 §5.6.2, lower case.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
