package import Signing
package import ThumbwireKit

/// A webhook URL given with one job. Its path, query and headers are secrets: stores keep it sealed.
package struct Callback: Hashable, Sendable {
    /// Signatures besides the standard ones, for receivers that were made for another service.
    package enum Signing: Hashable, Sendable {
        /// `X-Opus-Signature` and its salt and time, with the value of the API key that asked.
        case opus(key: String)
    }

    private static let sealingContext = "webhook-callback"
    private static let formatVersion: Int64 = 1

    /// Where events are posted, byte for byte as it was given.
    package let url: String
    /// The URL's host, which documents may show.
    package let host: String
    /// Sent with every attempt.
    package let headers: [CustomHeader]
    /// The types it gets.
    package let events: [EventType]
    /// `nil` signs as Standard Webhooks says and no other way.
    package let signing: Signing?
    /// Whose document the data of its events is.
    package let format: Endpoint.Sending.Format

    /// A callback with a well-formed URL and headers that do not touch what the dispatcher sends itself. Where the
    /// host leads is for ``EndpointURL/validate(_:policy:client:)``.
    package init(
        url: String, headers: [CustomHeader] = [], events: [EventType] = EventType.terminal,
        signing: Signing? = nil,
        format: Endpoint.Sending.Format = .job
    ) throws(WebhookSetupError) {
        try CustomHeaders.check(headers)
        try self.init(unchecked: url, headers, events, signing, format)
    }

    /// One whose headers were checked when it was given, by what was reserved then.
    private init(
        unchecked url: String, _ headers: [CustomHeader], _ events: [EventType], _ signing: Signing?,
        _ format: Endpoint.Sending.Format
    ) throws(WebhookSetupError) {
        host = try EndpointURL.host(url)
        self.url = url
        self.headers = headers
        self.events = events
        self.signing = signing
        self.format = format
    }

    /// What documents may show.
    package func summary() -> Job.CallbackSummary {
        Job.CallbackSummary(host: host, events: events)
    }
}

extension Callback {
    /// The form that stores keep.
    package func sealed(with sealer: Sealer) -> Sealed {
        var document: JSONObject = [
            "version": .integer(Self.formatVersion),
            "url": .string(url),
            "headers": .array(headers.map { .array([.string($0.name), .string($0.value)]) }),
            "events": .array(events.map { .string($0.rawValue) }),
        ]
        if case .opus(let key)? = signing { document["opusKey"] = .string(key) }
        if format != .job { document["format"] = .string(format.rawValue) }
        return sealer.seal(JSONValue.object(document).serialized(), context: Self.sealingContext)
    }

    /// Opens what ``sealed(with:)`` made.
    package init(unsealing sealed: Sealed, with sealer: Sealer) throws(UnsealingError) {
        let bytes = try sealer.unseal(sealed, context: Self.sealingContext)
        guard let document = try? JSONValue(parsing: bytes),
            document["version"]?.integer == Self.formatVersion,
            let url = document["url"]?.string,
            let callback = try? Callback(
                unchecked: url, Self.fields(document["headers"]), Self.events(document["events"]),
                (document["opusKey"]?.string).map { .opus(key: $0) },
                document["format"]?.string.flatMap(Endpoint.Sending.Format.init) ?? .job)
        else { throw UnsealingError() }
        self = callback
    }

    private static func fields(_ json: JSONValue?) -> [CustomHeader] {
        (json?.array ?? []).compactMap { pair in
            guard let parts = pair.array, parts.count == 2, let name = parts[0].string,
                let value = parts[1].string
            else { return nil }
            return CustomHeader(name, value)
        }
    }

    private static func events(_ json: JSONValue?) -> [EventType] {
        (json?.array ?? []).compactMap { $0.string.flatMap(EventType.init) }
    }
}
