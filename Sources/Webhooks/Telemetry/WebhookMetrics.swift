internal import Persistence
package import ThumbwireKit

/// What the dispatcher counts and measures.
package struct WebhookMetrics: Sendable {
    private let attempts: Counter
    private let attemptDuration: Histogram
    private let deliveries: Counter
    private let latency: Histogram
    private let changes: Counter

    package init(in metrics: Metrics) {
        attempts = metrics.counter(
            "thumbwire_delivery_attempts_total",
            "Attempts at deliveries, by the class of the answer's status (`2xx` to `5xx`), `none` without an answer",
            labels: ["status"], expected: ["2xx", "3xx", "4xx", "5xx", "none"].map { [$0] })
        attemptDuration = metrics.histogram(
            "thumbwire_delivery_attempt_duration_seconds", "From an attempt's start to the end of its answer")
        deliveries = metrics.counter(
            "thumbwire_deliveries_total",
            "Deliveries that an attempt ended: `delivered`, or `exhausted` when no further attempt follows",
            labels: ["outcome"], expected: [["delivered"], ["exhausted"]])
        latency = metrics.histogram(
            "thumbwire_delivery_latency_seconds", "From an event to the 2xx that answers its delivery")
        changes = metrics.counter(
            "thumbwire_endpoint_changes_total",
            "What attempts meant for their endpoints: `rests`, `answers`, `failing`, `disabled`, `recovered`",
            labels: ["change"],
            expected: ["rests", "answers", "failing", "disabled", "recovered"].map { [$0] })
    }

    /// Notes how an attempt at that delivery went, at that moment.
    func attempted(_ due: DueDelivery, _ result: AttemptResult, at now: Timestamp) {
        let status =
            switch result.attempt.outcome {
            case .answered(let status, _): "\(status / 100)xx"
            case .unanswered: "none"
            }
        attempts.add(1, status)
        attemptDuration.observe(result.attempt.duration)
        switch result.consequence {
        case .delivered:
            deliveries.add(1, "delivered")
            latency.observe(now - due.event.occurredAt)
        case .exhausted: deliveries.add(1, "exhausted")
        case .retry: break
        }
    }

    func changed(_ change: CircuitBreaker.Change) {
        let name =
            switch change {
            case .rests: "rests"
            case .answers: "answers"
            case .failing: "failing"
            case .disabled: "disabled"
            case .recovered: "recovered"
            }
        changes.add(1, name)
    }
}
