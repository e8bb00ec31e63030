package import ThumbwireKit

/// The stored shape of an endpoint's filters, sending and health.
///
/// Whether it is ordered, until when it rests, how much of it may be claimed and when it expires are the store's to
/// keep, in columns that it searches.
package enum EndpointRecord {
    private static let version: Int64 = 1

    /// `nil` for an endpoint that asks for nothing and has not failed lately.
    package static func write(_ endpoint: Endpoint) -> [UInt8]? {
        let parts = [
            ("filters", write(endpoint.filters)),
            ("sending", write(endpoint.sending)),
            ("health", write(endpoint.health)),
        ]
        guard parts.contains(where: { $0.1 != nil }) else { return nil }
        return JSONValue.object(JSONObject(present: [("v", .integer(version))] + parts)).serialized()
    }

    /// Puts what was written into an endpoint.
    package static func read(_ bytes: [UInt8], into endpoint: inout Endpoint) throws(RecordError) {
        let reader = try RecordReader(parsing: bytes, name: "endpoint", version: version)
        endpoint.filters = try reader.optionalRecord("filters", readFilters) ?? Endpoint.Filters()
        if let sending = try reader.optionalRecord("sending", readSending) {
            let isOrdered = endpoint.sending.isOrdered
            endpoint.sending = sending
            endpoint.sending.isOrdered = isOrdered
        }
        if let health = try reader.optionalRecord("health", readHealth) {
            endpoint.health.failingSince = health.failingSince
            endpoint.health.failures = health.failures
            endpoint.health.strikes = health.strikes
            endpoint.health.isAnnounced = health.isAnnounced
        }
    }

    /// The filters alone, for those who only have to know who gets an event.
    package static func filters(_ bytes: [UInt8]) throws(RecordError) -> Endpoint.Filters {
        let reader = try RecordReader(parsing: bytes, name: "endpoint", version: version)
        return try reader.optionalRecord("filters", readFilters) ?? Endpoint.Filters()
    }

    private static func write(_ filters: Endpoint.Filters) -> JSONValue? {
        guard filters != Endpoint.Filters() else { return nil }
        return .object(
            JSONObject(present: [
                ("chains", .texts(filters.chains.isEmpty ? nil : filters.chains.sorted())),
                ("sessions", .texts(filters.sessions.isEmpty ? nil : filters.sessions.sorted())),
                ("metadata", filters.metadata.members.isEmpty ? nil : .object(filters.metadata)),
            ]))
    }

    private static func readFilters(_ reader: RecordReader) throws(RecordError) -> Endpoint.Filters {
        Endpoint.Filters(
            chains: Set(try reader.optionalStrings("chains") ?? []),
            sessions: Set(try reader.optionalStrings("sessions") ?? []),
            metadata: try reader.optionalObject("metadata") ?? [:])
    }

    private static func write(_ sending: Endpoint.Sending) -> JSONValue? {
        var kept = sending
        kept.isOrdered = false
        guard kept != Endpoint.Sending() else { return nil }
        return .object(
            JSONObject(present: [
                ("signature", .word(sending.signature)),
                ("envelope", .word(sending.envelope)),
                ("format", .word(sending.format)),
                ("rests", sending.rests.map { .array($0.map { .integer($0.wholeMicroseconds) }) }),
                ("maximumInFlight", .whole(sending.maximumInFlight)),
                ("ratePerSecond", sending.ratePerSecond.map { .number($0) }),
            ]))
    }

    private static func readSending(_ reader: RecordReader) throws(RecordError) -> Endpoint.Sending {
        var sending = Endpoint.Sending()
        sending.signature = try reader.word("signature")
        sending.envelope = try reader.word("envelope")
        sending.format = try reader.word("format")
        sending.rests = try reader.optionalDurations("rests")
        sending.maximumInFlight = try reader.optionalInteger("maximumInFlight").map { Int($0) }
        sending.ratePerSecond = try reader.optionalNumber("ratePerSecond")
        return sending
    }

    private static func write(_ health: Endpoint.Health) -> JSONValue? {
        guard health.failures != 0 || health.failingSince != nil || health.strikes != 0 || health.isAnnounced
        else { return nil }
        return .object(
            JSONObject(present: [
                ("failures", .whole(health.failures)), ("failingSince", .time(health.failingSince)),
                ("strikes", health.strikes == 0 ? nil : .whole(health.strikes)),
                ("announced", health.isAnnounced ? .bool(true) : nil),
            ]))
    }

    private static func readHealth(_ reader: RecordReader) throws(RecordError) -> Endpoint.Health {
        var health = Endpoint.Health()
        health.failures = Int(try reader.integer("failures"))
        health.failingSince = try reader.optionalTimestamp("failingSince")
        health.strikes = Int(try reader.optionalInteger("strikes") ?? 0)
        health.isAnnounced = try reader.optionalFlag("announced") ?? false
        return health
    }
}
