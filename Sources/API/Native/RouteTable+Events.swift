import Documents
import HTTP
import Persistence
import ThumbwireKit

extension RouteTable {
    mutating func addEvents() {
        let types = Operation.Parameter(name: "types", summary: "event types, separated by commas")
        let last = Operation.Parameter(
            name: "Last-Event-ID", place: .header, summary: "the id of the last event seen")
        let lastInQuery = Operation.Parameter(name: "lastEventId", summary: "as the header Last-Event-ID")
        let stream = [
            Operation.Answer(
                status: 200, summary: "server-sent events: id, event, data", schema: nil,
                mediaType: "text/event-stream")
        ]
        native(
            .get, "/v1/jobs/{id}/events",
            Operation(
                "streamJobEvents", "A job's events as they happen, from its first one to its end",
                tag: "events",
                parameters: [last, lastInQuery], answers: stream),
            streamJobEvents)
        native(
            .get, "/v1/events",
            Operation(
                "listEvents", "Events in the order they happened", tag: "events",
                parameters: Operation.Parameter.list(
                    types, .init(name: "jobId", summary: "only those of the job"),
                    .init(
                        name: "format",
                        summary: "array: the newest first, as they are sent, without anything around them")),
                answers: [.json(200, "part of the list, or an array of events", "EventListOrArray")]),
            listEvents)
        native(
            .get, "/v1/events/stream",
            Operation(
                "streamEvents", "The account's events as they happen", tag: "events",
                parameters: [types, last, lastInQuery], answers: stream),
            streamEvents)
    }
}

@Sendable private func listEvents(_ call: Call) async throws -> Response {
    let request = call.request
    if let format = request.query("format") { return try await newestEvents(call, format) }
    let limit = try call.limit()
    let query = EventQuery(
        account: call.account, after: try request.position(request.query("cursor"), named: "cursor") ?? 0,
        types: try request.choices("types", EventType.self),
        job: request.query("jobId").map(JobID.init(rawValue:)), limit: limit)
    let events = try await call.context.store.events(query)
    let items = events.map { (try? JSONValue(parsing: $0.event.body)) ?? .null }
    return .list(items, next: events.count < limit ? nil : events.last.map { "\($0.position)" })
}

/// An array of bodies as they are sent; samples of the types that are asked for where none of them has happened.
private func newestEvents(_ call: Call, _ format: String) async throws -> Response {
    guard format == "array" else {
        throw Problem(.queryInvalid, "format is \"\(format.prefix(64))\"; allowed: array")
    }
    guard call.request.query("cursor") == nil else {
        throw Problem(.queryInvalid, "cursor does not go with format=array, which has no further parts")
    }
    let types = try call.request.choices("types", EventType.self)
    let job = call.request.query("jobId").map(JobID.init(rawValue:))
    var query = EventQuery(account: call.account, types: types, job: job, limit: try call.limit())
    query.isNewestFirst = true
    var bodies = try await call.context.store.events(query).map(\.event.body)
    if bodies.isEmpty, job == nil {
        let samples = EventSamples(encoder: call.context.encoder)
        let asked = types ?? Set(EventType.terminal)
        bodies = EventType.allCases.filter(asked.contains).prefix(query.limit).map(samples.body)
    }
    let separator = [UInt8(ascii: ",")]
    return .json(
        200, bytes: [UInt8(ascii: "[")] + Array(bodies.joined(separator: separator)) + [UInt8(ascii: "]")])
}

@Sendable private func streamEvents(_ call: Call) async throws -> Response {
    let account = call.account
    let news = News(of: .event(account), in: call.context.store.changes)
    var query = EventQuery(account: account, types: try call.request.choices("types", EventType.self))
    if let seen = try call.lastEventID() {
        query.after = seen
    } else {
        query.after = try await call.context.store.lastEventPosition()
    }
    return .events(EventReader(call, query: query, news: news))
}

@Sendable private func streamJobEvents(_ call: Call) async throws -> Response {
    let account = call.account
    let news = News(of: .job(call.jobID()), in: call.context.store.changes)
    guard let job = try await call.context.store.job(call.jobID(), of: account) else { throw call.noJob }
    let query = EventQuery(account: account, after: try call.lastEventID() ?? 0, job: job.id)
    return .events(EventReader(call, query: query, news: news))
}

extension Call {
    /// Where a stream goes on; clients that cannot send headers say it in the query.
    fileprivate func lastEventID() throws(Problem) -> Int64? {
        try request.position(
            request.headers["Last-Event-ID"] ?? request.query("lastEventId"), named: "Last-Event-ID")
    }
}
