internal import CCurl

/// An `http` or `https` URL taken apart by libcurl's parser, with its path and query kept byte by byte.
package struct URLParts: Sendable, Equatable {
    package enum Scheme: String, Sendable {
        case http
        case https
    }

    package let text: String
    package let scheme: Scheme
    /// Percent-decoded; `nil` when the URL has no userinfo.
    package let user: String?
    package let password: String?
    /// Lower-case ASCII, without brackets; an address in its standard form. Names of other scripts must be
    /// written as punycode: how libcurl converts them depends on the process's locale.
    package let host: String
    package let port: Int
    /// Path and query exactly as written, without fragment; `/` when the path is empty.
    package let target: String
    /// The address that the host spells; `nil` when it is a name.
    package let literal: IPAddress?

    /// Scheme, host and port only, spelled from the checked parts: what libcurl gets to see, so that it cannot
    /// read the URL in another way than the policy did.
    let origin: String

    /// - Throws: `invalidURL` naming what is wrong.
    package init(_ text: String) throws(ClientError) {
        target = try Self.checkedTarget(text)
        let parser = try CurlURL(text)
        guard let scheme = Scheme(rawValue: parser.part(CURLUPART_SCHEME) ?? "") else {
            throw .invalidURL("scheme must be http or https")
        }
        guard parser.part(CURLUPART_ZONEID) == nil else { throw .invalidURL("host has a zone") }
        guard let host = parser.part(CURLUPART_HOST), !host.isEmpty else {
            throw .invalidURL("host is missing or malformed")
        }
        // The parser decodes percent-encoded bytes of a host, so that other scripts may come out of them.
        guard host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .invalidURL("host must be ASCII; write other scripts as punycode")
        }
        guard let port = parser.part(CURLUPART_PORT, CURLU_DEFAULT_PORT).flatMap(Int.init),
            (1...65_535).contains(port)
        else { throw .invalidURL("port must be 1 to 65535") }
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        self.text = text
        self.scheme = scheme
        user = parser.part(CURLUPART_USER, CURLU_URLDECODE)
        password = parser.part(CURLUPART_PASSWORD, CURLU_URLDECODE)
        literal = IPAddress(host: bare)
        self.host = literal?.description ?? bare.lowercased()
        self.port = port
        origin = "\(scheme.rawValue)://\(literal?.bracketed ?? self.host):\(port)/"
    }

    /// The absolute URL that a `Location`, or a link in a document, means at this one (RFC 9110 §10.2.2).
    ///
    /// - Throws: `invalidURL`.
    package func resolving(location: String) throws(ClientError) -> URLParts {
        let parser = try CurlURL(text)
        try parser.set(location, CURLU_PATH_AS_IS | CURLU_URLENCODE)
        guard let absolute = parser.part(CURLUPART_URL) else { throw .invalidURL("redirect has no target") }
        return try URLParts(absolute)
    }

    func hasSameOrigin(as other: URLParts) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    /// Finds where the request target begins, and refuses what parsers are known to disagree about. Works on
    /// bytes: a `/` or `#` with a combining accent after it is another `Character`, but the same delimiter.
    private static func checkedTarget(_ text: String) throws(ClientError) -> String {
        let bytes = Array(text.utf8)
        guard bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw .invalidURL("it has a space or control character")
        }
        guard let separator = bytes.firstRange(of: Array("://".utf8)) else {
            throw .invalidURL("scheme must be http or https")
        }
        let rest = bytes[separator.upperBound...]
        let end = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        let authority = rest[..<end]
        guard !authority.isEmpty else { throw .invalidURL("host is missing") }
        guard !authority.contains(UInt8(ascii: "\\")) else { throw .invalidURL("host has a backslash") }
        guard authority.allSatisfy({ $0 < 0x80 }) else {
            throw .invalidURL("host must be ASCII; write other scripts as punycode")
        }
        let target = String(decoding: rest[end...].prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
        return target.utf8.first == UInt8(ascii: "/") ? target : "/" + target
    }
}

/// An owned `CURLU` handle.
private struct CurlURL: ~Copyable {
    private let handle: OpaquePointer

    init(_ text: String) throws(ClientError) {
        guard let handle = curl_url() else { throw .invalidURL("out of memory") }
        let code = curl_url_set(handle, CURLUPART_URL, text, UInt32(CURLU_PATH_AS_IS))
        guard code == CURLUE_OK else {
            curl_url_cleanup(handle)
            throw Self.error(code)
        }
        self.handle = handle
    }

    deinit {
        curl_url_cleanup(handle)
    }

    /// Sets the whole URL; a relative one is resolved against the present one.
    func set(_ text: String, _ flags: Int32) throws(ClientError) {
        let code = curl_url_set(handle, CURLUPART_URL, text, UInt32(flags))
        guard code == CURLUE_OK else { throw Self.error(code) }
    }

    /// A part of it, or `nil` when the URL lacks it or it does not decode.
    func part(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &value, UInt32(flags)) == CURLUE_OK, let value else { return nil }
        defer { curl_free(value) }
        return String(cString: value)
    }
    private static func error(_ code: CURLUcode) -> ClientError {
        .invalidURL(String(cString: curl_url_strerror(code)).lowercased())
    }
}
