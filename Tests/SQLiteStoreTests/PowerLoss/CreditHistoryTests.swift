import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import SQLiteStore

/// Random histories against a model that only adds and subtracts, with the power cut in between.
@Suite struct CreditHistoryTests {
    @Test(arguments: [UInt64(1), 2, 3])
    func `ledger, balance and spending are the model's at every step`(seed: UInt64) async throws {
        var history = try await CreditHistory(seed: seed)

        for _ in 0..<50 {
            try await history.step()
            try await history.check()
        }

        await history.store.close()
        #expect(history.restarts > 0)
        #expect(history.refusals > 0)
        #expect(history.settlements > 0)
    }

    @Test func `the ledger refuses to be rewritten, and a job to be settled twice`() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let account = Account.make(isMetered: true)
        try await store.insert(account, callbackSecret: .make())
        _ = try await store.grant(4, to: account.id, note: nil, at: .noon)
        let job = try await store.acceptAndClaim(.make(account: account.id, credits: 4))
        try await store.finish(job)

        for statement: StaticString in [
            "UPDATE ledger SET amount = 9", "DELETE FROM ledger",
            """
            INSERT INTO ledger (account, kind, amount, job, at)
            SELECT account, 'release', 4, job, 0 FROM ledger WHERE kind = 'capture'
            """,
        ] {
            await #expect(throws: StoreError.self) {
                try await store.writer.perform { transaction throws(StoreError) in
                    try transaction.connection.run(statement)
                }
            }
        }
        let balance = try await store.balance(of: account.id)
        await store.close()

        #expect(balance == 0)
    }
}

/// A store, and what it should hold.
private struct CreditHistory {
    private enum Payer: CaseIterable {
        case metered, meteredWithCap, freeWithCap
    }

    private struct Running {
        var job: Job
        var payer: Payer
    }

    private let accounts: [Payer: Account]
    private let keys: [Payer: APIKey]
    private var random: SeededGenerator
    private var balances: [AccountID: Int] = [:]
    private var spending: [KeyID: Int] = [:]
    private var running: [Running] = []
    private var disk: PowerCutDisk
    private var folder: TemporaryFolder
    private(set) var store: SQLiteStore
    private(set) var restarts = 0
    private(set) var refusals = 0
    private(set) var settlements = 0

    init(seed: UInt64) async throws {
        random = SeededGenerator(state: seed)
        let metered = Account.make(isMetered: true)
        let free = Account.make()
        accounts = [.metered: metered, .meteredWithCap: metered, .freeWithCap: free]
        keys = [
            .metered: .make(account: metered.id), .meteredWithCap: .make(account: metered.id, creditCap: 30),
            .freeWithCap: .make(account: free.id, creditCap: 30),
        ]
        folder = try TemporaryFolder()
        disk = try PowerCutDisk(loss: .everything) { [] }
        store = try SQLiteStore.open(
            folder: folder.path, clock: ManualClock(), vfs: disk.name, synchronous: .full)
        for account in [metered, free] {
            try await store.insert(account, callbackSecret: .make())
            balances[account.id] = 0
        }
        for (number, key) in keys.values.enumerated() {
            try await store.insert(key, valueHash: [UInt8(number)])
            spending[key.id] = 0
        }
    }

    mutating func step() async throws {
        switch Int.random(in: 0..<20, using: &random) {
        case 0...2: try await grant()
        case 3...10: try await accept()
        case 11...13: try await end(as: .completed)
        case 14...15: try await end(as: .failed)
        case 16...17: try await cancel()
        default: try await loseThePower()
        }
    }

    func check() async throws {
        for (account, balance) in balances {
            #expect(try await store.balance(of: account) == balance)
            var sum = 0
            var cursor: String?
            repeat {
                let page = try await store.ledger(of: account, limit: 100, cursor: cursor)
                sum += page.items.reduce(0) { $0 + $1.amount }
                cursor = page.next
            } while cursor != nil
            #expect(sum == balance)
            let held = running.filter { $0.payer != .freeWithCap && $0.job.account == account }
            #expect(try await store.held(by: account) == held.reduce(0) { $0 + $1.job.credits })
        }
        for (key, spent) in spending {
            #expect(try await store.spending(of: key) == spent)
        }
    }

    private mutating func grant() async throws {
        guard let account = accounts[.metered] else { return }
        let amount = Int.random(in: -5...20, using: &random)
        balances[account.id, default: 0] += amount
        let balance = try await store.grant(amount, to: account.id, note: nil, at: .noon)
        #expect(balance == balances[account.id])
    }

    private mutating func accept() async throws {
        guard let payer = Payer.allCases.randomElement(using: &random), let account = accounts[payer],
            let key = keys[payer]
        else { return }
        let job = Job.make(
            account: account.id, credits: Int.random(in: 1...9, using: &random), key: key.id)
        var available = account.isMetered ? balances[account.id, default: 0] : Int.max
        if let cap = key.creditCap { available = min(available, cap - spending[key.id, default: 0]) }
        switch try await store.accept(job, callback: nil, event: .make(.queued, of: job)) {
        case .accepted:
            #expect(available >= job.credits)
            running.append(Running(job: job, payer: payer))
            charge(job, payer, job.credits)
        case .insufficientCredits(let told):
            #expect(available < job.credits)
            #expect(told == max(0, available))
            refusals += 1
        case .repeats, .missingArtifact: Issue.record("unexpected answer for \(job.id)")
        }
    }

    /// Twice, as a worker does that did not hear of its success.
    private mutating func end(as state: JobState) async throws {
        guard let chosen = running.randomElement(using: &random) else { return }
        let claimed = try await store.claim(limit: 100, lease: .make(), now: .noon)
        let job = claimed.first { $0.id == chosen.job.id }?.job ?? chosen.job.becoming(.generating)
        let isEnded = try await store.finish(job, as: state, event: state == .failed ? .failed : .completed)
        let isEndedAgain = try await store.finish(job, as: .failed, event: .failed)
        #expect(isEnded)
        #expect(!isEndedAgain)
        settle(chosen, keeps: state == .completed)
    }

    private mutating func cancel() async throws {
        guard let chosen = running.randomElement(using: &random) else { return }
        let outcome = try await store.cancel(chosen.job.id, of: chosen.job.account) { job in
            let cancelled = job.becoming(.cancelled)
            return Ending(job: cancelled, event: .make(.cancelled, of: cancelled, sequence: 2))
        }
        if case .cancelled = outcome { settle(chosen, keeps: false) }
    }

    private mutating func settle(_ chosen: Running, keeps: Bool) {
        running.removeAll { $0.job.id == chosen.job.id }
        if !keeps { charge(chosen.job, chosen.payer, -chosen.job.credits) }
        settlements += 1
    }

    private mutating func charge(_ job: Job, _ payer: Payer, _ credits: Int) {
        if payer != .freeWithCap { balances[job.account, default: 0] -= credits }
        if let key = job.key { spending[key, default: 0] += credits }
    }

    /// The next process finds what was synced, and nobody holds anything.
    private mutating func loseThePower() async throws {
        let cut = disk.cutNow()
        let remains = try cut.restored()
        await store.close()
        folder = remains
        disk = try PowerCutDisk(loss: .everything) { [] }
        for (name, content) in cut.files {
            disk.note(.write(offset: 0, bytes: content), in: name)
            disk.sync(name)
        }
        store = try SQLiteStore.open(
            folder: remains.path, clock: ManualClock(), vfs: disk.name, synchronous: .full)
        restarts += 1
    }
}
