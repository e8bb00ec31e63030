import Documents
import HTTP
import ThumbwireKit

/// The OpenAPI 3.1 document, made from the routes themselves so that it cannot lag behind them.
struct OpenAPIDocument {
    let routes: [Route]
    let publicURL: String

    func json() -> JSONValue {
        var paths: JSONObject = [:]
        for route in routes {
            var path = paths[route.pattern]?.object ?? parameters(of: route.pattern)
            path[route.method.rawValue.lowercased()] = json(route)
            paths[route.pattern] = .object(path)
        }
        return [
            "openapi": "3.1.0",
            "info": ["title": "Thumbwire", "version": .string(EventEncoder.apiVersion)],
            "servers": [["url": .string(publicURL)]],
            "security": [["bearer": []], ["sokeKey": []], ["apiKey": []]],
            "paths": .object(paths),
            "components": [
                "securitySchemes": [
                    "bearer": ["type": "http", "scheme": "bearer"],
                    "sokeKey": ["type": "apiKey", "in": "header", "name": "X-Soke-Key"],
                    "apiKey": ["type": "apiKey", "in": "header", "name": "X-API-Key"],
                ],
                "schemas": .object(OpenAPISchemas.all),
            ],
        ]
    }

    private func parameters(of pattern: String) -> JSONObject {
        let names = pattern.split(separator: "/").filter { $0.hasPrefix("{") }.map {
            $0.dropFirst().dropLast()
        }
        guard !names.isEmpty else { return [:] }
        return [
            "parameters": .array(
                names.map {
                    [
                        "name": .string(String($0)), "in": "path", "required": true,
                        "schema": ["type": "string"],
                    ]
                })
        ]
    }

    private func json(_ route: Route) -> JSONValue {
        let operation = route.operation
        var object: JSONObject = [
            "operationId": .string(operation.id), "summary": .string(operation.summary),
            "tags": [.string(operation.tag)],
        ]
        if route.access == .open { object["security"] = [] }
        if !operation.parameters.isEmpty { object["parameters"] = .array(operation.parameters.map(json)) }
        let bodies = [("application/json", operation.body), ("multipart/form-data", operation.form)]
        let content = bodies.compactMap { mediaType, schema in
            schema.map { (mediaType, ["schema": reference($0)] as JSONValue) }
        }
        if !content.isEmpty {
            object["requestBody"] = [
                "required": .bool(operation.needsBody), "content": .object(JSONObject(content)),
            ]
        }
        if !operation.bodyTypes.isEmpty {
            let content = JSONObject(operation.bodyTypes.map { ($0, .object([:])) })
            object["requestBody"] = ["required": true, "content": .object(content)]
        }
        var answers = JSONObject(operation.answers.map { ("\($0.status)", json($0)) })
        answers["default"] = refusal(of: Request(method: route.method, path: route.pattern))
        object["responses"] = .object(answers)
        return .object(object)
    }

    private func json(_ parameter: Operation.Parameter) -> JSONValue {
        [
            "name": .string(parameter.name), "in": .string(parameter.place.rawValue),
            "description": .string(parameter.summary), "schema": ["type": .string(parameter.type)],
        ]
    }

    private func json(_ answer: Operation.Answer) -> JSONValue {
        var object: JSONObject = ["description": .string(answer.summary)]
        if let schema = answer.schema {
            object["content"] = content(answer.mediaType, ["schema": reference(schema)])
        } else if answer.mediaType != "application/json" {
            object["content"] = content(answer.mediaType, .object([:]))
        }
        return .object(object)
    }

    /// The shape of the face that the path belongs to.
    private func refusal(of request: Request) -> JSONValue {
        let (schema, mediaType) =
            if request.isSoke {
                ("SokeError", "application/json")
            } else if request.isOpenAI {
                ("OpenAIError", "application/json")
            } else if request.isOpus {
                ("OpusError", "application/json")
            } else {
                ("Problem", "application/problem+json")
            }
        return [
            "description": "an error", "content": content(mediaType, ["schema": reference(schema)]),
        ]
    }

    private func content(_ mediaType: String, _ value: JSONValue) -> JSONValue {
        .object(JSONObject([(mediaType, value)]))
    }

    private func reference(_ schema: String) -> JSONValue {
        ["$ref": .string("#/components/schemas/\(schema)")]
    }
}
