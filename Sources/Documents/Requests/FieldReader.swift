package import ThumbwireKit

/// Reads the members of a request's object and gathers everything that is wrong with them.
///
/// A member that is `null` counts as absent. What is wrong reads as absent too, so that one mistake is said once.
package struct FieldReader {
    private let object: JSONObject
    private let pointer: String
    private var known: [String] = []
    package private(set) var errors: [FieldError] = []

    package init(_ object: JSONObject, pointer: String = "") {
        self.object = object
        self.pointer = pointer
    }

    /// A reader of the body; throws where it is no object.
    package init(body: JSONValue) throws(Problem) {
        guard let object = body.object else {
            throw Problem([
                FieldError(pointer: "", detail: "the body is \(body.kindName), expected an object")
            ])
        }
        self.init(object)
    }

    /// True when the member is there and not `null`, whatever it is.
    package func has(_ name: String) -> Bool {
        object[name].map { $0 != .null } ?? false
    }

    /// True when the member is there as `null`, which most readers take for absent.
    package func isNull(_ name: String) -> Bool { object[name] == .null }

    /// The member as it is; `nil` where it is absent or `null`.
    package mutating func value(_ name: String) -> JSONValue? {
        known.append(name)
        guard let value = object[name], value != .null else { return nil }
        return value
    }

    package mutating func refuse(_ name: String, _ detail: String, code: ErrorCode = .validationFailed) {
        errors.append(FieldError(pointer: place(name), detail: detail, code: code))
    }

    /// Adds what a reader of an inner object gathered.
    package mutating func add(_ more: [FieldError]) {
        errors += more
    }

    package func place(_ name: String) -> String {
        pointer + "/"
            + name.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
            .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
    }

    /// Refuses every member that was not asked for.
    package mutating func refuseUnknown() {
        for name in object.names where !known.contains(name) {
            let shown = String(name.prefix(64))
            refuse(shown, "is not a field; \(suggestion(for: shown, among: known))")
        }
    }

    /// Takes the members that were not asked for as known: what they should be cannot be said yet.
    mutating func ignoreOthers() {
        known += object.names
    }

    /// Throws all that is wrong.
    package func finish() throws(Problem) {
        guard errors.isEmpty else { throw Problem(errors) }
    }
}

extension FieldReader {
    /// A string of at most that many Unicode scalars.
    package mutating func string(_ name: String, atMost limit: Int) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.string else { return refuse(name, value, expected: "a string") }
        let length = text.unicodeScalars.count
        guard length <= limit else {
            refuse(name, "has \(length) characters; the limit is \(limit)")
            return nil
        }
        return text
    }

    /// A string without control characters other than those named, in which there is something to see.
    package mutating func text(
        _ name: String, atMost limit: Int, allowing controls: Set<Unicode.Scalar> = []
    ) -> String? {
        guard let text = string(name, atMost: limit) else { return nil }
        for (offset, scalar) in text.unicodeScalars.enumerated()
        where scalar.isControl && !controls.contains(scalar) {
            let code = String(scalar.value, radix: 16, uppercase: true)
            let padded = String(repeating: "0", count: max(0, 4 - code.count)) + code
            refuse(name, "has the control character U+\(padded) at offset \(offset)")
            return nil
        }
        guard text.unicodeScalars.contains(where: \.isVisible) else {
            refuse(name, "is blank")
            return nil
        }
        return text
    }

    /// One of the strings that the type spells, exactly.
    package mutating func choice<Choice: RawRepresentable>(
        _ name: String, of choices: [Choice]
    ) -> Choice? where Choice.RawValue == String {
        guard let value = value(name) else { return nil }
        guard let text = value.string else {
            let allowed = choices.map(\.rawValue).joined(separator: ", ")
            return refuse(name, value, expected: "a string; allowed: \(allowed)")
        }
        guard let choice = choices.first(where: { $0.rawValue == text }) else {
            let shown = String(text.prefix(64))
            refuse(name, "is \"\(shown)\"; \(suggestion(for: shown, among: choices.map(\.rawValue)))")
            return nil
        }
        return choice
    }

    package mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = value(name) else { return nil }
        guard let integer = value.integer else {
            let expected = "an integer from \(range.lowerBound) to \(range.upperBound)"
            guard let number = value.number else { return refuse(name, value, expected: expected) }
            refuse(name, "is \(number), expected \(expected)")
            return nil
        }
        guard let small = Int(exactly: integer), range.contains(small) else {
            refuse(name, "is \(integer); allowed are \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return small
    }

    package mutating func object(_ name: String) -> JSONObject? {
        guard let value = value(name) else { return nil }
        guard let object = value.object else { return refuse(name, value, expected: "an object") }
        return object
    }

    /// Distinct strings of the type, at least one.
    package mutating func choices<Choice: RawRepresentable & Equatable>(
        _ name: String, of allowed: [Choice]
    ) -> [Choice]? where Choice.RawValue == String {
        guard let value = value(name) else { return nil }
        guard let elements = value.array else { return refuse(name, value, expected: "an array of strings") }
        guard !elements.isEmpty else {
            refuse(name, "is empty; leave it out or name at least one")
            return nil
        }
        var inner = FieldReader(
            JSONObject(elements.enumerated().map { ("\($0.offset)", $0.element) }), pointer: place(name))
        var chosen: [Choice] = []
        for index in elements.indices {
            guard let choice = inner.choice("\(index)", of: allowed) else {
                if elements[index] == .null { inner.refuse("\(index)", "is null, expected a string") }
                continue
            }
            if !chosen.contains(choice) { chosen.append(choice) }
        }
        add(inner.errors)
        return inner.errors.isEmpty ? chosen : nil
    }

    /// An absolute `http` or `https` URL; where it leads is checked by whoever fetches it.
    package mutating func url(_ name: String) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.string else { return refuse(name, value, expected: "a string") }
        guard text.utf8.count <= RequestLimits.url else {
            refuse(
                name, "is \(text.utf8.count) bytes long; the limit is \(RequestLimits.url)", code: .urlInvalid
            )
            return nil
        }
        guard isWebURL(text) else {
            refuse(name, "is not an absolute http or https URL", code: .urlInvalid)
            return nil
        }
        return text
    }

    private mutating func refuse<Value>(_ name: String, _ value: JSONValue, expected: String) -> Value? {
        refuse(name, "is \(value.kindName), expected \(expected)")
        return nil
    }
}

extension Unicode.Scalar {
    /// Of the general category `Cc`: ASCII's below the space, DEL and C1 (Unicode Standard §23.1).
    fileprivate var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }

    /// False for what leaves no ink of its own: spaces, joiners, marks of direction, fillers, noncharacters.
    fileprivate var isVisible: Bool {
        if (0x21...0x7E).contains(value) { return true }
        if properties.isWhitespace || properties.isDefaultIgnorableCodePoint { return false }
        if properties.isNoncharacterCodePoint { return false }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate: return false
        // The blank Braille pattern and the place of an object.
        default: return value != 0x2800 && value != 0xFFFC
        }
    }
}

/// Scheme, host and nothing that has to be escaped: enough to say so at once, while the client still listens.
private func isWebURL(_ text: String) -> Bool {
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return false }
    let lower = text.prefix(8).lowercased()
    for scheme in ["http://", "https://"] where lower.hasPrefix(scheme) {
        guard let first = text.utf8.dropFirst(scheme.utf8.count).first else { return false }
        return !"/?#:@\\".utf8.contains(first)
    }
    return false
}
