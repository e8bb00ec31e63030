import ThumbwireKit

/// Which events of a stream are wanted. The server sorts by type; the rest is seen here.
struct EventFilter: Sendable {
    static let options: [OptionSpec] = [
        .list("events", "TYPE,...", "only events of these types"),
        .list("job", "ID,...", "only events of these jobs"),
        .list("chain", "NAME,...", "only events of jobs of these chains"),
        .list("session", "ID,...", "only events of jobs of these sessions"),
    ]

    private let jobs: Set<String>
    private let chains: Set<String>
    private let sessions: Set<String>

    init(_ arguments: Arguments) {
        jobs = Set(arguments.list("job"))
        chains = Set(arguments.list("chain"))
        sessions = Set(arguments.list("session"))
    }

    /// What the request for the stream says of types.
    static func query(_ arguments: Arguments) throws(UsageError) -> String {
        let types = arguments.list("events")
        let known = EventType.allCases.map(\.rawValue)
        for type in types where !known.contains(type) {
            throw UsageError(
                "option --events: unknown type \"\(type)\""
                    + (nearest(to: type, among: known).map { "; did you mean \($0)?" }
                        ?? "; allowed: \(known.joined(separator: ", "))"))
        }
        return types.isEmpty ? "" : "?types=" + types.map(\.percentEncoded).joined(separator: ",")
    }

    /// Events without a job pass only where nothing is said of jobs.
    func admits(_ event: JSONValue) -> Bool {
        let job = event["data"]
        return Self.holds(jobs, job?["id"]) && Self.holds(chains, job?["resolved"]?["chain"])
            && Self.holds(sessions, job?["sessionId"])
    }

    private static func holds(_ wanted: Set<String>, _ value: JSONValue?) -> Bool {
        wanted.isEmpty || value?.string.map(wanted.contains) ?? false
    }
}
