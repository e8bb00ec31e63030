import Foundation
import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import SQLiteStore

/// Kill −9 proves nothing about power loss, because the kernel keeps unsynced writes of a killed process; here they
/// are dropped.
@Suite struct PowerLossTests {
    @Test(arguments: [FileImage.Loss.everything, .random])
    func `everything acknowledged before the power went is there afterwards`(
        loss: FileImage.Loss
    ) async throws {
        let run = try await PowerLossRun(loss: loss, synchronous: .full, cuts: 40)

        #expect(run.cuts.count == 40)
        #expect(run.cuts.contains { !$0.acknowledged.isEmpty })
        // More than the syncs of the first start: checkpoints were cut, too.
        #expect(run.databaseSyncs > 2)
        for cut in run.cuts {
            let found = try await Aftermath(of: cut)
            #expect(found.integrity == ["ok"])
            #expect(cut.acknowledged.subtracting(found.facts) == [])
            #expect(found.finishedWithoutEvent.isEmpty)
        }
    }

    @Test(arguments: [Connection.Synchronous.off, .normal])
    func `the same run with fewer syncs loses what was acknowledged`(
        synchronous: Connection.Synchronous
    ) async throws {
        let run = try await PowerLossRun(loss: .everything, synchronous: synchronous, cuts: 20)

        var lost = 0
        for cut in run.cuts {
            let facts = try await Aftermath(of: cut).facts
            lost += cut.acknowledged.subtracting(facts).count
        }

        #expect(lost > 0)
    }

    @Test func `a store that died without closing hands its work to the next one`() async throws {
        let disk = try PowerCutDisk(loss: .nothing) { [] }
        let folder = try TemporaryFolder()
        let store = try SQLiteStore.open(
            folder: folder.path, clock: ManualClock(), vfs: disk.name, synchronous: .full)
        let account = Account.make()
        try await store.insert(account, callbackSecret: .make())
        try await store.insert(Endpoint.make(account: account.id, events: [.queued]), secret: .make())
        let job = try await store.acceptAndClaim(.make(account: account.id), lease: .make(until: .distant))
        let delivery = try requireOne(
            try await store.claimDeliveries(limit: 1, busy: [], leaseUntil: .distant, now: .noon))

        let remains = try disk.cutNow().restored()
        await store.close()
        let next = try SQLiteStore.open(folder: remains.path, clock: ManualClock())
        let claimed = try await next.claim(limit: 1, lease: .make("next"), now: .noon)
        let due = try requireOne(try await next.claimAtNoon())
        let isApplied = try await next.finish(job)
        await next.close()

        #expect(claimed.map { $0.id } == [job.id])
        #expect(claimed.first?.job.startedAt == .noon)
        #expect(due.delivery.id == delivery.delivery.id)
        #expect(due.delivery.attempts == 0)
        #expect(!isApplied)
    }

    @Test func `a ticket that was held is due again at the next start`() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let account = Account.make()
        try await store.insert(account, callbackSecret: .make())
        let job = try await store.acceptAndClaim(.make(account: account.id)).becoming(.failed)
        let ticket = OpenTicket(
            job: job.id, account: account.id, step: .make(status: .pending), use: job.pin.providers[0],
            nextPollAt: .noon, until: .distant)
        _ = try await store.apply(
            JobChange(job: job, lease: "worker", disposition: .finish, openTicket: ticket))
        let held = try await store.claimTickets(limit: 1, leaseUntil: .distant, now: .noon)
        await store.close()

        let next = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let again = try await next.claimTickets(limit: 1, leaseUntil: .distant, now: .noon)
        await next.close()

        #expect(held == [ticket])
        #expect(again == [ticket])
    }
}

extension Timestamp {
    fileprivate static let distant = Timestamp.noon + .seconds(1_000_000)
}

extension PowerCutDisk.Cut {
    /// The files of the cut in a folder of their own.
    func restored() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for (name, content) in files {
            try Data(content).write(to: URL(fileURLWithPath: "\(folder.path)/\(name)"))
        }
        return folder
    }
}

/// A store under load on a disk whose power is cut again and again.
private struct PowerLossRun {
    var cuts: [PowerCutDisk.Cut]
    var databaseSyncs: Int

    init(loss: FileImage.Loss, synchronous: Connection.Synchronous, cuts: Int) async throws {
        let acknowledged = Acknowledged()
        let disk = try PowerCutDisk(loss: loss) { acknowledged.facts }
        let folder = try TemporaryFolder()
        let store = try SQLiteStore.open(
            folder: folder.path, clock: ManualClock(), vfs: disk.name, synchronous: synchronous)
        let account = Account.make()
        try await store.insert(account, callbackSecret: .make())
        disk.startCutting(cuts)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    while disk.cuts.count < cuts || (synchronous == .full && disk.databaseSyncs < 3) {
                        try await work(on: store, account: account.id, acknowledged)
                    }
                }
            }
            try await group.waitForAll()
        }
        await store.close()
        self.cuts = disk.cuts
        databaseSyncs = disk.databaseSyncs
    }
}

extension PowerCutDisk {
    fileprivate var databaseSyncs: Int { syncs(of: SQLiteStore.fileName) }
}

/// What the store has promised.
private final class Acknowledged: Sendable {
    private let state = Mutex<Set<String>>([])

    var facts: Set<String> { state.withLock { $0 } }

    func add(_ fact: String) {
        _ = state.withLock { $0.insert(fact) }
    }
}

/// Accepts a job, claims whatever is there, finishes it, and notes each promise as it is given.
private func work(on store: SQLiteStore, account: AccountID, _ acknowledged: Acknowledged) async throws {
    let job = Job.make(account: account)
    try await store.acceptJob(job)
    acknowledged.add("accepted \(job.id)")
    for claimed in try await store.claim(limit: 3, lease: .make(), now: .noon).map({ $0.job }) {
        if try await store.finish(claimed) { acknowledged.add("completed \(claimed.id)") }
    }
}

/// What the next start finds after a cut.
private struct Aftermath {
    var integrity: [String] = []
    var facts: Set<String> = []
    var finishedWithoutEvent: Set<JobID> = []

    init(of cut: PowerCutDisk.Cut) async throws {
        let folder = try cut.restored()
        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        integrity = try await store.writer.perform { transaction throws(StoreError) in
            try transaction.connection.all("PRAGMA integrity_check") { $0.text(0) }
        }
        for account in try await store.accounts() {
            var cursor: String?
            var finished: Set<JobID> = []
            repeat {
                let page = try await store.jobs(JobQuery(account: account.id, limit: 100, cursor: cursor))
                for job in page.items {
                    facts.insert("accepted \(job.id)")
                    if job.state == .completed { finished.insert(job.id) }
                }
                cursor = page.next
            } while cursor != nil
            facts.formUnion(finished.map { "completed \($0)" })
            let events = try await store.allEvents(EventQuery(account: account.id, types: [.completed]))
            finishedWithoutEvent.formUnion(finished.symmetricDifference(events.compactMap { $0.event.job }))
        }
        await store.close()
    }
}

extension Store {
    fileprivate func allEvents(_ query: EventQuery) async throws -> [PositionedEvent] {
        var query = query
        query.limit = 1_000
        var all: [PositionedEvent] = []
        while case let part = try await events(query), let last = part.last {
            all += part
            query.after = last.position
        }
        return all
    }
}
