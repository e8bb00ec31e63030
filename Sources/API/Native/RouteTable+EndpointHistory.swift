import Documents
import HTTP
import Persistence
import ThumbwireKit

extension RouteTable {
    /// What became of an endpoint's events, by the path of one.
    mutating func addEndpointHistory(_ one: String) {
        native(
            .get, one + "/deliveries",
            Operation(
                "listEndpointDeliveries", "Its deliveries, newest event first", tag: "webhooks",
                parameters: Operation.Parameter.deliveries,
                answers: [.json(200, "part of the list", "DeliveryList")])
        ) { call in
            let endpoint = try await call.storedEndpoint().endpoint
            return try await call.deliveries(of: .endpoint(endpoint.id))
        }
        native(
            .get, one + "/attempts",
            Operation(
                "listEndpointAttempts", "Every try of its deliveries, newest first", tag: "webhooks",
                parameters: Operation.Parameter.list(
                    .statusCode, .init(name: "error", summary: "the code of attempts that were not answered"),
                    .init(
                        name: "minDurationMs", summary: "only those that took as long, or longer",
                        type: "integer"),
                    .since, .until),
                answers: [.json(200, "part of the list", "AttemptList")]),
            listAttempts)
    }
}

extension Operation.Parameter {
    /// What deliveries are chosen by.
    static let deliveries = list(
        .init(name: "status", summary: "pending, delivered or exhausted"),
        .init(name: "type", summary: "event types, separated by commas"),
        .init(name: "jobId", summary: "only those of the job's events"), .statusCode, .since, .until)

    static let statusCode = Operation.Parameter(
        name: "statusCode", summary: "of the last answer: 404, 5xx or 400-499")
    static let since = Operation.Parameter(name: "since", summary: "a time, itself included")
    static let until = Operation.Parameter(name: "until", summary: "a time, itself included")
}

@Sendable private func listAttempts(_ call: Call) async throws -> Response {
    let endpoint = try await call.storedEndpoint().endpoint
    let request = call.request
    var query = AttemptQuery(
        account: call.account, endpoint: endpoint.id, limit: try call.limit(), cursor: request.query("cursor")
    )
    query.statusCodes = try request.statusCodes("statusCode")
    query.errorCode = request.query("error")
    query.minimumDuration = try request.integer("minDurationMs", in: 0...3_600_000).map { .milliseconds($0) }
    (query.since, query.until) = try request.period()
    let page = try await call.page { [query] () async throws(StoreError) in
        try await call.context.store.attempts(query)
    }
    return .list(page.items.map { WebhookDocument.json($0, of: .endpoint(endpoint.id)) }, next: page.next)
}

extension Call {
    /// Part of the deliveries to one target, or to all.
    func deliveries(of target: Delivery.Target?) async throws -> Response {
        let statuses = try request.choices("status", Delivery.Status.self)
        guard statuses?.count ?? 1 == 1 else {
            throw Problem(.queryInvalid, "status names \(statuses?.count ?? 0) values; allowed is 1")
        }
        var query = DeliveryQuery(
            account: account, target: target, status: statuses?.first, limit: try limit(),
            cursor: request.query("cursor"))
        query.types = try request.choices("type", EventType.self)
        query.job = request.query("jobId").map(JobID.init(rawValue:))
        query.statusCodes = try request.statusCodes("statusCode")
        (query.since, query.until) = try request.period()
        let page = try await page { [query] () async throws(StoreError) in
            try await context.store.deliveries(query)
        }
        return .list(page.items.map(WebhookDocument.json), next: page.next)
    }
}
