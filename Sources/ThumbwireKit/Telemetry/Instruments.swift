/// Counts what happens.
package final class Counter: Sendable {
    let description: MetricDescription
    let series: SeriesTable<Double>

    init(_ description: MetricDescription, expected: [[String]], limit: Int) {
        self.description = description
        series = SeriesTable(description, zero: 0, expected: expected, limit: limit)
    }

    /// Adds to the series of those labels' values; `amount` is not negative.
    package func add(_ amount: Double = 1, _ labels: String...) {
        series.update(labels) { $0 += amount }
    }
}

/// Sorts durations or sizes into buckets.
package final class Histogram: Sendable {
    struct Distribution: Sendable {
        /// By bucket, the last one being that of everything above the bounds; not cumulative.
        var counts: [UInt64]
        var sum = 0.0
    }

    /// Bounds in seconds from a millisecond to ten minutes.
    package static let seconds = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600,
    ]

    let description: MetricDescription
    let bounds: [Double]
    let series: SeriesTable<Distribution>

    init(_ description: MetricDescription, bounds: [Double], limit: Int) {
        self.description = description
        self.bounds = bounds
        series = SeriesTable(
            description, zero: Distribution(counts: Array(repeating: 0, count: bounds.count + 1)),
            expected: [], limit: limit)
    }

    package func observe(_ value: Double, _ labels: String...) {
        record(value, labels)
    }

    /// In seconds; what a clock that was set back makes negative counts as none.
    package func observe(_ duration: Duration, _ labels: String...) {
        record(max(0, duration.inSeconds), labels)
    }

    private func record(_ value: Double, _ labels: [String]) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        series.update(labels) { distribution in
            distribution.counts[bucket] += 1
            distribution.sum += value
        }
    }
}

/// A metric whose values are read when somebody asks for them.
package struct ReadMetric: Sendable {
    let description: MetricDescription

    /// What it stands at for those labels' values.
    package func reading(_ value: Double, _ labels: String...) -> Reading {
        assert(labels.count == description.labels.count, "\(labels) for \(description.labels)")
        return Reading(metric: description.name, labels: labels, value: value)
    }
}

/// One value of a ``ReadMetric``.
package struct Reading: Sendable {
    let metric: String
    let labels: [String]
    let value: Double
}
