import Foundation
import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

/// What a job pinned holds, whatever becomes of the file and of the plugins.
@Suite("Pins", .timeLimit(.minutes(10)))
struct PinTests {
    @Test(arguments: ["provider", "step"])
    func `a job whose plugin has another major version by now fails, buys nothing and costs nothing`(
        part: String
    ) async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            var metered = harness.account
            metered.isMetered = true
            _ = try await harness.store.update(metered)
            _ = try await harness.store.grant(9, to: harness.account.id, note: nil, at: .noon)
            var pin = try harness.services.registry.chain(named: nil, face: .native)
            if part == "provider" { pin.providers[0].major = 99 } else { pin.steps[0].major = 99 }
            var job = Job.make(account: harness.account.id, pin: pin)
            job.credits = 4

            let accepted = try await harness.engine.accept(job, callback: nil, repetition: nil).job
            let ended = try await harness.ended(accepted.id)

            #expect(ended.failure?.code == "chain_unavailable")
            #expect(harness.script.requests.isEmpty)
            #expect(try await harness.store.balance(of: harness.account.id) == 9)
        }
    }

    @Test func `a provider with open tickets outlives its removal from the file`() async throws {
        let first = try await EngineHarness(chain: EngineHarness.billedChain)
        first.script.onCreate { _ in .pending(ticket: "t-1", pollAfter: .seconds(2)) }
        first.script.onPoll { _ in Script.picture }
        let accepted = Mutex<JobID?>(nil)
        try await first.use { harness in
            let id = try await harness.submit().id
            accepted.withLock { $0 = id }
            _ = try await harness.job(id) { $0.state == .waiting }
        }
        let id = try #require(accepted.withLock { $0 })
        let without = """
            { "version": 1, "providers": { "other": { "plugin": "resort" } },
              "chains": { "default": { "providers": ["other"], "steps": [ { "use": "stamp" } ] } } }
            """

        try await first.next(chain: without).use { harness in
            let job = try await harness.endedInTime(id)

            #expect(job.state == .completed)
            #expect(job.provider == "main")
            #expect(harness.script.polledTickets == ["t-1"])
        }
    }

    @Test func `a ticket is asked about past its step's time, until the job's deadline`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            harness.script.onCreate { _ in .pending(ticket: "t-1", pollAfter: .seconds(300)) }
            for _ in 1...9 {
                harness.script.onPoll { _ in .pending(ticket: "t-1", pollAfter: .seconds(300)) }
            }
            let id = try await harness.submit { $0.deadline = .seconds(1_000) }.id
            _ = try await harness.job(id) { $0.state == .waiting }

            try await harness.pass(by: 300) { harness.script.polledTickets.count == 1 }
            try await harness.pass(by: 300) { harness.script.polledTickets.count == 2 }
            let beyondStep = try await harness.store.job(id, of: nil)
            try await harness.pass(by: 400) {
                try await harness.store.job(id, of: nil)?.state.isTerminal == true
            }
            let job = try #require(try await harness.store.job(id, of: nil))

            // 600 s, where a step has 330.
            #expect(beyondStep?.state.isTerminal == false)
            #expect(job.failure?.code == "provider_outcome_unknown")
            #expect(harness.script.requests.count == 1)
            #expect(try await harness.store.nextTicketDue() != nil)
        }
    }
}

extension EngineHarness {
    /// Moves the clock on at once by so many seconds, when nobody works, and waits for what follows.
    fileprivate func pass(by seconds: Int, until isTrue: () async throws -> Bool) async throws {
        try await wait { engine.heldJobs.isEmpty }
        clock.advance(by: .seconds(seconds))
        try await wait(until: isTrue)
    }
}
