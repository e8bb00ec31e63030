import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

@Suite("Tickets of ended jobs", .timeLimit(.minutes(10)))
struct OpenTicketTests {
    /// A job that ended while its ticket was open.
    private func expired(_ harness: EngineHarness) async throws -> JobID {
        harness.script.onCreate { _ in .pending(ticket: "t-1", pollAfter: .seconds(60)) }
        let id = try await harness.submit { $0.deadline = .seconds(20) }.id
        _ = try await harness.job(id) { $0.state == .waiting }
        harness.clock.advance(by: .seconds(20))
        let job = try await harness.ended(id)
        #expect(job.failure?.code == "provider_outcome_unknown")
        return id
    }

    private func settled(_ harness: EngineHarness, _ id: JobID) async throws -> Job {
        try await harness.wait {
            if try await harness.store.openTicketCount(of: "main") == 0 { return true }
            if let due = try await harness.store.nextTicketDue(), due > harness.clock.now() {
                try await harness.passSecond()
            }
            return false
        }
        return try #require(await harness.store.job(id, of: nil))
    }

    static let costly = GenerationAnswer.finished(
        GenerationResult(
            pictures: [.init(bytes: [7, 7], mediaType: "image/png")],
            cost: Cost(amount: 4, unit: "credits")))

    @Test func `a late result is written into the ended job, and a retry uses it`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            harness.script.onPoll { _ in .pending(ticket: "t-1", pollAfter: .seconds(2)) }
            harness.script.onPoll { _ throws(Failure) in
                throw Failure(.unavailable, code: "provider_unavailable", message: "down")
            }
            harness.script.onPoll { _ in Self.costly }
            let id = try await expired(harness)

