import Documents
import ThumbwireKit

/// The schemas that operations name.
enum OpenAPISchemas {
    static let all = JSONObject(requests + jobs + webhooks + providers + chains + others + faces + openAI)

    typealias Schemas = [(String, JSONValue)]

    static func object(_ properties: JSONObject, required: [String] = []) -> JSONValue {
        var object: JSONObject = ["type": "object", "properties": .object(properties)]
        if !required.isEmpty { object["required"] = .array(required.map { .string($0) }) }
        return .object(object)
    }

    static func closed(
        _ properties: JSONObject, required: [String] = [], oneOf: [JSONValue] = []
    ) -> JSONValue {
        var schema = object(properties, required: required).object ?? [:]
        if !oneOf.isEmpty { schema["oneOf"] = .array(oneOf) }
        schema["additionalProperties"] = false
        return .object(schema)
    }

    static func string(atMost limit: Int) -> JSONValue {
        ["type": "string", "maxLength": .integer(Int64(limit))]
    }

    static func integer(_ range: ClosedRange<Int>) -> JSONValue {
        [
            "type": "integer", "minimum": .integer(Int64(range.lowerBound)),
            "maximum": .integer(Int64(range.upperBound)),
        ]
    }

    static func choice<Choice: RawRepresentable>(_ choices: [Choice]) -> JSONValue
    where Choice.RawValue == String {
        ["type": "string", "enum": .array(choices.map { .string($0.rawValue) })]
    }

    static func array(_ items: JSONValue) -> JSONValue { ["type": "array", "items": items] }

    static func reference(_ name: String) -> JSONValue {
        ["$ref": .string("#/components/schemas/\(name)")]
    }

    static func list(of name: String) -> JSONValue {
        object(
            ["data": array(reference(name)), "next": nullable("string")], required: ["data", "next"])
    }

    static func nullable(_ type: String) -> JSONValue { ["type": [.string(type), "null"]] }

    static let text: JSONValue = ["type": "string"]
    static let count: JSONValue = ["type": "integer"]
    static let moment: JSONValue = ["type": "string", "format": "date-time"]
    static let maybeMoment: JSONValue = ["type": ["string", "null"], "format": "date-time"]
    static let url: JSONValue = [
        "type": "string", "format": "uri", "maxLength": .integer(Int64(RequestLimits.url)),
    ]
}
