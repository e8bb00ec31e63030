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
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .integer(let value): append(String(value))
        // JSON has no text for infinities and NaN; `null` is what every writer of the field puts there.
        case .number(let value): append(value.isFinite ? "\(value)" : "null")
        case .string(let value): write(value)
        case .array(let elements):
            writeList("[", "]", elements, level) { writer, element in writer.write(element, level: level + 1)
            }
        case .object(let object):
            writeList("{", "}", object.members, level) { writer, member in
                writer.write(member.name)
                writer.append(writer.indentation == nil ? ":" : ": ")
                writer.write(member.value, level: level + 1)
            }
        }
    }

    private mutating func writeList<Element>(
        _ open: StaticString, _ close: StaticString, _ elements: [Element], _ level: Int,
        _ writeElement: (inout JSONWriter, Element) -> Void
    ) {
        append("\(open)")
        for (position, element) in elements.enumerated() {
            if position > 0 { append(",") }
            breakLine(level + 1)
            writeElement(&self, element)
        }
        if !elements.isEmpty { breakLine(level) }
        append("\(close)")
    }

    private mutating func breakLine(_ level: Int) {
        guard let indentation else { return }
        append("\n")
        bytes.append(contentsOf: repeatElement(0x20, count: indentation * level))
    }

    private mutating func write(_ text: String) {
        append("\"")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case 0x0A: append("\\n")
            case 0x0D: append("\\r")
            case 0x09: append("\\t")
            case 0..<0x20:
                append("\\u00")
                bytes.append(hexadecimalDigits[Int(byte >> 4)])
                bytes.append(hexadecimalDigits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        append("\"")
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }
}

private let hexadecimalDigits = Array("0123456789abcdef".utf8)
