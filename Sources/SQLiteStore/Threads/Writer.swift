internal import Foundation
internal import Persistence
internal import ThumbwireKit

/// The one thread that writes, with the one connection that writes and makes checkpoints.
///
/// Operations that arrive while a commit is being synced make the next commit together, without artificial delay;
/// callers go on when theirs is durable.
final class Writer: Sendable {
    /// What the thread needs to open its connection.
    struct Settings: Sendable {
        var path: String
        var vfs: String?
        var synchronous: Connection.Synchronous
        var clock: any WallClock
        var changes: ChangeFeed
        var metrics = StoreMetrics(in: Metrics())
    }

    private struct Operation: Sendable {
        var goesAhead: Bool
        /// Returns what tells the caller, run after the commit. May run twice, the first time being rolled back.
        var apply: @Sendable (Transaction) throws(StoreError) -> @Sendable () -> Void
        var fail: @Sendable (StoreError) -> Void
    }

    /// Bounds how long the first of a commit waits for the last.
    private static let maximumBatch = 1_024
    /// Measured: 1000 pages keep the worst commit at 6 ms, 4000 let it grow to 20 ms.
    private static let checkpointedPages = 1_000

    /// What the thread is doing, for those who must not wait for it.
    let watch: CommitWatch
    private let mailbox = Mailbox<Operation>()
    private let ended = Handoff<Void>()

    /// Starts the thread; returns when its connection is open and `prepare` has run on it.
    init(_ settings: Settings, prepare: @escaping @Sendable (Connection) throws(StoreError) -> Void)
        throws(StoreError)
    {
        watch = CommitWatch(settings.metrics)
        let opened = Handoff<Result<Void, StoreError>>()
        let thread = Thread { [watch, mailbox, ended] in
            do throws(StoreError) {
                let connection = try Connection(
                    path: settings.path, role: .writer(synchronous: settings.synchronous), vfs: settings.vfs)
                try prepare(connection)
                opened.give(.success(()))
                let ring = AccountRing()
                while let batch = mailbox.take(atMost: Self.maximumBatch) {
                    let ahead = batch.filter(\.goesAhead)
                    let parts = ahead.isEmpty ? [batch] : [ahead, batch.filter { !$0.goesAhead }]
                    for part in parts where !part.isEmpty {
                        watch.watch(part.count) {
                            Self.commit(
                                part, Transaction(connection: connection, clock: settings.clock, ring: ring),
                                settings.changes)
                        }
                    }
                    watch.look { Self.checkpoint(connection) }
                }
            } catch {
                mailbox.close()
                opened.give(.failure(error))
            }
            ended.give(())
        }
        thread.name = "store-writer"
        thread.stackSize = 1 << 20
        thread.start()
        try opened.take().get()
    }

    deinit {
        mailbox.close()
    }

    /// Runs an operation in the next commit and returns when that is durable. It may run twice, the first time being
    /// rolled back, so it does nothing but read and write through the transaction.
    ///
    /// What goes ahead has a commit of its own before those that came meanwhile: for what writes to memory alone, as a rule,
    /// and should not wait for the disk with them.
    func perform<Value: Sendable>(
        goingAhead goesAhead: Bool = false,
        _ body: @escaping @Sendable (Transaction) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Value, StoreError>, Never>) in
            let operation = Operation(
                goesAhead: goesAhead,
                apply: { transaction throws(StoreError) in
                    let value = try body(transaction)
                    return { continuation.resume(returning: .success(value)) }
                },
                fail: { continuation.resume(returning: .failure($0)) })
            if !mailbox.append(operation) {
                continuation.resume(returning: .failure(.closed))
            }
        }
        return try result.get()
    }

    /// Commits what was handed in and closes the connection; blocks until that is done.
    func close() {
        mailbox.close()
        ended.take()
    }

    /// False when nothing of it is durable.
    private static func commit(
        _ batch: [Operation], _ transaction: Transaction, _ changes: ChangeFeed
    ) -> Bool {
        let connection = transaction.connection
        do throws(StoreError) {
            let outcomes = try apply(batch, transaction)
            try connection.run("COMMIT")
            changes.publish(transaction.changes)
            for tell in outcomes { tell() }
            return true
        } catch {
            rollBack(connection)
            transaction.ring.forget()
            for operation in batch { operation.fail(error) }
            return false
        }
    }

    /// After the callers were told, so that none of them waits for it. What it cannot do now, as while a reader is in
    /// its way, is done after a later commit.
    private static func checkpoint(_ connection: Connection) {
        guard connection.logPages >= checkpointedPages else { return }
        do throws(StoreError) {
            try connection.run("PRAGMA wal_checkpoint(PASSIVE)")
        } catch {
            // The log grows; a disk that takes no more is said by the next commit.
        }
    }

    /// Begins a transaction and applies the operations; throws only what spoils all of it.
    ///
    /// An operation that refuses before it has written leaves nothing to undo, and hardly any refuses later. So
    /// savepoints, which copy each page that an operation touches first, are made only where one has.
    private static func apply(
        _ batch: [Operation], _ transaction: Transaction
    ) throws(StoreError) -> [@Sendable () -> Void] {
        try transaction.connection.run("BEGIN IMMEDIATE")
        if let outcomes = try applyTogether(batch, transaction) { return outcomes }
        try transaction.connection.run("ROLLBACK")
        transaction.forgetRolledBack(from: 0)
        try transaction.connection.run("BEGIN IMMEDIATE")
        return try applyApart(batch, transaction)
    }

    /// `nil` when an operation failed after it had written something.
    private static func applyTogether(
        _ batch: [Operation], _ transaction: Transaction
    ) throws(StoreError) -> [@Sendable () -> Void]? {
        var outcomes: [@Sendable () -> Void] = []
        outcomes.reserveCapacity(batch.count)
        for operation in batch {
            let noted = transaction.changes.count
            let written = transaction.connection.totalChangedRows
            do throws(StoreError) {
                outcomes.append(try operation.apply(transaction))
            } catch {
                guard transaction.connection.isInTransaction else { throw error }
                guard transaction.connection.totalChangedRows == written else { return nil }
                transaction.forgetChanges(from: noted)
                outcomes.append { operation.fail(error) }
            }
        }
        return outcomes
    }

    /// Each operation inside its own savepoint.
    private static func applyApart(
        _ batch: [Operation], _ transaction: Transaction
    ) throws(StoreError) -> [@Sendable () -> Void] {
        var outcomes: [@Sendable () -> Void] = []
        for operation in batch {
            let noted = transaction.changes.count
            try transaction.connection.run("SAVEPOINT operation")
            do throws(StoreError) {
                outcomes.append(try operation.apply(transaction))
            } catch {
                guard transaction.connection.isInTransaction else { throw error }
                try transaction.connection.run("ROLLBACK TO operation")
                transaction.forgetRolledBack(from: noted)
                outcomes.append { operation.fail(error) }
            }
            try transaction.connection.run("RELEASE operation")
        }
        return outcomes
    }

    private static func rollBack(_ connection: Connection) {
        guard connection.isInTransaction else { return }
        do throws(StoreError) {
            try connection.run("ROLLBACK")
        } catch {
            // A rollback that fails leaves the transaction open; the next BEGIN fails and says so to its callers.
            assertionFailure("rollback refused: \(error)")
        }
    }
}
