import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

/// A job that ends the process must not do so for ever, and takes no neighbour with it.
@Suite("Poisoned jobs", .timeLimit(.minutes(10)))
struct PoisonTests {
    @Test func `a job that ends the process alone is set aside, and its neighbour completes`() async throws {
        let first = try await EngineHarness(chain: EngineHarness.plainChain)
        let jobs = Mutex<[JobID]>([])
        try await first.meter(credits: 10)
        try await first.use(isRunning: false) { harness in
            for _ in 1...2 {
                let id = try await harness.submit { $0.credits = 4 }.id
                jobs.withLock { $0.append(id) }
            }
        }
        let suspects = try await first.dying(LostLeases.limit)
        let (killer, neighbour) = jobs.withLock { ($0[0], $0[1]) }
        first.script.onCreate { _ in Script.picture }
        // The older one is tried first, and ends the process before anything is asked of its provider.
        let fuse = Fuse(.beforeIntent, count: 1)

        let died = try await suspects.next(chain: EngineHarness.plainChain, faults: fuse.points)
        try await died.use { harness in
            let job = try await harness.ended(neighbour)

            #expect(job.state == .completed)
            #expect(fuse.isBlown)
        }
        try await died.next(chain: EngineHarness.plainChain).use { harness in
            let job = try await harness.ended(killer)

            #expect(job.failure?.code == "job_poisoned")
            #expect(job.failure?.failureClass == .internal)
            #expect(try await harness.eventTypes(of: killer) == [.queued, .failed])
            #expect(harness.script.requests.count == 1)
            #expect(try await harness.store.balance(of: harness.account.id) == 6)

            harness.script.onCreate { _ in Script.picture }
            let retry = try #require(
                try await harness.engine.retry(killer, of: harness.account.id, RetryWish()))
            #expect(try await harness.ended(retry.id).state == .completed)
        }
    }

    @Test func `others wait while a job is tried alone, and no longer than its trial`() async throws {
        let first = try await EngineHarness(chain: EngineHarness.plainChain)
        let accepted = Mutex<JobID?>(nil)
        try await first.use(isRunning: false) { harness in
            let id = try await harness.submit().id
            accepted.withLock { $0 = id }
        }
        let suspect = try #require(accepted.withLock { $0 })
        let last = try await first.dying(LostLeases.limit)
        let (started, release) = (Gate(), Gate())
        first.script.onCreate { _ in
            started.open()
            await release.wait()
            return Script.picture
        }
        let asked = Mutex<Timestamp?>(nil)
        first.script.onCreate { context in
            asked.withLock { $0 = context.now() }
            return Script.picture
        }

        try await last.next(chain: EngineHarness.plainChain).use { harness in
            await started.wait()
            let other = try await harness.submit().id
            // The leases, the end of the trial, the job's deadline and the step's.
            try await harness.wait { harness.clock.sleeperCount == 4 }
            harness.clock.advance(by: LostLeases.trial(after: LostLeases.limit))
            #expect(try await harness.ended(other).state == .completed)
            #expect(
                asked.withLock { $0 } == .noon + LostLeases.trial(after: LostLeases.limit))

            release.open()
            #expect(try await harness.ended(suspect).state == .completed)
        }
    }

    @Test func `what drains hands its jobs back, and they have lost nothing`() async throws {
        var harness = try await EngineHarness(chain: EngineHarness.plainChain)
        let accepted = Mutex<JobID?>(nil)
        for _ in 0...LostLeases.limit {
            let started = harness.script.onCreateHang()
            try await harness.use { harness in
                if accepted.withLock({ $0 == nil }) {
                    let id = try await harness.submit().id
                    accepted.withLock { $0 = id }
                }
                await started.wait()
                await harness.engine.drain(timeout: .seconds(30))
            }
            harness = try await harness.next(chain: EngineHarness.plainChain)
        }

        try await harness.use(isRunning: false) { harness in
            let lease = Lease(id: "alone", until: .noon + .seconds(30))
            let claim = try await harness.store.claimSuspect(isAlone: true, lease: lease, now: .noon)
            guard case .none = claim else {
                Issue.record("unexpected \(claim)")
                return
            }
            let claimed = try await harness.store.claim(limit: 9, lease: lease, now: .noon)
            #expect(claimed.map(\.id) == [accepted.withLock { $0 }].compactMap(\.self))
        }
    }

    @Test func `a poisoned job's ticket is not asked about any more, and a retry asks once more`()
        async throws
    {
        let chain = EngineHarness.billedChain
        let first = try await EngineHarness(chain: chain)
        first.script.onCreate { _ in .pending(ticket: "t-1", pollAfter: .seconds(1)) }
        let accepted = Mutex<JobID?>(nil)
        try await first.use { harness in
            let id = try await harness.submit { $0.deadline = .seconds(80_000) }.id
            accepted.withLock { $0 = id }
            _ = try await harness.job(id) { $0.state == .waiting }
        }
        first.clock.advance(by: .seconds(2))
        let id = try #require(accepted.withLock { $0 })
        let suspects = try await first.dying(LostLeases.limit)
        let fuse = Fuse(.beforePoll, count: 1)
        let died = try await suspects.next(chain: chain, faults: fuse.points)
        try await died.use { harness in try await harness.wait { fuse.isBlown } }

        try await died.next(chain: chain).use { harness in
            let job = try await harness.ended(id)
            #expect(job.failure?.code == "job_poisoned")
            #expect(try await harness.store.nextTicketDue() == nil)
            #expect(harness.script.polledTickets.isEmpty)

            harness.script.onPoll { _ in Script.picture }
            let retry = try #require(
                try await harness.engine.retry(id, of: harness.account.id, RetryWish()))
            #expect(try await harness.endedInTime(retry.id).state == .completed)
            #expect(harness.script.polledTickets == ["t-1"])
        }
    }
}

extension EngineHarness {
    /// Has processes take every job in hand and die, one after the other; returns the last one, which is gone.
    fileprivate func dying(_ times: Int) async throws -> EngineHarness {
        var last = self
        for _ in 1...times {
            last = try await last.next(chain: Self.plainChain)
            try await last.use(isRunning: false) { harness in
                let now = harness.clock.now()
                let claimed = try await harness.store.claim(
                    limit: 9, lease: Lease(id: "dies", until: now + .seconds(30)), now: now)
                #expect(!claimed.isEmpty)
            }
        }
        return last
    }

    fileprivate func meter(credits: Int) async throws {
        var metered = account
        metered.isMetered = true
        _ = try await store.update(metered)
        _ = try await store.grant(credits, to: account.id, note: nil, at: .noon)
    }
}
