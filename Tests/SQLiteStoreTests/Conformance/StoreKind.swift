import Persistence
import SQLiteStore
import Signing
import TestSupport
import Testing
import ThumbwireKit

/// One implementation of the contract; the conformance suite runs over all of them.
struct StoreKind: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Opens an empty store.
    var open: @Sendable (ManualClock) async throws -> OpenStore

    static let all = [
        StoreKind(testDescription: "SQLite") { clock in
            let folder = try TemporaryFolder()
            return OpenStore(
                store: try SQLiteStore.open(folder: folder.path, clock: clock), clock: clock, folder: folder)
        }
    ]
}

/// A store with what it stands on.
struct OpenStore: Sendable {
    var store: any Store
    var clock: ManualClock
    /// Kept while the store is in use.
    var folder: TemporaryFolder?
}

/// Opens an empty store with one account, runs the test and closes it.
func withStore(
    _ kind: StoreKind, _ test: (any Store, Account, ManualClock) async throws -> Void
) async throws {
    let open = try await kind.open(ManualClock())
    let account = Account.make()
    do {
        try await open.store.insert(account, callbackSecret: .make("callback secret"))
        try await test(open.store, account, open.clock)
    } catch {
        await open.store.close()
        throw error
    }
    await open.store.close()
}

extension Store {
    /// Accepts a new job with its first event.
    @discardableResult
    func acceptJob(_ job: Job) async throws -> Job {
        let callback: Sealed? = job.callback == nil ? nil : .make("https://example.com/callback")
        try await accept(job, callback: callback, event: .make(.queued, of: job))
        return job
    }

    /// Accepts a job and claims it.
    func acceptAndClaim(_ job: Job, lease: Lease = .make()) async throws -> Job {
        try await acceptJob(job)
        let claimed = try await claim(limit: 100, lease: lease, now: .noon)
        return try requireOne(claimed.filter { $0.id == job.id }).job
    }

    /// Ends a claimed job in that state, with the event that says so.
    @discardableResult
    func finish(
        _ job: Job, as state: JobState = .completed, lease: Lease = .make(), event: EventType = .completed
    ) async throws -> Bool {
        let ended = job.becoming(state)
        return try await apply(
            JobChange(
                job: ended, lease: lease.id, disposition: .finish,
                event: .make(event, of: ended, sequence: 2)))
    }

    /// Claims what is due at noon.
    func claimAtNoon(
        limit: Int = 100, busy: Set<Delivery.Target> = [], now: Timestamp = .noon
    ) async throws -> [DueDelivery] {
        try await claimDeliveries(limit: limit, busy: busy, leaseUntil: now + .seconds(60), now: now)
    }
}

extension Lease {
    static func make(_ id: String = "worker", until: Timestamp = .noon + .seconds(30)) -> Lease {
        Lease(id: id, until: until)
    }
}

/// Thrown where a test expected exactly one of something.
struct NotOne: Error, CustomStringConvertible {
    var count: Int
    var description: String { "expected one element, found \(count)" }
}

func requireOne<Element>(_ elements: [Element]) throws -> Element {
    guard elements.count == 1 else { throw NotOne(count: elements.count) }
    return elements[0]
}
