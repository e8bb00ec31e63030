package import ThumbwireKit

/// A callback as a client asks for it; where its URL leads is not checked yet.
package struct CallbackRequest: Hashable, Sendable {
    package var url: String
    package var events: [EventType]
    /// Sent with every attempt, in the order given.
    package var headers: [Header]
    /// Whose document the data of its events is; `nil` where the body does not say.
    package var format: Endpoint.Sending.Format?

    /// A name with its value.
    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(
        url: String, events: [EventType] = EventType.terminal, headers: [Header] = [],
        format: Endpoint.Sending.Format? = nil
    ) {
        self.url = url
        self.events = events
        self.headers = headers
        self.format = format
    }
}

extension FieldReader {
    /// `callbackUrl`, `callbackEvents`, `callbackHeaders` and `callbackFormat`.
    mutating func callback() -> CallbackRequest? {
        let url = url("callbackUrl")
        let events = callbackEvents()
        let headers = headers("callbackHeaders") ?? []
        let format = choice("callbackFormat", of: Endpoint.Sending.Format.allCases)
        guard has("callbackUrl") else {
            for name in ["callbackEvents", "callbackHeaders", "callbackFormat"] where has(name) {
                refuse(name, "needs callbackUrl")
            }
            return nil
        }
        guard let url else { return nil }
        return CallbackRequest(
            url: url, events: events ?? EventType.terminal, headers: headers, format: format)
    }

    private mutating func callbackEvents() -> [EventType]? {
        var inner = FieldReader([:], pointer: place("callbackEvents"))
        for (index, element) in (value("callbackEvents")?.array ?? []).enumerated() {
            guard let type = element.string.flatMap(EventType.init),
                RequestLimits.eventTypes.contains(type), !RequestLimits.callbackEventTypes.contains(type)
            else { continue }
            let allowed = RequestLimits.callbackEventTypes.map(\.rawValue).joined(separator: ", ")
            inner.refuse(
                "\(index)",
                "is \"\(type.rawValue)\", which is about no job: subscribe a webhook endpoint to it; "
                    + "allowed: \(allowed)")
        }
        guard inner.errors.isEmpty else {
            add(inner.errors)
            return nil
        }
        return choices("callbackEvents", of: RequestLimits.callbackEventTypes)
    }
}
