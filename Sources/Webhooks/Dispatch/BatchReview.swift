internal import Documents
internal import Persistence
internal import Synchronization
internal import ThumbwireKit

/// Reviews the endpoints of one batch of attempts, and keeps what came of it until the batch is committed.
final class BatchReview: Sendable {
    /// An endpoint after its review, and what that changed.
    struct Outcome: Sendable {
        var endpoint: Endpoint
        var changes: [CircuitBreaker.Change]
    }

    /// What a delivery's attempt found, and where its endpoint was then.
    private let findings: [DeliveryID: (finding: Finding, url: String?)]
    private let reviewer: EndpointReviewer
    private let found = Mutex<[EndpointID: Outcome]>([:])

    init(_ judgements: [Judgement], reviewer: EndpointReviewer) {
        findings = Dictionary(
            judgements.lazy.map { ($0.result.attempt.delivery, ($0.finding, $0.url)) }
        ) { $1 }
        self.reviewer = reviewer
    }

    /// By endpoint; those that are gone are not in it.
    var outcomes: [EndpointID: Outcome] { found.withLock { $0 } }

    /// For the store, which may ask twice. Attempts at a URL that the endpoint has left say nothing of the new one.
    func review(_ endpoint: Endpoint, _ results: [AttemptResult]) -> EndpointReview {
        let current = results.compactMap { findings[$0.attempt.delivery] }
            .filter { $0.url == endpoint.url }
        let (outcome, events) = reviewer.review(endpoint, current.map(\.finding))
        found.withLock { $0[endpoint.id] = outcome }
        return EndpointReview(endpoint: outcome.endpoint, events: events)
    }
}

/// Reviews endpoints, makes the events that tell others of it, and logs it.
struct EndpointReviewer: Sendable {
    let encoder: EventEncoder
    let clock: SteadyClock
    let configuration: Dispatcher.Configuration
    let random: @Sendable () -> Double
    let log: Log
    let metrics: WebhookMetrics

    func review(_ endpoint: Endpoint, _ findings: [Finding]) -> (BatchReview.Outcome, [Event]) {
        let (reviewed, changes) = CircuitBreaker.review(
            endpoint, findings, cap: configuration.cap(of: endpoint), now: clock.now(), random: random())
        return (
            BatchReview.Outcome(endpoint: reviewed, changes: changes),
            changes.compactMap { event($0, reviewed) }
        )
    }

    private func event(_ change: CircuitBreaker.Change, _ endpoint: Endpoint) -> Event? {
        let now = clock.wall.now()
        return switch change {
        case .rests, .answers: nil
        case .failing: encoder.failing(endpoint, host: endpoint.host, at: now)
        case .disabled: encoder.disabled(endpoint, host: endpoint.host, at: now)
        case .recovered(let since):
            encoder.recovered(endpoint, host: endpoint.host, failingSince: since, at: now)
        }
    }

    /// Counts what was committed, and writes it into the log: ids and hosts, never a path.
    func log(_ outcome: BatchReview.Outcome) {
        let endpoint = outcome.endpoint
        var fields: JSONObject = [
            "endpoint": .string(endpoint.id.rawValue), "host": .string(endpoint.host),
        ]
        for change in outcome.changes {
            metrics.changed(change)
            switch change {
            case .rests(let until):
                fields["until"] = .string(until.description)
                fields["failures"] = .integer(Int64(endpoint.health.failures))
                log(.warning, "webhook endpoint rests", fields)
            case .answers: log(.info, "webhook endpoint answers again", fields)
            case .failing:
                fields["since"] = (endpoint.health.failingSince?.description).map { .string($0) } ?? .null
                log(.warning, "webhook endpoint failing", fields)
            case .recovered(let since):
                fields["since"] = (since?.description).map { .string($0) } ?? .null
                log(.info, "webhook endpoint recovered", fields)
            case .disabled(let reason):
                fields["reason"] = .string(reason)
                log(.warning, "webhook endpoint disabled", fields)
            }
        }
    }
}
