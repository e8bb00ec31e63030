internal import Synchronization

/// Measures each commit, and says of the one under way how long it has taken: what hangs there is seen from outside.
final class CommitWatch: Sendable {
    private let metrics: StoreMetrics
    private let begun = Mutex<ContinuousClock.Instant?>(nil)

    init(_ metrics: StoreMetrics) {
        self.metrics = metrics
    }

    /// Zero while no commit or checkpoint is under way.
    var age: Duration { begun.withLock { $0.map { .now - $0 } } ?? .zero }

    /// What the same thread does between two commits hangs as visibly, and is none.
    func look(_ body: () -> Void) {
        begun.withLock { $0 = .now }
        body()
        begun.withLock { $0 = nil }
    }

    /// `body` commits that many operations and says whether they are durable.
    func watch(_ operations: Int, _ body: () -> Bool) {
        let start = ContinuousClock.now
        begun.withLock { $0 = start }
        let isDurable = body()
        begun.withLock { $0 = nil }
        metrics.committed(operations, in: .now - start, isDurable: isDurable)
    }
}
