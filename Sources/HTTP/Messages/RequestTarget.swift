/// The target of a request line (RFC 9112 §3.2), cut into path segments and query.
struct RequestTarget: Sendable {
    /// As it came: escapes are still in it.
    let rawPath: String
    let query: [(name: String, value: String)]

    /// `nil` when the target is neither a path nor an absolute `http` URL, or holds a broken or NUL escape.
    init?(_ target: String) {
        guard let local = Self.originForm(of: target) else { return nil }
        let parts = local.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        rawPath = String(parts[0])
        guard let query = Self.decodeQuery(parts.count > 1 ? parts[1] : "") else { return nil }
        self.query = query
        for segment in rawPath.utf8.split(separator: 0x2F) where percentDecode(segment) == nil { return nil }
    }

    /// The path with its escapes decoded; `%2F` stays as it is, so that it does not look like a separator.
    var path: String {
        guard rawPath.utf8.contains(0x25) else { return rawPath }
        let segments = rawPath.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
        return segments.map { segment in
            let decoded = percentDecode(segment) ?? ""
            return decoded.utf8.contains(0x2F) ? escapingSlashes(decoded) : decoded
        }.joined(separator: "/")
    }

    /// A proxy may send `GET http://host/path` (RFC 9112 §3.2.2); only the path matters here.
    private static func originForm(of target: String) -> Substring? {
        if target.utf8.first == 0x2F { return target[...] }
        for scheme in ["http://", "https://"] where target.lowercased().hasPrefix(scheme) {
            let rest = target.dropFirst(scheme.count)
            guard let slash = rest.firstIndex(where: { $0 == "/" || $0 == "?" }) else { return "/" }
            return rest[slash] == "/" ? rest[slash...] : "/" + rest[slash...]
        }
        return target == "*" ? "*" : nil
    }

    /// Form decoding: `+` is a space, empty items are skipped.
    private static func decodeQuery(_ text: Substring) -> [(name: String, value: String)]? {
        guard !text.isEmpty else { return [] }
        var items: [(name: String, value: String)] = []
        for item in text.utf8.split(separator: 0x26) {
            let parts = item.split(separator: 0x3D, maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = percentDecode(parts[0], plusIsSpace: true) else { return nil }
            guard let value = parts.count > 1 ? percentDecode(parts[1], plusIsSpace: true) : "" else {
                return nil
            }
            items.append((name, value))
        }
        return items
    }
}

/// `nil` when an escape is broken or stands for NUL, or when the bytes are not UTF-8.
func percentDecode(_ text: some Collection<UInt8>, plusIsSpace: Bool = false) -> String? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var rest = text.makeIterator()
    while let byte = rest.next() {
        switch byte {
        case 0x25:
            guard let high = rest.next().flatMap(hexadecimalValue),
                let low = rest.next().flatMap(hexadecimalValue)
            else { return nil }
            let decoded = high << 4 | low
            guard decoded != 0 else { return nil }
            bytes.append(decoded)
        case 0x2B where plusIsSpace: bytes.append(0x20)
        default: bytes.append(byte)
        }
    }
    return String(validating: bytes, as: UTF8.self)
}

private func hexadecimalValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
}

private func escapingSlashes(_ segment: String) -> String {
    segment.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "%2F")
}
