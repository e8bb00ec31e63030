package import ThumbwireKit

/// The parameters of a request on the OpenAI face, from JSON or from a form, in which all values are text.
///
/// Stops at the first mistake, as OpenAI does: its errors have one `param`. Messages have OpenAI's words where those
/// are known. A parameter that is `null` counts as absent.
package struct OpenAIFields {
    private let object: JSONObject
    private let isForm: Bool

    /// A JSON body; throws where it is no object.
    package init(body: JSONValue) throws(Problem) {
        guard let object = body.object else {
            throw Problem(.validationFailed, "The body is \(body.kindName), expected an object.")
        }
        self.object = object
        isForm = false
    }

    /// The plain fields of a form; throws where one comes twice.
    package init(form fields: [(name: String, text: String)]) throws(Problem) {
        var object = JSONObject()
        for field in fields {
            guard object[field.name] == nil else {
                throw Self.refusal(field.name, "Parameter '\(field.name.prefix(64))' is given twice.")
            }
            object[field.name] = .string(field.text)
        }
        self.object = object
        isForm = true
    }

    package func has(_ name: String) -> Bool { value(name) != nil }

    func value(_ name: String) -> JSONValue? {
        guard let value = object[name], value != .null else { return nil }
        return value
    }

    package static func refusal(
        _ name: String, _ message: String, code: ErrorCode = .validationFailed
    ) -> Problem {
        let shown = name.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
        return Problem(
            code, message, errors: [FieldError(pointer: "/\(shown.prefix(64))", detail: message, code: code)])
    }

    func refuseUnknown(knowing known: [String]) throws(Problem) {
        for member in object.members where !known.contains(member.name) && member.value != .null {
            throw Self.refusal(
                member.name, "Unknown parameter: '\(member.name.prefix(64))'.", code: .parameterUnknown)
        }
    }

    func missing(_ name: String) -> Problem {
        Self.refusal(name, "Missing required parameter: '\(name)'.")
    }

    /// A string of at most that many Unicode scalars.
    func string(_ name: String, atMost limit: Int) throws(Problem) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.string else { throw wrongType(name, value, "a string") }
        let length = text.unicodeScalars.count
        guard length <= limit else {
            throw Self.refusal(
                name,
                "Invalid '\(name)': string too long. Expected a string with maximum length \(limit), but got a "
                    + "string with length \(length) instead.")
        }
        return text
    }

    func choice(_ name: String, of choices: [String]) throws(Problem) -> String? {
        guard let text = try string(name, atMost: RequestLimits.name) else { return nil }
        guard choices.contains(text) else {
            throw Self.refusal(
                name, "Invalid value: '\(text)'. Supported values are: \(quotedList(choices)).")
        }
        return text
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let value = value(name) else { return nil }
        guard let number = isForm ? value.string.flatMap({ Int64($0) }) : value.integer else {
            throw wrongType(name, value, "an integer")
        }
        guard number >= range.lowerBound else {
            throw Self.refusal(
                name,
                "Invalid '\(name)': integer below minimum value. Expected a value >= \(range.lowerBound), but got "
                    + "\(number) instead.")
        }
        guard number <= range.upperBound else {
            throw Self.refusal(
                name,
                "Invalid '\(name)': integer above maximum value. Expected a value <= \(range.upperBound), but got "
                    + "\(number) instead.")
        }
        return Int(number)
    }

    func bool(_ name: String) throws(Problem) -> Bool? {
        guard let value = value(name) else { return nil }
        let read = isForm ? ["true": true, "false": false][value.string?.lowercased() ?? ""] : value.bool
        guard let read else { throw wrongType(name, value, "a boolean") }
        return read
    }

    private func wrongType(_ name: String, _ value: JSONValue, _ expected: String) -> Problem {
        let given = isForm ? "'\((value.string ?? "").prefix(64))'" : "a value of type \(value.kindName)"
        return Self.refusal(
            name, "Invalid type for '\(name)': expected \(expected), but got \(given) instead.")
    }
}
