import Persistence
import TestSupport
import ThumbwireKit

@testable import SQLiteStore

/// Where a store and the contract differ.
struct Divergence: Error, CustomStringConvertible {
    var what: String
    var store: String
    var model: String

    var description: String { "\(what):\n  store \(store)\n  model \(model)" }
}

/// A store and the model of its contract, which get the same operations.
struct ModelRun {
    var model: StoreModel
    var disk: ModelDisk
    var dice = Dice(seed: 0)
    /// Deliveries that somebody attempts; of some, the lease has ended or the result was recorded before.
    var attempting: [DueDelivery] = []
    /// Tickets that were open once.
    var followed: [OpenTicket] = []
    /// What was done, in words.
    private(set) var trace: [String] = []

    var store: SQLiteStore { disk.store }
    var clock: ManualClock { disk.clock }
    var now: Timestamp { clock.now() }

    /// A store with two accounts, one of them metered, and keys with and without a cap.
    init(_ crash: ModelDisk.Crash) async throws {
        disk = try ModelDisk(crash)
        let metered = Account.make(id: AccountID(rawValue: "acct_metered"), isMetered: true)
        let free = Account.make(id: AccountID(rawValue: "acct_free"))
        model = StoreModel(
            accounts: [metered, free],
            keys: [
                .make(id: KeyID(rawValue: "key_plain"), account: metered.id),
                .make(id: KeyID(rawValue: "key_capped"), account: metered.id, creditCap: 15),
                .make(id: KeyID(rawValue: "key_free"), account: free.id, creditCap: 15),
            ])
        for account in model.accounts { try await store.insert(account, callbackSecret: .make("callbacks")) }
        for (number, key) in model.keys.enumerated() {
            try await store.insert(key, valueHash: [UInt8(number)])
        }
        _ = try await store.grant(60, to: metered.id, note: nil, at: now)
        _ = model.grant(60, to: metered.id, now: now)
        for _ in 0..<3 { try await addEndpoint() }
    }

    /// Makes the operations, compares after each, and ends all jobs; then closes the store.
    static func run(_ steps: [ModelStep], _ crash: ModelDisk.Crash) async -> (ModelRun?, (any Error)?) {
        var run: ModelRun?
        do {
            run = try await ModelRun(crash)
            for (number, step) in steps.enumerated() {
                try await run?.perform(step)
                if number % 5 == 4 || step.kind.choosesForStore { try await run?.compare() }
            }
            try await run?.endEverything()
            try await run?.compare()
            await run?.store.close()
            return (run, nil)
        } catch {
            await run?.store.close()
            return (run, error)
        }
    }

    mutating func perform(_ step: ModelStep) async throws {
        // Two operations never happen in the same microsecond, as what is equally old has no order.
        clock.advance(by: .milliseconds(1))
        dice = Dice(seed: step.seed)
        trace.append(step.description)
        switch step.kind {
        case .accept: try await accept()
        case .request: try await request()
        case .markAnswered: try await markAnswered()
        case .takeOver: try await takeOver()
        case .claim: try await claim()
        case .renew: try await renew()
        case .work: try await work()
        case .cancel: try await cancel()
        case .releaseExpired: try await releaseExpired()
        case .pass: pass()
        case .grant: try await grant()
        case .claimTickets: try await claimTickets()
        case .reschedule: try await reschedule()
        case .settle: try await settle()
        case .pauseProvider, .resumeProvider: try await pause(isPause: step.kind == .pauseProvider)
        case .addEndpoint: try await addEndpoint()
        case .changeEndpoint: try await changeEndpoint()
        case .deleteEndpoint: try await deleteEndpoint()
        case .removeExpiredEndpoints: try await removeExpiredEndpoints()
        case .claimDeliveries: try await claimDeliveries()
        case .record: try await record()
        case .resend: try await resend()
        case .recover: try await recover()
        case .emit: try await emit()
        case .emitToEndpoint: try await emitToEndpoint()
        case .restart: try await restart()
        }
    }

    /// The next process finds what was acknowledged. Half of the time the power goes while an operation is made, which
    /// then has happened as a whole or not at all.
    private mutating func restart() async throws {
        guard disk.cutsPower, dice.happens(50) else {
            try await disk.restart(from: nil)
            return forgetHolders()
        }
        var before = self
        disk.awaitCut()
        for _ in 0..<6 where disk.takeCut() == nil {
            before = self
            try await perform(ModelStep(kind: dice.one(of: Self.written) ?? .work, seed: dice.seed()))
        }
        try await disk.restart(from: disk.takeCut())
        forgetHolders()
        do {
            try await compare()
        } catch let difference as Divergence {
            guard disk.isCutAmidst else { throw difference }
            let (disk, trace) = (disk, trace)
            self = before
            (self.disk, self.trace) = (disk, trace)
            forgetHolders()
            note("undone by the power cut")
        }
    }

    /// What is made while the power is about to go.
    private static let written: [ModelStep.Kind] = [
        .work, .work, .work, .accept, .claim, .cancel, .takeOver, .settle, .record, .recover, .deleteEndpoint,
    ]

    private mutating func forgetHolders() {
        attempting = []
        model.loseHolders(now: now)
    }

    /// Whatever happened, every job can still be brought to its end, and what was held is settled then.
    private mutating func endEverything() async throws {
        note("end everything")
        clock.advance(by: .seconds(1_000))
        _ = try await store.releaseExpiredLeases(now: now)
        _ = model.releaseExpired(now: now)
        while !model.accounts.flatMap({ model.due(of: $0.id, now: now) }).isEmpty {
            for job in try await claim(limit: 7, worker: "last") {
                try await finish(job, as: .completed, by: "last")
            }
        }
        try same("jobs left", store: try await store.nextJobDue(), model: nil)
        for account in model.accounts {
            try same("held", store: try await store.held(by: account.id), model: 0)
        }
    }

    /// Some seconds, or until just before or just when something is due.
    private mutating func pass() {
        let moments = model.moments.filter { $0 > now && $0 < now + .seconds(60) }.sorted()
        if dice.happens(60), let moment = dice.one(of: moments) {
            clock.advance(by: moment - now - (dice.happens(50) ? .milliseconds(2) : .zero))
        } else {
            clock.advance(by: .seconds(dice.number(1...25)))
        }
        note("\(now)")
    }

    mutating func note(_ words: String) { trace.append("  \(words)") }

    /// What the store does, or how it refuses, is what the model does.
    func agree<Value: Equatable>(
        _ what: String, model expected: Result<Value, StoreModel.Refusal>,
        store body: () async throws -> Value
    ) async throws {
        let actual: Result<Value, StoreModel.Refusal>
        do {
            actual = .success(try await body())
        } catch let error as StoreError {
            actual = .failure(StoreModel.Refusal(error))
        }
        guard actual == expected else {
            throw Divergence(what: what, store: "\(actual)", model: "\(expected)")
        }
    }

    func same<Value: Equatable>(_ what: String, store: Value, model: Value) throws {
        guard store == model else { throw Divergence(what: what, store: "\(store)", model: "\(model)") }
    }
}