            let job = try await settled(harness, id)
            let retried = try #require(
                await harness.engine.retry(id, of: harness.account.id, RetryWish()))
            let again = try await harness.ended(retried.id)

            #expect(job.state == .failed)
            #expect(job.steps.first?.status == .succeeded)
            #expect(job.steps.first?.cost == Cost(amount: 4, unit: "credits"))
            #expect(harness.script.polledTickets == ["t-1", "t-1", "t-1"])
            #expect(again.state == .completed)
            #expect(again.parent == id)
            #expect(harness.script.requests.count == 1)
        }
    }

    @Test func `a verdict on the work ends the ticket without pictures`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            harness.script.onPoll { _ throws(Failure) in
                throw Failure(.contentRejected, code: "content_rejected", message: "no")
            }
            let id = try await expired(harness)

            let job = try await settled(harness, id)

            #expect(job.steps.first?.failure?.code == "content_rejected")
            #expect(job.failure?.code == "provider_outcome_unknown")
        }
    }

    @Test func `a cancelled job's ticket is cancelled and followed until its cost is known`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            harness.script.onCreate { _ in .pending(ticket: "t-1", pollAfter: .seconds(60)) }
            harness.script.onPoll { _ in Self.costly }
            let id = try await harness.submit().id
            _ = try await harness.job(id) { $0.state == .waiting }

            _ = try await harness.engine.cancel(id, of: harness.account.id)
            let job = try await settled(harness, id)

            #expect(job.state == .cancelled)
            #expect(harness.script.cancelledTickets == ["t-1"])
            #expect(job.steps.first?.cost == Cost(amount: 4, unit: "credits"))
        }
    }

    @Test func `both tickets of a hedged job that nobody holds are followed`() async throws {
        try await EngineHarness.run(chain: HedgeTests.chain) { harness in
            let second = Script.named(harness.label + "-second")
            for (script, ticket) in [(harness.script, "t-1"), (second, "t-2")] {
                script.onCreate { _ in .pending(ticket: ticket, pollAfter: .seconds(600)) }
                script.onPoll { _ in Self.costly }
            }
            let id = try await harness.submit().id
            try await harness.pass {
                let job = try await harness.store.job(id, of: nil)
                return job?.state == .waiting && job?.steps.count == 2
            }

            let outcome = try await harness.engine.cancel(id, of: harness.account.id)
            guard case .cancelled = outcome else { return #expect(Bool(false), "outcome was \(outcome)") }
            try await harness.pass {
                try await harness.store.openTicketCount(of: "second") == 0
            }
            let job = try await settled(harness, id)

            #expect(job.steps.map(\.status) == [.succeeded, .succeeded])
            #expect(job.steps.compactMap(\.cost?.amount) == [4, 4])
            #expect(harness.script.cancelledTickets == ["t-1"])
            #expect(second.cancelledTickets == ["t-2"])
        }
    }

    @Test func `whoever has ended keeps no place before the gates`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            harness.script.onCreate { _ in .pending(ticket: "t-1", pollAfter: .seconds(60)) }
            harness.script.onPoll { _ in Self.costly }
            let id = try await harness.submit().id
            let job = try await harness.job(id) { $0.state == .waiting }
            let (gates, use) = (harness.services.gates, job.pin.providers[0])
            let pacing = Pacing(key: "shared", requestsPerMinute: 1)
            var waiting: [Int] = []
            func wait(_ call: ProviderGates.Call, as jobs: [JobID?]) {
                for job in jobs {
                    _ = gates.admit(call, to: use, pacing: pacing, for: job, now: harness.clock.now())
                }
                count()
            }
            func count() {
                var status = ProviderStatus(name: "main", plugin: "billed", isEnabled: true)
                gates.complete(&status, account: "shared", now: harness.clock.now())
                waiting.append(status.waiting)
            }

            wait(.create, as: [nil, id])
            _ = try await harness.engine.cancel(id, of: harness.account.id)
            count()
            wait(.poll, as: [id])
            _ = try await settled(harness, id)
            count()

            #expect(waiting == [1, 0, 1, 0])
        }
    }

    @Test
    func `a ticket outlives a restart without its provider in the file, and a crash before it is settled`()
        async throws
    {
        let accepted = Mutex<JobID?>(nil)
        let first = try await EngineHarness(chain: EngineHarness.billedChain)
        for _ in 1...2 { first.script.onPoll { _ in Self.costly } }
        try await first.use { harness in
            let id = try await expired(harness)
            accepted.withLock { $0 = id }
        }
        let id = try #require(accepted.withLock { $0 })
        let fuse = Fuse(.afterLatePoll)
        let second = try await first.next(chain: Self.withoutIt, faults: fuse.points)
        try await second.use { harness in
            harness.clock.advance(by: .seconds(300))
            try await harness.wait { fuse.isBlown }
        }
        try await second.next(chain: Self.withoutIt).use { harness in
            let job = try await settled(harness, id)

            #expect(job.steps.first?.status == .succeeded)
        }
    }

    @Test func `nothing is asked while a job is tried alone`() async throws {
        let first = try await EngineHarness(chain: EngineHarness.billedChain)
        let made = Mutex<JobID?>(nil)
        try await first.use { harness in
            let id = try await expired(harness)
            made.withLock { $0 = id }
        }
        let id = try #require(made.withLock { $0 })
        first.script.onPoll { _ in Self.costly }

        try await first.next(chain: EngineHarness.billedChain).use(isRunning: false) { harness in
            let tickets = harness.engine.tickets
            #expect(tickets.hold())
            let work = Task { await tickets.run { true } }
            harness.clock.advance(by: .seconds(60))
            tickets.wake()
            for _ in 1...20 { await Task.yield() }
            let asked = harness.script.polledTickets

            tickets.goOn()
            _ = try await harness.job(id) { $0.steps.first?.status == .succeeded }
            #expect(asked.isEmpty)
            work.cancel()
            await work.value
        }
    }

    @Test func `nobody asks for ever`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            let id = try await expired(harness)

            try await harness.wait {
                let count = try await harness.store.openTicketCount(of: "main")
                if count > 0 { harness.clock.advance(by: .seconds(3_600)) }
                return count == 0
            }
            let job = try #require(await harness.store.job(id, of: nil))

            #expect(job.steps.first?.failure?.code == "provider_outcome_unknown")
        }
    }

    static let withoutIt = """
        { "version": 1, "providers": { "other": { "plugin": "scripted", "config": { "label": "LABEL" } } },
          "chains": { "default": { "providers": ["other"], "steps": [ { "use": "stamp" } ] } } }
        """
}
