internal import Synchronization

/// The values of one metric by those of its labels, of which there are no more than a limit: what exceeds it is counted
/// together, as ``overflow``, so that no client can make a scrape grow.
final class SeriesTable<Value: Sendable>: Sendable {
    static var overflow: String { "other" }

    private let zero: Value
    private let limit: Int
    private let labelCount: Int
    private let values: Mutex<[[String]: Value]>

    init(_ description: MetricDescription, zero: Value, expected: [[String]], limit: Int) {
        self.zero = zero
        self.limit = limit
        labelCount = description.labels.count
        // Without labels there is one series, and it is there from the beginning.
        let first = description.labels.isEmpty ? [[]] : expected
        values = Mutex(Dictionary(first.map { ($0, zero) }, uniquingKeysWith: { first, _ in first }))
    }

    func update(_ labels: [String], _ body: (inout Value) -> Void) {
        assert(labels.count == labelCount, "\(labels) for \(labelCount) labels")
        values.withLock { values in
            guard values.count >= limit, values[labels] == nil else {
                return body(&values[labels, default: zero])
            }
            body(&values[labels.map { _ in Self.overflow }, default: zero])
        }
    }

    /// In the order of their labels.
    var all: [(labels: [String], value: Value)] {
        values.withLock { Array($0) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { (labels: $0.key, value: $0.value) }
    }
}
