/// A strict RFC 8259 reader.
///
/// Foundation's readers keep the first or the last of duplicate names, silently; a request that two readers
/// understand differently is refused here instead.
struct JSONParser {
    /// Deep enough for any document of ours, shallow enough for any stack.
    static let maximumDepth = 64

    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0
    private var depth = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    mutating func parseDocument() throws(JSONSyntaxError) -> JSONValue {
        skipWhitespace()
        let value = try parseValue()
        skipWhitespace()
        guard index == bytes.count else { throw error("unexpected text after the document") }
        return value
    }

    private mutating func parseValue() throws(JSONSyntaxError) -> JSONValue {
        guard index < bytes.count else { throw error("unexpected end") }
        switch bytes[index] {
        case UInt8(ascii: "{"):
            return .object(try nested { parser throws(JSONSyntaxError) in try parser.parseObject() })
        case UInt8(ascii: "["):
            return .array(try nested { parser throws(JSONSyntaxError) in try parser.parseArray() })
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        default: return try parseNumber()
        }
    }

    private mutating func nested<Value>(
        _ parse: (inout JSONParser) throws(JSONSyntaxError) -> Value
    ) throws(JSONSyntaxError) -> Value {
        guard depth < Self.maximumDepth else { throw error("nested deeper than \(Self.maximumDepth) levels") }
        depth += 1
        defer { depth -= 1 }
        return try parse(&self)
    }

    private mutating func parseObject() throws(JSONSyntaxError) -> JSONObject {
        index += 1
        var object = JSONObject()
        var names = MemberNames()
        skipWhitespace()
        if consume("}") { return object }
        repeat {
            skipWhitespace()
            guard peek() == UInt8(ascii: "\"") else { throw error("expected a member name in quotes") }
            let start = index
            let name = try parseString()
            guard names.add(name, to: object) else {
                throw JSONSyntaxError(reason: "duplicate name \"\(name)\"", offset: start)
            }
            skipWhitespace()
            guard consume(":") else { throw error("expected ':'") }
            skipWhitespace()
            object.appendNew(name, try parseValue())
            skipWhitespace()
        } while consume(",")
        guard consume("}") else { throw error("expected ',' or '}'") }
        return object
    }

    private mutating func parseArray() throws(JSONSyntaxError) -> [JSONValue] {
        index += 1
        var array: [JSONValue] = []
        skipWhitespace()
        if consume("]") { return array }
        repeat {
            skipWhitespace()
            array.append(try parseValue())
            skipWhitespace()
        } while consume(",")
        guard consume("]") else { throw error("expected ',' or ']'") }
        return array
    }

    private mutating func parseString() throws(JSONSyntaxError) -> String {
        index += 1
        let start = index
        while index < bytes.count, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\\") {
            guard bytes[index] >= 0x20 else { throw error("control character in a string") }
            index += 1
        }
        if peek() == UInt8(ascii: "\"") {
            let text = try utf8(bytes[start..<index], from: start)
            index += 1
            return text
        }
        return try parseEscapedString(from: start)
    }

    private mutating func parseEscapedString(from start: Int) throws(JSONSyntaxError) -> String {
        var buffer = Array(bytes[start..<index])
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return try utf8(buffer[...], from: start)
            case UInt8(ascii: "\\"):
                buffer.append(contentsOf: String(Character(try parseEscape())).utf8)
            case 0..<0x20:
                throw error("control character in a string")
            default:
                buffer.append(byte)
                index += 1
            }
        }
        throw error("unterminated string")
    }

    private mutating func parseEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
        index += 1
        guard let byte = peek() else { throw error("unterminated string") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try parseUnicodeEscape()
        default: throw error("unknown escape")
        }
    }

    /// `\uXXXX`, joining a surrogate pair; a lone surrogate is no text and is refused.
    private mutating func parseUnicodeEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
        let unit = try parseHexadecimalUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard (0xD800..<0xDC00).contains(unit), consume("\\"), consume("u") else {
            throw error("lone surrogate in a string")
        }
        let low = try parseHexadecimalUnit()
        guard (0xDC00..<0xE000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
        else { throw error("lone surrogate in a string") }
        return scalar
    }

    private mutating func parseHexadecimalUnit() throws(JSONSyntaxError) -> UInt32 {
        guard index + 4 <= bytes.count else { throw error("unterminated string") }
        var unit: UInt32 = 0
        for byte in bytes[index..<index + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("bad \\u escape")
            }
            unit = unit << 4 | UInt32(digit)
        }
        index += 4
        return unit
    }

    private mutating func parseNumber() throws(JSONSyntaxError) -> JSONValue {
        let start = index
        _ = consume("-")
        let leadingZero = peek() == UInt8(ascii: "0")
        let digits = skipDigits()
        guard digits > 0 else { throw JSONSyntaxError(reason: "expected a value", offset: start) }
        guard !leadingZero || digits == 1 else { throw error("number with a leading zero") }
        var isInteger = true
        if consume(".") {
            isInteger = false
            guard skipDigits() > 0 else { throw error("expected a digit after '.'") }
        }
        if consume("e") || consume("E") {
            isInteger = false
            _ = consume("+") || consume("-")
            guard skipDigits() > 0 else { throw error("expected a digit in the exponent") }
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else {
            throw JSONSyntaxError(reason: "number out of range", offset: start)
        }
        return .number(value)
    }

    private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONSyntaxError)
        -> JSONValue
    {
        let length = word.utf8CodeUnitCount
        guard index + length <= bytes.count,
            word.withUTF8Buffer({ $0.elementsEqual(bytes[index..<index + length]) })
        else { throw error("expected a value") }
        index += length
        return value
    }

    private mutating func skipDigits() -> Int {
        let start = index
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
        return index - start
    }

    private mutating func skipWhitespace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private func peek() -> UInt8? {
        index < bytes.count ? bytes[index] : nil
    }

    private mutating func consume(_ character: Unicode.Scalar) -> Bool {
        guard let byte = peek(), UInt32(byte) == character.value else { return false }
        index += 1
        return true
    }

    private func utf8(_ slice: some Collection<UInt8>, from start: Int) throws(JSONSyntaxError) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else {
            throw JSONSyntaxError(reason: "string is not valid UTF-8", offset: start)
        }
        return text
    }

    private func error(_ reason: String) -> JSONSyntaxError {
        JSONSyntaxError(reason: reason, offset: index)
    }
}

/// The names of an object that is being read. Few are compared one by one, which costs less than hashing them; from
/// some on a set keeps an object of very many from costing their square.
private struct MemberNames {
    private static let fewNames = 16

    private var many: Set<String> = []

    /// False where the object has the name already.
    mutating func add(_ name: String, to object: JSONObject) -> Bool {
        guard object.members.count >= Self.fewNames else { return object[name] == nil }
        if many.isEmpty { many = Set(object.names) }
        return many.insert(name).inserted
    }
}
