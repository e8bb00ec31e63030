internal import ThumbwireKit

/// Holds a plugin's configuration against its manifest: unknown members, kinds and ranges, defaults filled in.
struct ConfigurationCheck {
    let manifest: PluginManifest
    private(set) var problems: [ConfigurationProblem] = []

    init(manifest: PluginManifest) {
        self.manifest = manifest
    }

    /// The configuration with defaults filled in; check ``problems`` before using it. Secret references stay as they
    /// are written.
    mutating func complete(_ written: JSONObject, path: String) -> JSONObject {
        let fields = manifest.configuration
        for name in written.names where !fields.contains(where: { $0.name == name }) {
            report("\(path).\(name)", "\(manifest.id) has no such setting; \(guess(name, fields))")
        }
        var completed = JSONObject()
        for field in fields {
            guard let value = written[field.name] else {
                if field.isRequired { report("\(path).\(field.name)", "is missing; \(field.summary)") }
                completed[field.name] = field.defaultValue
                continue
            }
            if !SecretReference.isReference(value), let complaint = complaint(about: value, field.kind) {
                report("\(path).\(field.name)", complaint)
            }
            completed[field.name] = value
        }
        return completed
    }

    private mutating func report(_ path: String, _ message: String) {
        problems.append(ConfigurationProblem(path: path, message: message))
    }

    private func guess(_ name: String, _ fields: [ConfigurationField]) -> String {
        fields.isEmpty ? "it has none" : suggestion(for: name, among: fields.map { $0.name })
    }

    private func complaint(about value: JSONValue, _ kind: ConfigurationField.Kind) -> String? {
        switch kind {
        case .string: value.string == nil ? expected("a string", value) : nil
        case .boolean: value.bool == nil ? expected("true or false", value) : nil
        case .array: value.array == nil ? expected("an array", value) : nil
        case .object: value.object == nil ? expected("an object", value) : nil
        case .choice(let choices): complaint(about: value, choices: choices)
        case .color:
            value.string.flatMap(Color.init(hex:)) == nil ? expected("a colour like #FFD400", value) : nil
        case .integer(let range):
            value.integer.map(range.contains) == true
                ? nil : expected("a whole number from \(range.lowerBound) to \(range.upperBound)", value)
        case .number(let range):
            value.number.map(range.contains) == true
                ? nil : expected("a number from \(range.lowerBound) to \(range.upperBound)", value)
        }
    }

    private func complaint(about value: JSONValue, choices: [String]) -> String? {
        guard let text = value.string else { return expected("a string", value) }
        return choices.contains(text)
            ? nil : "\"\(text)\" is unknown; \(suggestion(for: text, among: choices))"
    }

    private func expected(_ what: String, _ value: JSONValue) -> String {
        let found = String(decoding: value.serialized().prefix(60), as: UTF8.self)
        return "expected \(what), found \(value.kindName) \(found)"
    }
}

/// `${env:NAME}` as a whole string: a value that comes from the environment when it is needed and is never stored.
enum SecretReference {
    static func isReference(_ value: JSONValue) -> Bool {
        value.string.flatMap(environmentName) != nil
    }

    /// The name in `${env:NAME}`, or `nil` for any other text.
    static func environmentName(_ text: String) -> String? {
        guard text.hasPrefix("${env:"), text.hasSuffix("}") else { return nil }
        return String(text.dropFirst(6).dropLast())
    }

    /// Every environment name that a configuration refers to.
    static func names(in value: JSONValue) -> [String] {
        switch value {
        case .string(let text): environmentName(text).map { [$0] } ?? []
        case .array(let elements): elements.flatMap(names)
        case .object(let object): object.members.flatMap { names(in: $0.value) }
        case .null, .bool, .integer, .number: []
        }
    }

    /// The configuration with the references' values in place; `nil` when one has no value.
    static func resolve(_ value: JSONValue, environment: (String) -> String?) -> JSONValue? {
        switch value {
        case .string(let text):
            guard let name = environmentName(text) else { return value }
            return environment(name).map { .string($0) }
        case .array(let elements):
            let resolved = elements.compactMap { resolve($0, environment: environment) }
            return resolved.count == elements.count ? .array(resolved) : nil
        case .object(let object):
            var resolved = JSONObject()
            for member in object.members {
                guard let value = resolve(member.value, environment: environment) else { return nil }
                resolved[member.name] = value
            }
            return .object(resolved)
        case .null, .bool, .integer, .number: return value
        }
    }
}
