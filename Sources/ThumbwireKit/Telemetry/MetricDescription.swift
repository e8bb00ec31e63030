/// What one metric is called and says: `/metrics` and `docs/metrics.md` are made from it.
package struct MetricDescription: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    /// `thumbwire_jobs_accepted_total`: the unit, then `_total` for what only grows, at its end.
    package var name: String
    /// One sentence without a full stop.
    package var summary: String
    package var kind: Kind
    /// The names of its labels, in the order in which their values are given.
    package var labels: [String]
}
