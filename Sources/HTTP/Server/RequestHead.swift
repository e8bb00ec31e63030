import CMicrohttpd

/// The head of a request as libmicrohttpd read it, with what it accepts and a server behind a proxy must not.
struct RequestHead {
    var method: Method
    var headers: Headers
    /// `nil` without a body of known length.
    var contentLength: Int?
    var isChunked: Bool
    var expectsContinue: Bool

    /// The request line's parts, as the first callback hands them over.
    struct Line {
        var method: UnsafePointer<CChar>
        var version: UnsafePointer<CChar>
        /// Where the raw target starts, only to be compared, and how long it is up to its first NUL.
        var targetAddress: UInt
        var targetLength: Int
    }

    /// Reads the head; the headers are the best there are when it throws.
    static func read(
        _ line: Line, of connection: OpaquePointer, limits: Server.Configuration, headers: inout Headers
    ) throws(ServerError) -> RequestHead {
        let version = String(cString: line.version)
        let layout = HeaderLayout(line)
        var scan = HeaderScan(layout: layout)
        withUnsafeMutablePointer(to: &scan) { scan in
            _ = mhd_each_header(connection, collectHeader, scan)
        }
        let size = mhd_head_size(connection)
        headers = scan.headers
        guard size <= limits.maximumHeaderBytes else {
            throw .headersTooLarge(limit: limits.maximumHeaderBytes)
        }
        guard scan.isWhole(headSize: size, from: line.method) else {
            throw .badRequest(
                reason: "the head holds a NUL, a folded line or a line that does not end in CRLF")
        }
        guard headers.fields.count <= limits.maximumHeaderFields else {
            throw .tooManyHeaders(limit: limits.maximumHeaderFields)
        }
        let framing = try Framing(headers: headers, version: version)
        let name = String(cString: line.method)
        guard let method = Method(rawValue: name) else { throw .unknownMethod(String(name.prefix(32))) }
        return RequestHead(
            method: method, headers: headers, contentLength: framing.contentLength,
            isChunked: framing.isChunked,
            expectsContinue: headers["Expect"]?.equalsIgnoringCase("100-continue") ?? false)
    }
}

/// Where the next header line has to start in the connection's buffer.
///
/// libmicrohttpd cuts lines in place and reports values as C strings, so what hides behind a NUL is invisible,
/// but it leaves a gap: every line must begin right behind the CRLF of the one before.
private struct HeaderLayout {
    var next: UnsafeRawPointer
    var isBroken: Bool

    init(_ line: RequestHead.Line) {
        let version = UnsafeRawPointer(line.version)
        isBroken = line.targetAddress + UInt(line.targetLength) + 1 != UInt(bitPattern: version)
        next = version + 8 + 2
    }

    mutating func advance(name: UnsafeRawPointer, valueEnd: UnsafeRawPointer) {
        if name != next { isBroken = true }
        next = valueEnd + 2
    }
}

private struct HeaderScan {
    var layout: HeaderLayout
    var headers = Headers()

    func isWhole(headSize: Int, from start: UnsafePointer<CChar>) -> Bool {
        !layout.isBroken && layout.next + 2 == UnsafeRawPointer(start) + headSize
    }
}

private let collectHeader: MHD_KeyValueIteratorN = { context, _, name, nameSize, value, valueSize in
    guard let name, let scan = context?.assumingMemoryBound(to: HeaderScan.self) else { return mhd_no() }
    let nameBytes = UnsafeRawBufferPointer(start: name, count: nameSize)
    let valueBytes = UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueSize)
    scan.pointee.headers.append(String(decoding: nameBytes, as: UTF8.self), trimmed(valueBytes))
    let end = valueBytes.baseAddress.map { $0 + valueBytes.count } ?? UnsafeRawPointer(name) + nameSize + 1
    scan.pointee.layout.advance(name: UnsafeRawPointer(name), valueEnd: end)
    return mhd_yes()
}

/// White space around a value does not belong to it (RFC 9112 §5.1).
private func trimmed(_ bytes: UnsafeRawBufferPointer) -> String {
    let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
    guard let first = bytes.firstIndex(where: { !isBlank($0) }),
        let last = bytes.lastIndex(where: { !isBlank($0) })
    else { return "" }
    return String(decoding: bytes[first...last], as: UTF8.self)
}
