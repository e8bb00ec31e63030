import Engine
import HTTP
import ThumbwireKit

extension RouteTable {
    mutating func addPlugins() {
        native(
            .get, "/v1/plugins",
            Operation(
                "listPlugins", "The plugins that chains can use", tag: "plugins",
                answers: [.json(200, "the list", "PluginList")])
        ) { call in
            .list(call.context.engine.plugins().map(document))
        }
    }
}

private func document(of manifest: PluginManifest) -> JSONValue {
    var object: JSONObject = [
        "id": .string(manifest.id), "version": .string(manifest.version.description),
        "kind": .string(manifest.kind.rawValue), "summary": .string(manifest.summary),
    ]
    if manifest.kind == .provider {
        object["billed"] = .bool(manifest.isBilled)
        object["produces"] = .string(manifest.produces.rawValue)
    }
    object["configuration"] = .array(manifest.configuration.map(document))
    return .object(object)
}

private func document(of field: ConfigurationField) -> JSONValue {
    var object: JSONObject = ["name": .string(field.name)]
    for member in members(of: field.kind).members { object[member.name] = member.value }
    object["summary"] = .string(field.summary)
    object["required"] = .bool(field.isRequired)
    if field.isSecret { object["secret"] = true } else { object["default"] = field.defaultValue }
    return .object(object)
}

private func members(of kind: ConfigurationField.Kind) -> JSONObject {
    switch kind {
    case .string: ["type": "string"]
    case .choice(let choices): ["type": "string", "enum": .array(choices.map { .string($0) })]
    case .boolean: ["type": "boolean"]
    case .integer(let range):
        ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
    case .number(let range):
        ["type": "number", "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound)]
    case .color: ["type": "string", "format": "#RRGGBB"]
    case .array: ["type": "array"]
    case .object: ["type": "object"]
    }
}
