import Persistence
import SQLiteStore
import TestSupport
import Testing
import ThumbwireKit

/// Random histories of callbacks' deliveries, of which a claim looks at those alone that nobody holds, beside a model that
/// knows each of them.
@Suite struct CallbackHistoryTests {
    @Test(arguments: 1...6)
    func `each callback is claimed once it is due, and by one at a time`(seed: UInt64) async throws {
        var history = try await CallbackHistory(seed: seed)
        for _ in 0..<250 {
            try await history.step()
        }
        await history.store.close()
    }
}

private struct CallbackHistory {
    static let lease: Duration = .seconds(20)

    struct Expected {
        var id: DeliveryID?
        var isPending = true
        var attempts = 0
        var due: Timestamp
        var heldUntil: Timestamp?
        var isResent = false

        func isHeld(at now: Timestamp) -> Bool { heldUntil.map { $0 > now } ?? false }
        func isWaiting(at now: Timestamp) -> Bool { isPending && !isHeld(at: now) }
    }

    let folder: TemporaryFolder
    let clock = ManualClock()
    let account = Account.make()
    var store: SQLiteStore
    var callbacks: [JobID: Expected] = [:]
    /// In the order of their acceptance, so that a seed makes the same history again.
    var jobs: [JobID] = []
    var random: SeededGenerator

    init(seed: UInt64) async throws {
        random = SeededGenerator(state: seed)
        folder = try TemporaryFolder()
        store = try SQLiteStore.open(folder: folder.path, clock: clock)
        try await store.insert(account, callbackSecret: .make())
    }

    mutating func step() async throws {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<6: try await accept()
        case 6..<11: try await claim()
        case 11..<15: try await record()
        case 15: try await resend()
        case 16..<19: clock.advance(by: .seconds(Int.random(in: 1...8, using: &random)))
        default: try await crash()
        }
    }

    /// Its event may seem to have happened before others that were claimed already.
    private mutating func accept() async throws {
        let job = Job.make(account: account.id, callbackEvents: [.queued])
        let due = clock.now() + .seconds(Int.random(in: -5...3, using: &random))
        try await store.accept(
            job, callback: .make("https://example.com/callback"),
            event: .make(.queued, of: job, occurredAt: due))
        callbacks[job.id] = Expected(due: due)
        jobs.append(job.id)
    }

    private mutating func claim() async throws {
        let now = clock.now()
        let limit = Int.random(in: 1...5, using: &random)
        let busy = Set(jobs.filter { _ in Int.random(in: 0..<8, using: &random) == 0 })
        let claimed = try await store.claimDeliveries(
            limit: limit, busy: Set(busy.map { .callback($0) }), leaseUntil: now + Self.lease, now: now)
        let waiting = callbacks.filter { $0.value.isWaiting(at: now) && $0.value.due <= now }
            .filter { !busy.contains($0.key) }

        #expect(claimed.count == min(limit, waiting.count))
        let dues = claimed.compactMap { $0.delivery.nextAttemptAt }
        #expect(dues == Array(waiting.map(\.value.due).sorted().prefix(limit)))
        for due in claimed {
            guard case .callback(let job) = due.delivery.target else { continue }
            #expect(waiting[job] != nil)
            #expect(due.delivery.attempts == callbacks[job]?.attempts)
            callbacks[job]?.id = due.delivery.id
            callbacks[job]?.heldUntil = now + Self.lease
            callbacks[job]?.isResent = false
        }
        let next = callbacks.values.filter { $0.isWaiting(at: now) }.map(\.due).min()
        #expect(try await store.nextDeliveryDue() == next)
    }

    private mutating func record() async throws {
        let now = clock.now()
        guard let (job, found) = known(where: { $0.isHeld(at: now) }), let id = found.id else { return }
        var expected = found
        expected.attempts += 1
        expected.heldUntil = nil
        let retryAt = now + .seconds(Int.random(in: 0...6, using: &random))
        let consequence: AttemptResult.Consequence =
            [.delivered, .retry(at: retryAt), .exhausted].randomElement(using: &random) ?? .delivered
        try await store.record([
            AttemptResult(attempt: .make(delivery: id, number: expected.attempts), consequence: consequence)
        ])
        switch consequence {
        case .delivered: expected.isPending = false
        case .retry(let moment): if !expected.isResent { expected.due = moment }
        case .exhausted: if !expected.isResent { expected.isPending = false }
        }
        callbacks[job] = expected
    }

    private mutating func resend() async throws {
        let now = clock.now()
        guard let (job, found) = known(where: { _ in true }), let id = found.id else { return }
        _ = try await store.resend(id, of: account.id, now: now)
        callbacks[job]?.isPending = true
        callbacks[job]?.due = now
        callbacks[job]?.isResent = found.isHeld(at: now)
    }

    /// The process ends with everything that it holds.
    private mutating func crash() async throws {
        await store.close()
        store = try SQLiteStore.open(folder: folder.path, clock: clock)
        for job in callbacks.keys { callbacks[job]?.heldUntil = nil }
    }

    /// One of those that were claimed at least once.
    private mutating func known(where isMeant: (Expected) -> Bool) -> (JobID, Expected)? {
        jobs.compactMap { job in callbacks[job].map { (job, $0) } }
            .filter { $0.1.id != nil && isMeant($0.1) }.randomElement(using: &random)
    }
}
