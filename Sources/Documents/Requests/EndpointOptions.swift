package import ThumbwireKit

/// All that a client may ask of a webhook endpoint besides its URL; `nil` is what it leaves out.
package struct EndpointOptions: Hashable, Sendable {
    package var events: [EventType]?
    package var filters: Endpoint.Filters?
    package var description: String?
    package var status: Endpoint.Status?
    package var signature: Endpoint.Sending.Signature?
    package var envelope: Endpoint.Sending.Envelope?
    package var format: Endpoint.Sending.Format?
    /// Between attempts.
    package var rests: [Duration]?
    package var maximumInFlight: Int?
    package var ratePerSecond: Double?
    package var isOrdered: Bool?
    package var expiresAt: Timestamp?
    /// The text of the secret that signs, in the form that it must have.
    package var secret: String?
    /// Sent with every attempt, in the order given. Which names are allowed is not checked yet.
    package var headers: [CallbackRequest.Header]?
    package var authorization: EndpointAuthorization?
    /// Members that were `null`.
    private var resets: Set<String>

    init(_ fields: inout FieldReader, now: Timestamp) {
        events = fields.choices("events", of: RequestLimits.eventTypes)
        filters = fields.filters()
        description = fields.text("description", atMost: RequestLimits.title)
        status = fields.choice("status", of: Endpoint.Status.allCases)
        signature = fields.inner("signing") {
            $0.choice("signature", of: Endpoint.Sending.Signature.allCases)
        }
        envelope = fields.choice("envelope", of: Endpoint.Sending.Envelope.allCases)
        format = fields.choice("format", of: Endpoint.Sending.Format.allCases)
        rests = fields.inner("retry") { $0.rests() }
        maximumInFlight = fields.integer("maxInFlight", in: RequestLimits.maximumInFlight)
        ratePerSecond = fields.number("ratePerSecond", in: RequestLimits.ratePerSecond)
        isOrdered = fields.flag("ordered")
        expiresAt = fields.moment("expirationDate", after: now)
        secret = fields.secret()
        headers = fields.headers("headers")
        authorization = fields.inner("authorization") { EndpointAuthorization(&$0) }
        if headers?.contains(where: { $0.name.lowercased() == "authorization" }) == true, authorization != nil
        {
            fields.refuse("authorization", "is among the headers, too; give one of the two")
        }
        resets = Set(Self.resettable.filter(fields.isNull))
    }

    private static let resettable = [
        "events", "filters", "description", "signing", "envelope", "format", "retry", "maxInFlight",
        "ratePerSecond", "ordered", "expirationDate", "headers", "authorization",
    ]

    /// The value, what it is by default where the member was `null`, or `nil` to keep what is there.
    package func wish<Value>(_ value: Value?, _ name: String, default standard: Value) -> Value? {
        resets.contains(name) ? standard : value
    }

    /// The same of what is nothing by default: the outer `nil` keeps what is there, the inner one takes it away.
    package func wish<Value>(_ value: Value?, _ name: String) -> Value?? {
        resets.contains(name) ? .some(nil) : value.map { .some($0) }
    }

    /// Writes what is asked for into an endpoint; its secrets are for others.
    package func apply(to endpoint: inout Endpoint) {
        let standard = Endpoint.Sending()
        func set<Value>(_ path: WritableKeyPath<Endpoint, Value>, _ wish: Value?) {
            if let wish { endpoint[keyPath: path] = wish }
        }
        set(\.events, wish(events.map { Set($0) }, "events", default: Set(EventType.terminal)))
        set(\.filters, wish(filters, "filters", default: Endpoint.Filters()))
        set(\.description, wish(description, "description"))
        set(\.sending.signature, wish(signature, "signing", default: standard.signature))
        set(\.sending.envelope, wish(envelope, "envelope", default: standard.envelope))
        set(\.sending.format, wish(format, "format", default: standard.format))
        set(\.sending.rests, wish(rests, "retry"))
        set(\.sending.maximumInFlight, wish(maximumInFlight, "maxInFlight"))
        set(\.sending.ratePerSecond, wish(ratePerSecond, "ratePerSecond"))
        set(\.sending.isOrdered, wish(isOrdered, "ordered", default: false))
        set(\.expiresAt, wish(expiresAt, "expirationDate"))
        if let status { endpoint.become(status) }
    }
}

extension Endpoint {
    /// Takes on a status that somebody asks for; one that is enabled again starts with a clean slate.
    package mutating func become(_ status: Status) {
        if self.status == .disabled, status != .disabled {
            disabledReason = nil
            health = Health()
        }
        self.status = status
    }
}

extension FieldReader {
    fileprivate mutating func filters() -> Endpoint.Filters? {
        inner("filters") { filters in
            Endpoint.Filters(
                chains: Set(filters.texts("chains", atMost: RequestLimits.filterWords) ?? []),
                sessions: Set(filters.texts("sessions", atMost: RequestLimits.filterWords) ?? []),
                metadata: filters.metadata())
        }
    }

    /// Whole seconds.
    fileprivate mutating func rests() -> [Duration]? {
        let counts = RequestLimits.restCount
        let rests = elements("rests", of: "integers") { $0.integer($1, in: RequestLimits.restSeconds) }
        if !has("rests") { refuse("rests", "is required: the seconds between attempts") }
        guard let rests else { return nil }
        guard counts.contains(rests.count) else {
            refuse(
                "rests",
                "has \(rests.count) elements; allowed are \(counts.lowerBound) to \(counts.upperBound)"
            )
            return nil
        }
        return rests.map { .seconds($0) }
    }
}
