import Foundation
import Glibc
import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

@Suite("Leases", .timeLimit(.minutes(10)))
struct LeaseTests {
    @Test func `a job keeps its lease for as long as its worker lives`() async throws {
        try await EngineHarness.run { harness in
            let id = try await harness.startHanging()

            for _ in 1...5 {
                harness.clock.advance(by: .seconds(10))
                // The thread that keeps leases sleeps again when it has renewed them.
                try await harness.wait { harness.clock.sleeperCount == EngineHarness.sleepersBesideHanging }
            }

            #expect(try await harness.store.releaseExpiredLeases(now: harness.clock.now()) == 0)
            #expect(harness.engine.heldJobs == [id])
        }
    }

    @Test func `leases are renewed although every thread of Swift's pool is busy`() async throws {
        try await EngineHarness.run { harness in
            _ = try await harness.startHanging()
            let clock = harness.clock
            let threads = ProcessInfo.processInfo.activeProcessorCount
            let crowd = Crowd()

            await withTaskGroup(of: Void.self) { group in
                for _ in 1...threads {
                    group.addTask {
                        guard crowd.enter() == threads else {
                            spin { crowd.renewals != nil }
                            return
                        }
                        // From here on no task runs anywhere but on threads of its own. The claim loop may have been
                        // woken before, and cannot sleep again.
                        let sleepers = clock.sleeperCount
                        var count = 0
                        for _ in 1...3 {
                            clock.advance(by: .seconds(10))
                            if spin(until: { clock.sleeperCount == sleepers }) { count += 1 }
                        }
                        crowd.leave(renewals: count)
                    }
                }
            }

            #expect(crowd.renewals == 3)
            #expect(try await harness.store.releaseExpiredLeases(now: clock.now()) == 0)
        }
    }

    @Test func `a job whose worker died is rescued when its lease has run out`() async throws {
        try await EngineHarness.run(isRunning: false) { harness in
            let id = try await harness.submit().id
            let lease = Lease(id: "dead", until: harness.clock.now() + .seconds(30))
            _ = try await harness.store.claim(limit: 1, lease: lease, now: harness.clock.now())
            harness.script.onCreate { _ in Script.picture }
            let work = Task { await harness.engine.run() }
            try await harness.wait { harness.clock.sleeperCount == 2 }

            for _ in 1...2 {
                harness.clock.advance(by: .seconds(10))
                try await harness.wait { harness.clock.sleeperCount == 2 }
            }
            let before = try await harness.store.job(id, of: nil)?.state
            try await harness.pass { try await harness.store.job(id, of: nil)?.state == .completed }

            #expect(before == .generating)
            work.cancel()
            await work.value
        }
    }

    @Test func `a process that drains claims nothing more`() async throws {
        try await EngineHarness.run { harness in
            let id = try await harness.startHanging()
            await harness.engine.drain(timeout: .seconds(30))
            // Handed back, and due at once: the feed has told the engine so before this is written.
            try await harness.wait { harness.engine.heldJobs.isEmpty }

            let refusal = await #expect(throws: Failure.self) { try await harness.submit() }
            let lease = Lease(id: "other", until: .noon + .seconds(99))
            let claimed = try await harness.store.claim(limit: 9, lease: lease, now: .noon)

            #expect(refusal?.code == "draining")
            #expect(claimed.map(\.id) == [id])
        }
    }

    @Test func `the leases of a process that is gone are void when its folder is opened`() async throws {
        let first = try await EngineHarness(chain: EngineHarness.plainChain)
        let accepted = Mutex<JobID?>(nil)
        try await first.use(isRunning: false) { harness in
            let id = try await harness.submit().id
            accepted.withLock { $0 = id }
            let lease = Lease(id: "dead", until: .noon + .seconds(30))
            _ = try await harness.store.claim(limit: 1, lease: lease, now: .noon)
        }
        let id = try #require(accepted.withLock { $0 })
        first.script.onCreate { _ in Script.picture }

        // The clock stands: nothing runs out.
        try await first.next(chain: EngineHarness.plainChain).use { harness in
            let job = try await harness.ended(id)

            #expect(job.state == .completed)
            #expect(job.steps.map(\.attempt) == [1, 1])
        }
    }
}

/// Tasks that keep every thread busy until the last one has counted renewals.
private final class Crowd: Sendable {
    private let state = Mutex((entered: 0, renewals: Int?.none))

    var renewals: Int? { state.withLock { $0.renewals } }

    /// How many there are now.
    func enter() -> Int {
        state.withLock { state in
            state.entered += 1
            return state.entered
        }
    }

    func leave(renewals: Int) { state.withLock { $0.renewals = renewals } }
}

/// Keeps its thread busy until the condition holds, at most 20 seconds.
@discardableResult
private func spin(until isTrue: () -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(20)
    while !isTrue() {
        if ContinuousClock.now > end { return false }
        sched_yield()
    }
    return true
}

extension EngineHarness {
    /// The leases, the deadlines of jobs, and the step's.
    fileprivate static let sleepersBesideHanging = 3

    /// A job whose provider does not answer, with everything asleep that sleeps beside it.
    fileprivate func startHanging() async throws -> JobID {
        let started = script.onCreateHang()
        let id = try await submit { $0.deadline = .seconds(80_000) }.id
        await started.wait()
        try await wait { clock.sleeperCount == Self.sleepersBesideHanging }
        return id
    }
}
