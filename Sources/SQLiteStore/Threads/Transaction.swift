internal import Persistence
internal import ThumbwireKit

/// What a writing operation works with; what it wrote is rolled back when it throws.
final class Transaction {
    let connection: Connection
    let clock: any WallClock
    /// What the operations of this commit did, told to the feed once it is durable.
    private(set) var changes: [StoreChange] = []

    init(connection: Connection, clock: any WallClock) {
        self.connection = connection
        self.clock = clock
    }

    func note(_ change: StoreChange) {
        // Accepting a thousand jobs in one commit wakes the claimer once.
        guard changes.last != change else { return }
        changes.append(change)
    }

    /// Forgets what an operation noted that was rolled back.
    func forgetChanges(from count: Int) {
        changes.removeSubrange(count...)
    }
}
