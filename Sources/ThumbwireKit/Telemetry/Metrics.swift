internal import Synchronization

/// The metrics of one service: each module declares its own here, next to what it measures.
///
/// Recording takes a short lock of that metric alone. Labels never hold what clients choose, and a metric that still gets
/// too many series counts the rest together.
package final class Metrics: Sendable {
    enum Source: Sendable {
        case counter(Counter)
        case histogram(Histogram)
        case read(ReadMetric)

        var description: MetricDescription {
            switch self {
            case .counter(let counter): counter.description
            case .histogram(let histogram): histogram.description
            case .read(let metric): metric.description
            }
        }
    }

    private static let seriesLimit = 1_000

    private let declared = Mutex<[Source]>([])
    private let readers = Mutex<[@Sendable () async -> [Reading]]>([])

    package init() {}

    /// What has been declared, in that order.
    package var descriptions: [MetricDescription] { sources.map(\.description) }

    /// What is asked at each scrape, in the order of ``read(_:)``. Any of it may hang with what it asks.
    package var questions: [@Sendable () async -> [Reading]] { readers.withLock { $0 } }

    /// A metric that only grows. Series with the `expected` labels are there from the beginning, so that their first
    /// event is seen as a change.
    package func counter(
        _ name: String, _ summary: String, labels: [String] = [], expected: [[String]] = []
    ) -> Counter {
        let description = MetricDescription(name: name, summary: summary, kind: .counter, labels: labels)
        let counter = Counter(description, expected: expected, limit: Self.seriesLimit)
        declare(.counter(counter))
        return counter
    }

    /// `bounds` are the upper bounds of its buckets, rising.
    package func histogram(
        _ name: String, _ summary: String, labels: [String] = [], bounds: [Double] = Histogram.seconds
    ) -> Histogram {
        let description = MetricDescription(name: name, summary: summary, kind: .histogram, labels: labels)
        let histogram = Histogram(description, bounds: bounds, limit: Self.seriesLimit)
        declare(.histogram(histogram))
        return histogram
    }

    /// A metric whose values are read at each scrape; see ``read(_:)``.
    package func gauge(_ name: String, _ summary: String, labels: [String] = []) -> ReadMetric {
        read(name, summary, .gauge, labels)
    }

    /// As ``gauge(_:_:labels:)``, of what only grows.
    package func readCounter(_ name: String, _ summary: String, labels: [String] = []) -> ReadMetric {
        read(name, summary, .counter, labels)
    }

    /// Has the closure asked at each scrape.
    package func read(_ readings: @escaping @Sendable () async -> [Reading]) {
        readers.withLock { $0.append(readings) }
    }

    var sources: [Source] { declared.withLock { $0 } }

    private func read(
        _ name: String, _ summary: String, _ kind: MetricDescription.Kind, _ labels: [String]
    ) -> ReadMetric {
        let metric = ReadMetric(
            description: MetricDescription(name: name, summary: summary, kind: kind, labels: labels))
        declare(.read(metric))
        return metric
    }

    private func declare(_ source: Source) {
        declared.withLock { declared in
            let name = source.description.name
            precondition(!declared.contains { $0.description.name == name }, "\(name) is declared twice")
            declared.append(source)
        }
    }
}
