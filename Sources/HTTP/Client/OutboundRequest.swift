/// A request to another server, with every limit that it is held to.
package struct OutboundRequest: Sendable {
    /// What happens when the response body is longer than `maximumResponseBytes`.
    package enum Overflow: Sendable {
        /// The request fails with `responseTooLarge`.
        case fail
        /// The first bytes are kept, the rest is not read, and the response says `isTruncated`.
        case truncate
    }

    package var method: Method
    /// Sent byte by byte as it stands, except that the fragment stays here. Userinfo is sent as basic
    /// authentication unless `headers` has an `Authorization`.
    package var url: String
    /// Line breaks are refused, and so are the fields that the client itself sets, such as `Content-Length`.
    package var headers: Headers
    package var body: [UInt8]
    /// For everything: looking the name up, connecting, redirects, and the body to its last byte.
    package var deadline: Duration
    /// For connecting, TLS included, over all addresses of the host together.
    package var connectTimeout: Duration
    /// From the moment that the request goes out to the end of the answer's header; `nil` leaves it to ``deadline``.
    package var headTimeout: Duration?
    package var maximumResponseBytes: Int
    package var overflow: Overflow
    /// How many redirects may be followed; 0 hands the 3xx answer out. Only for GET and HEAD; to another origin
    /// go only headers that hold no secrets.
    package var followRedirects: Int
    /// Whether the request may be sent again when a reused connection turns out dead and the server may already
    /// have acted. `nil` means: for every method but POST and PATCH.
    package var isRepeatable: Bool?
    /// Requests of different groups share no connections. A connection is looked for among all of its group to the same
    /// host and port, those in use included, one by one: those that may hang are better left out of others' way.
    package var connectionGroup: UInt16 = 0
    /// Takes the body of a 2xx answer piece by piece as it comes, instead of keeping it; the first piece is empty and
    /// says that the head has come. Runs on the client's own thread and must not block.
    package var receive: (@Sendable ([UInt8]) -> Void)?
    /// How many bytes ``receive`` is given before the request fails with `responseTooLarge`; `nil` is no limit.
    package var maximumStreamBytes: Int?

    package init(
        method: Method = .get, url: String, headers: Headers = [:], body: [UInt8] = [],
        deadline: Duration = .seconds(30), connectTimeout: Duration = .seconds(5),
        maximumResponseBytes: Int = 1 << 20, overflow: Overflow = .fail, followRedirects: Int = 0,
        isRepeatable: Bool? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.deadline = deadline
        self.connectTimeout = connectTimeout
        self.maximumResponseBytes = maximumResponseBytes
        self.overflow = overflow
        self.followRedirects = followRedirects
        self.isRepeatable = isRepeatable
    }

    /// The host that the URL names, without port.
    ///
    /// - Throws: `invalidURL`.
    package func host() throws(ClientError) -> String { try URLParts(url).host }

    var mayRepeat: Bool { isRepeatable ?? (method != .post && method != .patch) }

    var mayFollow: Bool { followRedirects > 0 && (method == .get || method == .head) }

    /// - Throws: `invalidRequest` naming the header.
    func checkHeaders() throws(ClientError) {
        for field in headers.fields {
            guard !field.name.isEmpty, field.name.utf8.allSatisfy(isTokenByte) else {
                throw .invalidRequest("header name \"\(field.name)\" has a character that is not allowed")
            }
            guard field.value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
                throw .invalidRequest("header \(field.name) has a control character")
            }
            guard !Self.ownFields.contains(where: { isSameName($0, field.name) }) else {
                throw .invalidRequest("header \(field.name) is set by the client")
            }
        }
    }

    /// Fields about the connection and the framing: a caller's value could only contradict what is sent.
    private static let ownFields: [StaticString] = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade",
        "expect", "proxy-authorization", "proxy-connection",
    ]
}

/// Compares bytes in place, as this is asked for each field of each request; `name` is in lower case, and ASCII.
private func isSameName(_ name: StaticString, _ other: String) -> Bool {
    guard name.utf8CodeUnitCount == other.utf8.count else { return false }
    return name.withUTF8Buffer { name in
        zip(name, other.utf8).allSatisfy { $0 == $1 || $0 == $1 | 0x20 && isASCIILetter($1) }
    }
}

private func isASCIILetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}

/// RFC 9110 §5.6.2.
private func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
