extension Metrics {
    /// The media type of ``text(_:)``.
    package static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    /// All metrics in Prometheus' text format 0.0.4. Metrics that are read, and of which there is no reading, have no
    /// samples.
    package func text(_ readings: [Reading]) -> [UInt8] {
        let byMetric = Dictionary(grouping: readings, by: \.metric)
        var text = ""
        for source in sources {
            let description = source.description
            text += "# HELP \(description.name) \(description.summary.escapedHelp)\n"
            text += "# TYPE \(description.name) \(description.kind.rawValue)\n"
            switch source {
            case .counter(let counter):
                for (labels, value) in counter.series.all {
                    text.appendSample(description.name, pairs(description, labels), value)
                }
            case .histogram(let histogram):
                for (labels, distribution) in histogram.series.all {
                    text.append(histogram, pairs(description, labels), distribution)
                }
            case .read:
                for reading in byMetric[description.name] ?? [] {
                    text.appendSample(description.name, pairs(description, reading.labels), reading.value)
                }
            }
        }
        return Array(text.utf8)
    }

    private func pairs(_ description: MetricDescription, _ values: [String]) -> String {
        zip(description.labels, values).map { "\($0)=\"\($1.escapedLabel)\"" }.joined(separator: ",")
    }
}

extension String {
    /// `labels` are written pairs between commas.
    fileprivate mutating func appendSample(_ name: String, _ labels: String, _ value: Double) {
        self += labels.isEmpty ? "\(name) " : "\(name){\(labels)} "
        self += value.sample
        self += "\n"
    }

    fileprivate mutating func append(
        _ histogram: Histogram, _ labels: String, _ distribution: Histogram.Distribution
    ) {
        let name = histogram.description.name
        var count: UInt64 = 0
        for (bound, amount) in zip(histogram.bounds + [.infinity], distribution.counts) {
            count += amount
            let bucket = "le=\"\(bound.sample)\""
            appendSample("\(name)_bucket", labels.isEmpty ? bucket : "\(labels),\(bucket)", Double(count))
        }
        appendSample("\(name)_sum", labels, distribution.sum)
        appendSample("\(name)_count", labels, Double(count))
    }

    fileprivate var escapedHelp: String {
        replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }

    fileprivate var escapedLabel: String { escapedHelp.replacing("\"", with: "\\\"") }
}

extension Double {
    /// Whole numbers without a fraction.
    fileprivate var sample: String {
        if self == .infinity { return "+Inf" }
        return Int64(exactly: self).map { "\($0)" } ?? "\(self)"
    }
}
