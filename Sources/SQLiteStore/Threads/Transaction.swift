internal import Persistence
internal import ThumbwireKit

/// What a writing operation works with; what it wrote is rolled back when it throws.
final class Transaction {
    let connection: Connection
    let clock: any WallClock
    /// What the thread that writes knows of accounts whose jobs are ready.
    let ring: AccountRing
    /// What the operations of this commit did, told to the feed once it is durable.
    private(set) var changes: [StoreChange] = []

    init(connection: Connection, clock: any WallClock, ring: AccountRing) {
        self.connection = connection
        self.clock = clock
        self.ring = ring
    }

    /// Notes a change; after one that makes jobs claimable, the next claim looks for their accounts anew.
    func note(_ change: StoreChange) {
        if change == .jobClaimable { ring.forget() }
        append(change)
    }

    /// Says that the time of the next claim may be another.
    func noteTimer() {
        append(.jobClaimable)
    }

    private func append(_ change: StoreChange) {
        // Accepting a thousand jobs in one commit wakes the claimer once.
        guard changes.last != change else { return }
        changes.append(change)
    }

    /// Forgets what an operation noted that was refused.
    func forgetChanges(from count: Int) {
        changes.removeSubrange(count...)
    }

    /// Forgets all that operations noted that were rolled back, and what they did to the turns of accounts.
    func forgetRolledBack(from count: Int) {
        forgetChanges(from: count)
        ring.forget()
    }
}
