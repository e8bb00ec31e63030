/// Finds the title and the `meta` elements in the head of an HTML page: a tolerant scan of its bytes, which takes time
/// in proportion to their number whatever they are. It follows the tokenizer of WHATWG HTML §13.2.5 as far as pages in
/// the wild need it.
struct HeadScanner {
    /// Longer values say nothing that fits on a picture.
    private static let maximumValue = 8 << 10
    private static let wanted: Set<String> = [
        "og:title", "og:description", "og:image", "og:image:url", "og:image:secure_url", "og:site_name",
        "article:author", "author", "description",
    ]
    /// Elements whose content is text, in which tags mean nothing here.
    private static let rawElements: Set<String> = [
        "script", "style", "noscript", "template", "svg", "textarea",
    ]

    private let bytes: [UInt8]
    private var index = 0
    /// The `content` of each property or name that is wanted; the first one counts. Entities are not decoded.
    private(set) var properties: [String: [UInt8]] = [:]
    /// What stands in the first `title`.
    private(set) var title: [UInt8]?
    /// What the page says its charset is, in lower case.
    private(set) var charset: String?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        while scanTag() {}
    }

    /// Goes on to the next tag and reads it; false at the end of the head.
    private mutating func scanTag() -> Bool {
        guard skip(past: "<"), let first = current else { return false }
        switch first {
        case UInt8(ascii: "!"):
            index += 1
            return starts(with: "--") ? skip(past: "-->") : skip(past: ">")
        case UInt8(ascii: "?"):
            return skip(past: ">")
        case UInt8(ascii: "/"):
            index += 1
            let name = readName()
            return name != "head" && name != "html" && skip(past: ">")
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
            return scanElement(readName())
        default:
            return true
        }
    }

    private mutating func scanElement(_ name: String) -> Bool {
        guard name != "body", name != "frameset" else { return false }
        let attributes = readAttributes()
        if name == "meta" { note(attributes) }
        if name == "title" {
            let text = readText(of: name)
            if title == nil { title = Array(text.prefix(Self.maximumValue)) }
        } else if Self.rawElements.contains(name) {
            _ = readText(of: name)
        }
        return index < bytes.count
    }

    private mutating func note(_ attributes: [String: ArraySlice<UInt8>]) {
        if charset == nil, let named = attributes["charset"] { charset = word(named) }
        guard let content = attributes["content"] else { return }
        if charset == nil, attributes["http-equiv"].map({ word($0) }) == "content-type" {
            charset = Self.charset(ofMediaType: String(decoding: content, as: UTF8.self))
        }
        for key in ["property", "name", "itemprop"] {
            guard let name = attributes[key].map({ word($0) }), Self.wanted.contains(name) else { continue }
            if properties[name] == nil, !content.isEmpty {
                properties[name] = Array(content.prefix(Self.maximumValue))
            }
        }
    }

    /// The parameter `charset` of a `Content-Type`, in lower case.
    static func charset(ofMediaType text: String) -> String? {
        let text = text.lowercased()
        guard let start = text.firstRange(of: "charset=") else { return nil }
        let value = text[start.upperBound...].prefix { $0 != ";" }
        return String(value.filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" })
    }

    // MARK: Bytes

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    /// By name in lower case; the first of a name counts.
    private mutating func readAttributes() -> [String: ArraySlice<UInt8>] {
        var attributes: [String: ArraySlice<UInt8>] = [:]
        while true {
            skip { isSpace($0) || $0 == UInt8(ascii: "/") }
            guard let first = current else { return attributes }
            index += 1
            if first == UInt8(ascii: ">") { return attributes }
            let start = index - 1
            skip { !isSpace($0) && !"/>=".utf8.contains($0) }
            let name = bytes[start..<index]
            skip(while: isSpace)
            var value = bytes[index..<index]
            if current == UInt8(ascii: "=") {
                index += 1
                value = readValue()
            }
            if name.count <= 16, case let name = word(name), attributes[name] == nil {
                attributes[name] = value
            }
        }
    }

    private mutating func readValue() -> ArraySlice<UInt8> {
        skip(while: isSpace)
        guard let quote = current, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            let start = index
            skip { !isSpace($0) && $0 != UInt8(ascii: ">") }
            return bytes[start..<index]
        }
        index += 1
        let start = index
        skip { $0 != quote }
        defer { index = min(index + 1, bytes.count) }
        return bytes[start..<index]
    }

    /// Up to the end tag of that name, which is read too, or to the end of all.
    private mutating func readText(of name: String) -> ArraySlice<UInt8> {
        let start = index
        while skip(past: "</") {
            let end = index - 2
            if readName() == name {
                _ = skip(past: ">")
                return bytes[start..<end]
            }
        }
        return bytes[start...]
    }

    /// Letters, digits and hyphens, in lower case; longer names than any element's are cut.
    private mutating func readName() -> String {
        let start = index
        skip { !isSpace($0) && !"/><".utf8.contains($0) }
        return word(bytes[start..<index].prefix(16))
    }

    private func starts(with text: String) -> Bool { bytes[index...].starts(with: text.utf8) }

    /// Moves behind the next occurrence; to the end and false where there is none.
    private mutating func skip(past text: StaticString) -> Bool {
        let first = text.utf8Start[0]
        let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        while true {
            skip { $0 != first }
            guard index < bytes.count else { return false }
            if bytes[index...].starts(with: wanted) {
                index += wanted.count
                return true
            }
            index += 1
        }
    }

    private mutating func skip(while isPart: (UInt8) -> Bool) {
        while index < bytes.count, isPart(bytes[index]) { index += 1 }
    }
}

private func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
}

private func word(_ bytes: ArraySlice<UInt8>) -> String {
    let text = String(decoding: bytes.prefix(64), as: UTF8.self).lowercased()
    return String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
}
