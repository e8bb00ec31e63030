/// How long a request's body is by its headers (RFC 9112 §6), refusing whatever two readers could read
/// differently: that is how requests are smuggled past a proxy.
struct Framing: Equatable {
    /// `nil` without `Content-Length`.
    let contentLength: Int?
    let isChunked: Bool

    init(headers: Headers, version: String) throws(ServerError) {
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else { throw .unsupportedVersion(version) }
        for field in headers.fields {
            guard isToken(field.name) else {
                throw .badRequest(reason: "a header name holds a space or a separator")
            }
            guard isFieldValue(field.value) else {
                throw .badRequest(reason: "header \(field.name) holds a control character")
            }
        }
        let hosts = headers.values(of: "Host").count
        guard hosts == 1 || (hosts == 0 && version == "HTTP/1.0") else {
            throw .badRequest(
                reason: hosts == 0 ? "header Host is missing" : "header Host comes more than once")
        }
        let lengths = headers.values(of: "Content-Length")
        let codings = headers.values(of: "Transfer-Encoding")
        guard lengths.count <= 1 else {
            throw .badRequest(reason: "header Content-Length comes more than once")
        }
        guard lengths.isEmpty || codings.isEmpty else {
            throw .badRequest(reason: "headers Content-Length and Transfer-Encoding exclude each other")
        }
        contentLength = try lengths.first.map(Self.parseLength)
        isChunked = try Self.parseCodings(codings, version)
    }

    private static func parseLength(_ text: String) throws(ServerError) -> Int {
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let length = Int(text)
        else { throw .badRequest(reason: "header Content-Length is not a number of bytes") }
        return length
    }

    private static func parseCodings(_ codings: [String], _ version: String) throws(ServerError) -> Bool {
        guard let coding = codings.first else { return false }
        guard codings.count == 1, coding.equalsIgnoringCase("chunked"), version == "HTTP/1.1" else {
            throw .badRequest(reason: "header Transfer-Encoding may only be chunked, once, in HTTP/1.1")
        }
        return true
    }
}

/// A header's or method's name (RFC 9110 §5.6.2).
func isToken(_ text: String) -> Bool {
    !text.isEmpty
        && text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
            default: false
            }
        }
}

/// A header's value (RFC 9110 §5.5): no control character but the tab, so no line break either.
func isFieldValue(_ text: String) -> Bool {
    text.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
}
