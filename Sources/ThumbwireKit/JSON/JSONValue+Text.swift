extension JSONValue {
    /// Reads one RFC 8259 document: UTF-8, no duplicate names, at most 64 levels deep.
    public init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<JSONValue, JSONSyntaxError> in
            var parser = JSONParser(buffer)
            do throws(JSONSyntaxError) {
                return .success(try parser.parseDocument())
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }

    /// Reads one document from text.
    public init(parsing text: String) throws(JSONSyntaxError) {
        try self.init(parsing: Array(text.utf8))
    }

    /// The compact text as UTF-8: the same value always gives the same bytes.
    public func serialized() -> [UInt8] {
        var writer = JSONWriter(indentation: nil)
        writer.write(self, level: 0)
        return writer.bytes
    }

    /// The text with two-space indentation, for people.
    public func prettyPrinted() -> String {
        var writer = JSONWriter(indentation: 2)
        writer.write(self, level: 0)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

private struct JSONWriter {
    let indentation: Int?
    var bytes: [UInt8] = []

    init(indentation: Int?) {
        self.indentation = indentation
        bytes.reserveCapacity(512)
    }

    mutating func write(_ value: JSONValue, level: Int) {
        switch value {
        case .null: append("null" as StaticString)
        case .bool(let value): append(value ? "true" : "false" as StaticString)
        case .integer(let value): append(String(value))
        // JSON has no text for infinities and NaN; `null` is what every writer of the field puts there.
        case .number(let value): append(value.isFinite ? "\(value)" : "null" as String)
        case .string(let value): write(value)
        case .array(let elements):
            writeList("[", "]", elements, level) { writer, element in writer.write(element, level: level + 1)
            }
        case .object(let object):
            writeList("{", "}", object.members, level) { writer, member in
                writer.write(member.name)
                writer.append(writer.indentation == nil ? ":" : ": " as StaticString)
                writer.write(member.value, level: level + 1)
            }
        }
    }

    private mutating func writeList<Element>(
        _ open: StaticString, _ close: StaticString, _ elements: [Element], _ level: Int,
        _ writeElement: (inout JSONWriter, Element) -> Void
    ) {
        append(open)
        for (position, element) in elements.enumerated() {
            if position > 0 { append(",") }
            breakLine(level + 1)
            writeElement(&self, element)
        }
        if !elements.isEmpty { breakLine(level) }
        append(close)
    }

    private mutating func breakLine(_ level: Int) {
        guard let indentation else { return }
        append("\n")
        bytes.append(contentsOf: repeatElement(0x20, count: indentation * level))
    }

    /// Copies what needs no escape in one piece, which is mostly all.
    private mutating func write(_ text: String) {
        var text = text
        append("\"")
        text.withUTF8 { buffer in
            var start = 0
            for (position, byte) in buffer.enumerated() where byte.isEscapedInJSON {
                bytes.append(contentsOf: buffer[start..<position])
                writeEscaped(byte)
                start = position + 1
            }
            bytes.append(contentsOf: buffer[start...])
        }
        append("\"")
    }

    private mutating func writeEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x0A: append("\\n")
        case 0x0D: append("\\r")
        case 0x09: append("\\t")
        default:
            append("\\u00")
            bytes.append(hexadecimalDigits[Int(byte >> 4)])
            bytes.append(hexadecimalDigits[Int(byte & 15)])
        }
    }

    private mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }
}

extension UInt8 {
    fileprivate var isEscapedInJSON: Bool { self < 0x20 || self == 0x22 || self == 0x5C }
}

private let hexadecimalDigits = Array("0123456789abcdef".utf8)
