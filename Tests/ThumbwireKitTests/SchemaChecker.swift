import ThumbwireKit

/// The part of JSON Schema 2020-12 that schemas/composition.json uses.
struct SchemaChecker {
    let root: JSONValue
    /// Also refuses members that the schema does not describe, except inside `provenance`.
    var isClosed = false

    func mistakes(in value: JSONValue) -> [String] {
        check(value, root, "", extra: [])
    }

    private func check(
        _ value: JSONValue, _ schema: JSONValue, _ place: String, extra: Set<String>
    ) -> [String] {
        if let reference = schema["$ref"]?.string {
            return check(value, resolve(reference), place, extra: extra)
        }
        var found = simpleMistakes(value, schema, place)
        if let object = value.object {
            found += objectMistakes(object, schema, place, extra: extra)
        }
        for (index, element) in (value.array ?? []).enumerated() {
            if let items = schema["items"] { found += check(element, items, "\(place)/\(index)", extra: []) }
        }
        if let choices = schema["anyOf"]?.array,
            choices.allSatisfy({ !check(value, $0, place, extra: []).isEmpty })
        {
            found.append("\(place) matches none of anyOf")
        }
        return found
    }

    private func objectMistakes(
        _ object: JSONObject, _ schema: JSONValue, _ place: String, extra: Set<String>
    ) -> [String] {
        var found: [String] = []
        for name in schema["required"]?.array ?? [] where object[name.string ?? ""] == nil {
            found.append("\(place) lacks \(name)")
        }
        var described = extra.union(schema["properties"]?.object?.names ?? [])
        for rule in schema["allOf"]?.array ?? [] {
            guard let condition = rule["if"], let then = rule["then"],
                check(.object(object), condition, place, extra: Set(object.names)).isEmpty
            else { continue }
            let target = then["$ref"]?.string.map(resolve) ?? then
            found += check(.object(object), target, place, extra: described)
            described.formUnion(target["properties"]?.object?.names ?? [])
        }
        for member in object.members {
            if let property = schema["properties"]?[member.name] {
                found += check(member.value, property, "\(place)/\(member.name)", extra: [])
            } else if isClosed, schema["properties"] != nil, !described.contains(member.name) {
                found.append("\(place)/\(member.name) is not described")
            }
        }
        return found
    }

    private func simpleMistakes(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        var found: [String] = []
        func refuse(_ isWrong: Bool, _ rule: String) {
            if isWrong { found.append("\(place) breaks \(rule)") }
        }
        if let type = schema["type"]?.string {
            refuse(type == "integer" ? value.integer == nil : value.kindName != type, "type")
        }
        if let constant = schema["const"] { refuse(value != constant, "const") }
        if let choices = schema["enum"]?.array { refuse(!choices.contains(value), "enum") }
        if let low = schema["minimum"]?.number, let number = value.number { refuse(number < low, "minimum") }
        if let high = schema["maximum"]?.number, let number = value.number {
            refuse(number > high, "maximum")
        }
        let length = value.string.map { $0.unicodeScalars.count }
        if let low = schema["minLength"]?.number, let length { refuse(Double(length) < low, "minLength") }
        if let high = schema["maxLength"]?.number, let length { refuse(Double(length) > high, "maxLength") }
        if let low = schema["minItems"]?.number, let array = value.array {
            refuse(Double(array.count) < low, "minItems")
        }
        if let high = schema["maxItems"]?.number, let array = value.array {
            refuse(Double(array.count) > high, "maxItems")
        }
        if let pattern = schema["pattern"]?.string, let text = value.string {
            let expression = try? Regex(pattern)
            refuse((try? expression?.wholeMatch(in: text)) ?? nil == nil, "pattern")
        }
        return found
    }

    private func resolve(_ reference: String) -> JSONValue {
        var node = root
        for name in reference.split(separator: "/").dropFirst() { node = node[String(name)] ?? .null }
        return node
    }
}
