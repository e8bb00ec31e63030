import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

@Suite("Paused chains", .timeLimit(.minutes(10)))
struct PausedChainTests {
    @Test func `jobs of a paused chain wait in no worker's hands, and go on when it is resumed`() async throws
    {
        try await EngineHarness.run(chain: Self.chains) { harness in
            #expect(try await harness.engine.pause(chain: "default", until: nil, reason: "fonts are broken"))
            let waiting = try await harness.submit().id
            Self.fast(harness).onCreate { _ in Script.picture }
            let other = try await harness.ended(harness.submit { $0.chain = "fast" }.id)

            #expect(other.state == .completed)
            #expect(try await harness.store.job(waiting, of: nil)?.state == .queued)
            try await harness.wait { harness.engine.heldJobs.isEmpty }
            #expect(harness.engine.chains().map(\.pause?.reason) == ["fonts are broken", nil])

            harness.script.onCreate { _ in Script.picture }
            #expect(try await harness.engine.resume(chain: "default"))
            #expect(try await harness.ended(waiting).state == .completed)
            #expect(harness.engine.chains().allSatisfy { $0.pause == nil })
            try await harness.wait { try await harness.store.chainPauses().isEmpty }
        }
    }

    @Test func `a job that was there before waits from its next claim on`() async throws {
        try await EngineHarness.run { harness in
            harness.script.onCreate { _ throws(Failure) in
                throw Failure(.unavailable, code: "down", message: "down", retryAfter: .seconds(5))
            }
            let id = try await harness.submit().id
            _ = try await harness.job(id) { $0.state == .waiting }
            _ = try await harness.engine.pause(chain: "default", until: nil, reason: "later")

            harness.clock.advance(by: .seconds(10))
            try await harness.wait {
                try await harness.store.nextJobDue() == Timestamp.noon + .seconds(900)
            }
            #expect(harness.script.requests.count == 1)

            harness.script.onCreate { _ in Script.picture }
            _ = try await harness.engine.resume(chain: "default")
            #expect(try await harness.ended(id).state == .completed)
        }
    }

    @Test func `what was bought is fetched although the chain is paused`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            harness.script.onCreate { _ in .pending(ticket: "t-1", pollAfter: .seconds(2)) }
            harness.script.onPoll { _ in Script.picture }
            let id = try await harness.submit().id
            _ = try await harness.job(id) { $0.state == .waiting }

            _ = try await harness.engine.pause(chain: "default", until: nil, reason: "later")

            #expect(try await harness.endedInTime(id).state == .completed)
        }
    }

    @Test func `a pause outlasts a restart, ends at its time, and lets all go`() async throws {
        let first = try await EngineHarness(chain: EngineHarness.plainChain)
        let count = 3
        let accepted = Mutex<[JobID]>([])
        try await first.use(isRunning: false) { harness in
            _ = try await harness.engine.pause(
                chain: "default", until: .noon + .seconds(60), reason: "a minute")
            for _ in 1...count {
                let id = try await harness.submit().id
                accepted.withLock { $0.append(id) }
            }
        }
        for _ in 1...count { first.script.onCreate { _ in Script.picture } }

        try await first.next(chain: EngineHarness.plainChain).use { harness in
            // The leases, the end of the pause, deadlines, and the next claim, which is due with the first of those.
            try await harness.wait { harness.clock.sleeperCount == 4 }
            #expect(harness.script.requests.isEmpty)

            harness.clock.advance(by: .seconds(60))
            for id in accepted.withLock({ $0 }) {
                #expect(try await harness.ended(id).state == .completed)
            }
        }
    }

    @Test func `what a crash kept from going on goes on after the restart`() async throws {
        let first = try await EngineHarness(chain: EngineHarness.plainChain)
        let accepted = Mutex<JobID?>(nil)
        try await first.use(isRunning: false) { harness in
            _ = try await harness.engine.pause(chain: "default", until: nil, reason: "later")
            let id = try await harness.submit().id
            accepted.withLock { $0 = id }
            // Without the keeper's work.
            _ = try await harness.store.endPause(ofChain: "default")
        }
        first.script.onCreate { _ in Script.picture }
        let id = try #require(accepted.withLock { $0 })

        try await first.next(chain: EngineHarness.plainChain).use { harness in
            let job = try await harness.ended(id)

            #expect(job.state == .completed)
        }
    }

    @Test func `the deadline of a waiting job counts on, and cancelling works at once`() async throws {
        try await EngineHarness.run { harness in
            _ = try await harness.engine.pause(chain: "default", until: nil, reason: "later")
            let late = try await harness.submit { $0.deadline = .seconds(20) }.id
            let unwanted = try await harness.submit().id

            _ = try await harness.engine.cancel(unwanted, of: harness.account.id)
            try await harness.pass { try await harness.store.job(late, of: nil)?.state.isTerminal == true }

            #expect(try await harness.store.job(unwanted, of: nil)?.state == .cancelled)
            #expect(try await harness.store.job(late, of: nil)?.failure?.code == "deadline_exceeded")
            #expect(harness.script.requests.isEmpty)
        }
    }

    @Test func `a chain that left the file while it was paused can be resumed`() async throws {
        let first = try await EngineHarness(chain: Self.chains)
        let accepted = Mutex<JobID?>(nil)
        try await first.use(isRunning: false) { harness in
            _ = try await harness.engine.pause(chain: "fast", until: nil, reason: "later")
            let id = try await harness.submit { $0.chain = "fast" }.id
            accepted.withLock { $0 = id }
        }
        Self.fast(first).onCreate { _ in Script.picture }
        let id = try #require(accepted.withLock { $0 })

        try await first.next(chain: EngineHarness.plainChain).use { harness in
            // Once the engine has read the pauses.
            try await harness.wait { harness.engine.chains().map(\.name) == ["default", "fast"] }
            #expect(try await !harness.engine.resume(chain: "unknown"))
            #expect(try await harness.engine.resume(chain: "fast"))
            #expect(try await harness.ended(id).state == .completed)
            #expect(harness.engine.chains().map(\.name) == ["default"])
        }
    }

    private static let chains = """
        { "version": 1,
          "providers": {
            "main": { "plugin": "scripted", "config": { "label": "LABEL" } },
            "quick": { "plugin": "scripted", "config": { "label": "LABEL-quick" } } },
          "chains": {
            "default": { "providers": ["main"], "steps": [ { "use": "stamp" } ] },
            "fast": { "providers": ["quick"], "steps": [ { "use": "stamp" } ] } } }
        """

    private static func fast(_ harness: EngineHarness) -> Script { Script.named(harness.label + "-quick") }
}
