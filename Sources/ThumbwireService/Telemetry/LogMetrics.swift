package import ThumbwireKit

/// What becomes of the log's lines.
package struct LogMetrics: Sendable {
    private let lines: Counter
    private let dropped: Counter

    package init(in metrics: Metrics) {
        lines = metrics.counter(
            "thumbwire_log_lines_total", "Lines of the log by level", labels: ["level"],
            expected: Log.Level.allCases.map { [$0.rawValue] })
        dropped = metrics.counter(
            "thumbwire_log_lines_dropped_total",
            "Lines of the log that were left out because nobody read those before them")
    }

    package func took(_ level: Log.Level) { lines.add(1, level.rawValue) }

    package func drop() { dropped.add() }
}
