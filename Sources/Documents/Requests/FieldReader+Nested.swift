package import ThumbwireKit

extension FieldReader {
    /// What the members of an inner object say; what is wrong with them, unknown ones included, is gathered here.
    package mutating func inner<Value>(
        _ name: String, _ read: (inout FieldReader) -> Value?
    ) -> Value? {
        guard let object = object(name) else { return nil }
        var inner = FieldReader(object, pointer: place(name))
        let value = read(&inner)
        inner.refuseUnknown()
        add(inner.errors)
        return inner.errors.isEmpty ? value : nil
    }

    /// The elements of an array, each read as the member of its number; `nil` where one is refused.
    package mutating func elements<Value>(
        _ name: String, of kind: String, _ read: (inout FieldReader, String) -> Value?
    ) -> [Value]? {
        guard let value = value(name) else { return nil }
        guard let elements = value.array else {
            refuse(name, "is \(value.kindName), expected an array of \(kind)")
            return nil
        }
        var inner = FieldReader(
            JSONObject(elements.enumerated().map { ("\($0.offset)", $0.element) }), pointer: place(name))
        var values: [Value] = []
        for index in elements.indices {
            if elements[index] == .null { inner.refuse("\(index)", "is null, expected one of the \(kind)") }
            if let value = read(&inner, "\(index)") { values.append(value) }
        }
        add(inner.errors)
        return inner.errors.isEmpty ? values : nil
    }

    /// Short strings, at most that many; none are allowed, too.
    mutating func texts(_ name: String, atMost limit: Int) -> [String]? {
        guard let texts = elements(name, of: "strings", { $0.text($1, atMost: RequestLimits.name) }) else {
            return nil
        }
        guard texts.count <= limit else {
            refuse(name, "has \(texts.count) elements; the limit is \(limit)")
            return nil
        }
        return texts
    }

    /// An object of header names and values; values are secrets and not repeated.
    mutating func headers(_ name: String) -> [CallbackRequest.Header]? {
        guard let object = object(name) else { return nil }
        var inner = FieldReader(object, pointer: place(name))
        var headers: [CallbackRequest.Header] = []
        for member in object.members {
            guard let value = member.value.string else {
                inner.refuse(member.name, "is \(member.value.kindName), expected a string")
                continue
            }
            if headers.contains(where: { $0.name.lowercased() == member.name.lowercased() }) {
                inner.refuse(member.name, "is there twice: names of headers differ in more than case")
            }
            headers.append(CallbackRequest.Header(name: member.name, value: value))
        }
        add(inner.errors)
        return inner.errors.isEmpty ? headers : nil
    }

    package mutating func number(_ name: String, in range: ClosedRange<Double>) -> Double? {
        guard let value = value(name) else { return nil }
        let allowed = "\(shown(range.lowerBound)) to \(shown(range.upperBound))"
        guard let number = value.number else {
            refuse(name, "is \(value.kindName), expected a number from \(allowed)")
            return nil
        }
        guard range.contains(number) else {
            refuse(name, "is \(shown(number)); allowed are \(allowed)")
            return nil
        }
        return number
    }

    /// A time as RFC 3339 writes it.
    package mutating func moment(_ name: String) -> Timestamp? {
        guard let text = string(name, atMost: RequestLimits.name) else { return nil }
        guard let moment = Timestamp(rfc3339: text) else {
            refuse(name, "is \"\(text)\", expected a time such as 2027-01-31T12:00:00Z")
            return nil
        }
        return moment
    }

    /// A time later than that one.
    package mutating func moment(_ name: String, after now: Timestamp) -> Timestamp? {
        guard let moment = moment(name) else { return nil }
        guard moment > now else {
            refuse(name, "is in the past")
            return nil
        }
        return moment
    }
}

/// Whole numbers without a point.
private func shown(_ number: Double) -> String {
    Int64(exactly: number).map { "\($0)" } ?? "\(number)"
}
