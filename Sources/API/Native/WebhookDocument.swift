import Documents
import ThumbwireKit
import Webhooks

/// The JSON of endpoints, deliveries and attempts.
enum WebhookDocument {
    /// Of secrets, no more than the names of headers and the type of the authorization.
    static func json(_ setup: EndpointSetup) -> JSONObject {
        let (endpoint, sending) = (setup.endpoint, setup.endpoint.sending)
        return [
            "id": .string(endpoint.id.rawValue), "url": .string(endpoint.url),
            "events": .array(ordered(endpoint.events)), "filters": json(endpoint.filters),
            "status": .string(endpoint.status.rawValue), "disabledReason": endpoint.disabledReason.json,
            "health": json(endpoint.health), "description": endpoint.description.json,
            "signing": ["signature": .string(sending.signature.rawValue)],
            "headers": .array(setup.secrets.headers.map { .string($0.name) }),
            "authorization": setup.secrets.authorization.map { ["type": .string(type(of: $0))] } ?? .null,
            "envelope": .string(sending.envelope.rawValue), "format": .string(sending.format.rawValue),
            "retry": sending.rests.map { ["rests": .array($0.map(seconds))] } ?? .null,
            "maxInFlight": sending.maximumInFlight.map { .integer(Int64($0)) } ?? .null,
            "ratePerSecond": sending.ratePerSecond.map { .number($0) } ?? .null,
            "ordered": .bool(sending.isOrdered), "expiresAt": (endpoint.expiresAt?.description).json,
            "createdAt": .string(endpoint.createdAt.description),
        ]
    }

    private static func json(_ filters: Endpoint.Filters) -> JSONValue {
        [
            "chains": .array(filters.chains.sorted().map { .string($0) }),
            "sessions": .array(filters.sessions.sorted().map { .string($0) }),
            "metadata": .object(filters.metadata),
        ]
    }

    private static func json(_ health: Endpoint.Health) -> JSONValue {
        [
            "failingSince": (health.failingSince?.description).json,
            "failures": .integer(Int64(health.failures)),
            "restsUntil": (health.restsUntil?.description).json,
        ]
    }

    private static func type(of authorization: WebhookSecrets.Authorization) -> String {
        switch authorization {
        case .basic: "basic"
        case .bearer: "bearer"
        case .jwt: "jwt"
        }
    }

    private static func seconds(_ rest: Duration) -> JSONValue {
        let microseconds = rest.wholeMicroseconds
        return microseconds % 1_000_000 == 0
            ? .integer(microseconds / 1_000_000) : .number(Double(microseconds) / 1_000_000)
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
            "deliveryId": .string(attempt.delivery.rawValue), "number": .integer(Int64(attempt.number)),
            "startedAt": .string(attempt.startedAt.description),
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
}
