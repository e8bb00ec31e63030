import Documents
import Engine
import HTTP
import Persistence
import ThumbwireKit

extension RouteTable {
    mutating func addProviders() {
        native(
            .get, "/v1/providers",
            Operation(
                "listProviders", "How the file's providers stand, in its order", tag: "providers",
                answers: [.json(200, "the list", "ProviderList")])
        ) { call in
            .list(try await call.context.engine.providers().map(document))
        }
        native(
            .post, "/v1/providers/{name}/pause",
            Operation(
                "pauseProvider", "Put a provider out of use for new work; needs the scope admin",
                tag: "providers", body: "ProviderPause",
                answers: [.json(200, "the provider", "Provider")]
            ).withOptionalBody
        ) { call in
            try call.requireAdmin(toRule: "provider")
            let asked = try call.pauseRequest()
            let name = call.parameter("name")
            let isKnown = try await call.context.engine.pause(
                provider: name, until: asked.until, reason: asked.reason)
            return try await call.provider(name, isKnown: isKnown)
        }
        native(
            .post, "/v1/providers/{name}/resume",
            Operation(
                "resumeProvider", "Put a provider back into use, and try it at once; needs the scope admin",
                tag: "providers", answers: [.json(200, "the provider", "Provider")])
        ) { call in
            try call.requireAdmin(toRule: "provider")
            let name = call.parameter("name")
            let isKnown = try await call.context.engine.resume(provider: name)
            return try await call.provider(name, isKnown: isKnown)
        }
    }
}

extension Call {
    /// The provider's document; a 404 with a guess where there is none of that name.
    fileprivate func provider(_ name: String, isKnown: Bool) async throws -> Response {
        let providers = try await context.engine.providers()
        guard isKnown, let status = providers.first(where: { $0.name == name }) else {
            let shown = String(name.prefix(64))
            throw Problem(
                .notFound,
                "there is no provider \"\(shown)\"; \(suggestion(for: shown, among: providers.map(\.name)))")
        }
        return .json(200, document(of: status))
    }
}

private func document(of status: ProviderStatus) -> JSONValue {
    var object: JSONObject = [
        "name": .string(status.name), "plugin": .string(status.plugin), "enabled": .bool(status.isEnabled),
        "circuit": .string(status.circuit.rawValue), "openUntil": (status.openUntil?.description).json,
        "reason": status.reason.map(document) ?? .null, "pause": status.pause.map(document) ?? .null,
        "budgets": .array(status.budgets.map(document)),
        "openTickets": .integer(Int64(status.openTickets)),
        "recent": [
            "creates": .integer(Int64(status.recent.creates)),
            "failures": .integer(Int64(status.recent.failures)),
        ],
        "creating": .integer(Int64(status.creating)), "waiting": .integer(Int64(status.waiting)),
    ]
    if let why = status.disabledReason { object["disabledReason"] = .string(why) }
    return .object(object)
}

private func document(of failure: Failure) -> JSONValue {
    [
        "code": .string(ErrorCode(of: failure).rawValue), "class": .string(failure.failureClass.rawValue),
        "message": .string(failure.message),
    ]
}

private func document(of pause: ProviderPause) -> JSONValue {
    [
        "until": (pause.until?.description).json, "reason": .string(pause.reason),
        "pausedAt": .string(pause.at.description),
    ]
}

private func document(of budget: Budget) -> JSONValue {
    [
        "kind": .string(budget.kind.rawValue),
        "limit": budget.limit.map { .integer(Int64($0)) } ?? .null,
        "remaining": budget.remaining.map { .integer(Int64($0)) } ?? .null,
        "resetsAt": (budget.resetsAt?.description).json,
    ]
}

extension OpenAPISchemas {
    static let providers: Schemas = [
        (
            "Provider",
            object(
                [
                    "name": text, "plugin": text, "enabled": ["type": "boolean"], "disabledReason": text,
                    "circuit": choice(ProviderStatus.Circuit.allCases), "openUntil": maybeMoment,
                    "reason": [
                        "type": ["object", "null"],
                        "properties": [
                            "code": choice(ErrorCode.allCases), "class": choice(FailureClass.allCases),
                            "message": text,
                        ],
                    ],
                    "pause": pause,
                    "budgets": array(
                        object([
                            "kind": choice(Budget.Kind.allCases), "limit": nullable("integer"),
                            "remaining": nullable("integer"), "resetsAt": maybeMoment,
                        ])),
                    "openTickets": count, "recent": object(["creates": count, "failures": count]),
                    "creating": count, "waiting": count,
                ],
                required: [
                    "name", "plugin", "enabled", "circuit", "openUntil", "reason", "pause", "budgets",
                    "openTickets", "recent", "creating", "waiting",
                ])
        ),
        ("ProviderList", list(of: "Provider")),
        ("ProviderPause", pauseRequest),
    ]
}
