/// Finds the top-level members in the text of an event's body, so that their values can be sent byte for byte.
struct EventMembers {
    private let body: [UInt8]
    private let ranges: [(name: ArraySlice<UInt8>, value: Range<Int>)]

    /// Members of a body that ``EventEncoder`` made: an object without white space between its tokens.
    init(_ body: [UInt8]) {
        self.body = body
        ranges = Self.members(of: body)
    }

    /// The bytes of a member's value; `nil` where it is not there.
    subscript(name: String) -> ArraySlice<UInt8>? {
        range(of: name).map { body[$0] }
    }

    /// The body with other bytes as the value of that member; as it is where the member is not there.
    func replacing(_ name: String, with value: [UInt8]) -> [UInt8] {
        guard let range = range(of: name) else { return body }
        return Array(body[..<range.lowerBound]) + value + body[range.upperBound...]
    }

    private func range(of name: String) -> Range<Int>? {
        ranges.first { $0.name.elementsEqual(name.utf8) }?.value
    }

    private static func members(
        of body: [UInt8]
    ) -> [(name: ArraySlice<UInt8>, value: Range<Int>)] {
        var found: [(name: ArraySlice<UInt8>, value: Range<Int>)] = []
        var (depth, isInString, isEscaped) = (0, false, false)
        var (text, name, start) = (0..<0, 0..<0, 0)
        for (index, byte) in body.enumerated() {
            if isInString {
                if byte == UInt8(ascii: "\""), !isEscaped {
                    isInString = false
                    text = text.lowerBound..<index
                }
                isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
                continue
            }
            let endsMember = depth == 1 && (byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}"))
            if endsMember, start > 0 { found.append((body[name], start..<index)) }
            switch byte {
            case UInt8(ascii: "\""): (isInString, isEscaped, text) = (true, false, index + 1..<index + 1)
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ":") where depth == 1: (name, start) = (text, index + 1)
            default: break
            }
        }
        return found
    }
}
