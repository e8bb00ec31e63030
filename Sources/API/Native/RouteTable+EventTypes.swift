import Documents
import HTTP
import ThumbwireKit

extension RouteTable {
    mutating func addEventTypes() {
        native(
            .get, "/v1/event-types",
            Operation(
                "listEventTypes", "The types of events, with what they say", tag: "events",
                answers: [.json(200, "the list", "EventTypeList")])
        ) { _ in
            .list(
                EventType.allCases.map {
                    ["type": .string($0.rawValue), "description": .string($0.summary)]
                })
        }
        native(
            .get, "/v1/event-types/{type}/sample",
            Operation(
                "getEventSample", "The body of a webhook of that type", tag: "events",
                answers: [.json(200, "a sample; the same each time", "Event")])
        ) { call in
            let name = call.parameter("type")
            guard let type = EventType(rawValue: name) else {
                let shown = String(name.prefix(64))
                let hint = suggestion(for: shown, among: EventType.allCases.map(\.rawValue))
                throw Problem(.notFound, "there is no event type \"\(shown)\"; \(hint)")
            }
            return .json(200, bytes: EventSamples(encoder: call.context.encoder).body(of: type))
        }
    }
}
