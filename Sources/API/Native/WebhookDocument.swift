import Documents
import ThumbwireKit

/// The JSON of endpoints, deliveries and attempts.
enum WebhookDocument {
    static func json(_ endpoint: Endpoint) -> JSONObject {
        [
            "id": .string(endpoint.id.rawValue), "url": .string(withoutUserinfo(endpoint.url)),
            "events": .array(ordered(endpoint.events)), "status": .string(endpoint.status.rawValue),
            "description": endpoint.description.json, "createdAt": .string(endpoint.createdAt.description),
        ]
    }

    static func json(_ delivery: Delivery) -> JSONValue {
        [
            "id": .string(delivery.id.rawValue), "eventId": .string(delivery.event.rawValue),
            "type": .string(delivery.type.rawValue), "target": json(delivery.target),
            "status": .string(delivery.status.rawValue), "attempts": .integer(Int64(delivery.attempts)),
            "nextAttemptAt": (delivery.nextAttemptAt?.description).json,
            "lastStatus": delivery.lastStatusCode.map { .integer(Int64($0)) } ?? .null,
            "createdAt": .string(delivery.createdAt.description),
        ]
    }

    /// What a callback's receiver answered is left out: error pages repeat the path, and that is a secret.
    static func json(_ attempt: Attempt, of target: Delivery.Target) -> JSONValue {
        var object: JSONObject = [
            "number": .integer(Int64(attempt.number)), "startedAt": .string(attempt.startedAt.description),
            "durationMs": .integer(attempt.duration.wholeMicroseconds / 1_000),
        ]
        switch (attempt.outcome, target) {
        case (.answered(let status, let body), .endpoint):
            object["status"] = .integer(Int64(status))
            object["body"] = .string(body)
        case (.answered(let status, _), .callback):
            object["status"] = .integer(Int64(status))
        case (.unanswered(let code, let message), _):
            object["error"] = ["code": .string(code), "message": .string(message)]
        }
        return .object(object)
    }

    private static func json(_ target: Delivery.Target) -> JSONValue {
        switch target {
        case .endpoint(let id): ["kind": "endpoint", "endpointId": .string(id.rawValue)]
        case .callback(let job): ["kind": "callback", "jobId": .string(job.rawValue)]
        }
    }

    private static func ordered(_ events: Set<EventType>) -> [JSONValue] {
        EventType.allCases.filter(events.contains).map { .string($0.rawValue) }
    }

    /// Userinfo is a password as often as not.
    private static func withoutUserinfo(_ url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return url }
        let authority = url[scheme.upperBound...].prefix { !"/?#".contains($0) }
        guard let at = authority.lastIndex(of: "@") else { return url }
        return url[..<scheme.upperBound] + "•••" + url[at...]
    }
}
