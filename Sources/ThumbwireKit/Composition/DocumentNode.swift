/// A value of a document together with its place, so that every refusal names where it is.
struct DocumentNode {
    let value: JSONValue
    let pointer: String

    init(_ value: JSONValue, pointer: String = "") {
        self.value = value
        self.pointer = pointer
    }

    /// The member of that name; `nil` where it is absent or `null`.
    func optional(_ name: String) -> DocumentNode? {
        guard let member = value[name], member != .null else { return nil }
        return DocumentNode(member, pointer: pointer + "/" + escaped(name))
    }

    func required(_ name: String) throws(CompositionError) -> DocumentNode {
        _ = try object()
        guard let node = optional(name) else { throw error("lacks the member \"\(name)\"") }
        return node
    }

    func object() throws(CompositionError) -> JSONObject {
        guard let object = value.object else { throw error(expected: "an object") }
        return object
    }

    func elements(atMost limit: Int) throws(CompositionError) -> [DocumentNode] {
        guard let array = value.array else { throw error(expected: "an array") }
        guard array.count <= limit else {
            throw error("has \(array.count) elements; the limit is \(limit)")
        }
        return array.enumerated().map { DocumentNode($0.element, pointer: "\(pointer)/\($0.offset)") }
    }

    func string(atMost limit: Int = 200) throws(CompositionError) -> String {
        guard let text = value.string else { throw error(expected: "a string") }
        let length = text.unicodeScalars.count
        guard length <= limit else { throw error("has \(length) characters; the limit is \(limit)") }
        return text
    }

    func bool() throws(CompositionError) -> Bool {
        guard let flag = value.bool else { throw error(expected: "a boolean") }
        return flag
    }

    func number(in range: ClosedRange<Double>) throws(CompositionError) -> Double {
        guard let number = value.number else { throw error(expected: "a number") }
        guard range.contains(number) else {
            throw error("is \(number); allowed are \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func integer(in range: ClosedRange<Int>) throws(CompositionError) -> Int {
        guard let integer = value.integer else { throw error(expected: "an integer") }
        guard let small = Int(exactly: integer), range.contains(small) else {
            throw error("is \(integer); allowed are \(range.lowerBound) to \(range.upperBound)")
        }
        return small
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ type: Choice.Type
    ) throws(CompositionError) -> Choice where Choice.RawValue == String {
        let text = try string()
        guard let choice = Choice(rawValue: text) else {
            let allowed = Choice.allCases.map { $0.rawValue }.joined(separator: ", ")
            throw error("is \"\(text)\"; allowed are \(allowed)")
        }
        return choice
    }

    func error(_ message: String) -> CompositionError {
        CompositionError(pointer: pointer, message: message)
    }

    private func error(expected: String) -> CompositionError {
        error("is \(value.kindName), expected \(expected)")
    }
}

/// A name as a JSON pointer's reference token.
private func escaped(_ name: String) -> String {
    var token = ""
    for character in name {
        switch character {
        case "~": token += "~0"
        case "/": token += "~1"
        default: token.append(character)
        }
    }
    return token
}
