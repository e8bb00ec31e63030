import Foundation
import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

@Suite("Retries", .timeLimit(.minutes(10)))
struct RetryTests {
    private func failure(
        _ harness: EngineHarness, _ id: JobID, _ wish: RetryWish = RetryWish()
    ) async -> Failure? {
        await #expect(throws: Failure.self) {
            try await harness.engine.retry(id, of: harness.account.id, wish)
        }
    }

    private func failed(_ harness: EngineHarness, _ failureClass: FailureClass) async throws -> Job {
        harness.script.onCreate { _ throws(Failure) in
            throw Failure(failureClass, code: "provider_\(failureClass.rawValue)", message: "no")
        }
        return try await harness.ended(harness.submit { $0.metadata = ["k": 1] }.id)
    }

    @Test func `what was not bought is ordered anew, by a job with the same request`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            let old = try await failed(harness, .contentRejected)
            harness.script.onCreate { _ in Script.picture }

            let new = try #require(await harness.engine.retry(old.id, of: harness.account.id, RetryWish()))
            let job = try await harness.ended(new.id)

            #expect(job.state == .completed)
            #expect(job.parent == old.id)
            #expect(job.request == old.request)
            #expect(job.metadata == old.metadata)
            #expect(job.session == old.session)
            #expect(job.steps.first?.attempt == 1)
            #expect(harness.script.requests.count == 2)
        }
    }

    @Test func `an unknown outcome needs a decision`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            let old = try await failed(harness, .outcomeUnknown)

            let refused = await failure(harness, old.id)
            let refusedByName = await failure(harness, old.id, RetryWish(fromStep: "main"))
            harness.script.onCreate { _ in Script.picture }
            let new = try #require(
                await harness.engine.retry(
                    old.id, of: harness.account.id, RetryWish(onUnknown: .resubmit)))
            let job = try await harness.ended(new.id)

            #expect(refused?.code == "retry_needs_decision")
            #expect(refused?.message.contains("main may have charged") == true)
            #expect(refusedByName?.code == "retry_needs_decision")
            #expect(job.state == .completed)
        }
    }

    @Test func `an open ticket is asked about instead of buying`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            harness.script.onCreate { _ in .pending(ticket: "t-1", pollAfter: .seconds(60)) }
            let id = try await harness.submit { $0.deadline = .seconds(20) }.id
            _ = try await harness.job(id) { $0.state == .waiting }
            harness.clock.advance(by: .seconds(20))
            _ = try await harness.ended(id)
            for _ in 1...2 { harness.script.onPoll { _ in Script.picture } }

            let new = try #require(await harness.engine.retry(id, of: harness.account.id, RetryWish()))
            let job = try await harness.ended(new.id)

            #expect(job.state == .completed)
            #expect(job.provider == "main")
            #expect(harness.script.requests.count == 1)
        }
    }

    @Test func `the ticket belongs to the retry alone, and its cost is counted once`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            harness.script.onCreate { _ in .pending(ticket: "t-1", pollAfter: .seconds(60)) }
            let id = try await harness.submit { $0.deadline = .seconds(20) }.id
            _ = try await harness.job(id) { $0.state == .waiting }
            harness.clock.advance(by: .seconds(20))
            _ = try await harness.ended(id)
            harness.script.onPoll { _ in OpenTicketTests.costly }

            let new = try #require(await harness.engine.retry(id, of: harness.account.id, RetryWish()))
            let refused = await failure(harness, id)
            let job = try await harness.ended(new.id)
            harness.clock.advance(by: .seconds(600))
            let old = try #require(await harness.store.job(id, of: nil))

            #expect(job.steps.first?.cost == Cost(amount: 4, unit: "credits"))
            #expect(refused?.code == "retry_needs_decision")
            #expect(old.steps.map(\.ticket) == [nil])
            #expect(old.steps.first?.failure?.message == "job \(new.id) took this work over")
            #expect(old.steps.first?.cost == nil)
            #expect(try await harness.store.nextTicketDue() == nil)
            #expect(harness.script.polledTickets == ["t-1"])
        }
    }

    @Test func `only ended jobs without pictures are tried again, from steps that exist`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            harness.script.onCreate { _ in Script.picture }
            let done = try await harness.ended(harness.submit().id)
            let broken = try await failed(harness, .outOfFunds)

            let completed = await failure(harness, done.id)
            let unknown = await failure(harness, broken.id, RetryWish(fromStep: "stmp"))
            let early = await failure(harness, broken.id, RetryWish(fromStep: "stamp"))

            #expect(completed?.code == "job_not_retryable")
            #expect(unknown?.code == "validation_failed")
            #expect(unknown?.message.contains("main, stamp") == true)
            #expect(early?.code == "job_not_retryable")
            #expect(try await harness.engine.retry(done.id, of: .make("acct_"), RetryWish()) == nil)
        }
    }

    @Test func `a step that failed after the picture was bought begins with that picture`() async throws {
        let chain = EngineHarness.billedChain.replacingOccurrences(
            of: "{ \"use\": \"stamp\" }", with: "{ \"use\": \"stamp\", \"with\": { \"failing\": true } }")
        try await EngineHarness.run(chain: chain) { harness in
            harness.script.onCreate { _ in Script.picture }
            let old = try await harness.ended(harness.submit().id)

            let new = try #require(
                await harness.engine.retry(old.id, of: harness.account.id, RetryWish(fromStep: "stamp")))
            let job = try await harness.ended(new.id)

            #expect(job.failure?.code == "stamp_broken")
            #expect(harness.script.requests.count == 1)
            #expect(job.steps.first?.artifacts == old.steps.first?.artifacts)
        }
    }

    @Test func `the picture that is taken over keeps saying whom it stands in for`() async throws {
        let failing = #"{ "id": "broken", "use": "stamp", "with": { "failing": true } },"#
        let chain = CandidateTests.chain(#""main", "second""#, steps: failing)
        try await EngineHarness.run(chain: chain) { harness in
            harness.script.onCreate { _ throws(Failure) in
                throw Failure(.outOfFunds, code: "provider_out_of_funds", message: "no")
            }
            Script.named(harness.label + "-second").onCreate { _ in Script.picture }
            let old = try await harness.ended(harness.submit().id)
            #expect(old.fallback?.from == "main")

            let new = try #require(await harness.engine.retry(old.id, of: harness.account.id, RetryWish()))
            let again = try await harness.ended(new.id)
            let last = try #require(await harness.engine.retry(again.id, of: harness.account.id, RetryWish()))

            #expect(again.fallback == old.fallback)
            #expect(last.fallback == old.fallback)
        }
    }

    @Test func `the ticket that is taken over keeps saying whom it stands in for`() async throws {
        try await EngineHarness.run(chain: CandidateTests.chain(#""main", "second""#)) { harness in
            harness.script.onCreate { _ throws(Failure) in
                throw Failure(.outOfFunds, code: "provider_out_of_funds", message: "no")
            }
            let second = Script.named(harness.label + "-second")
            second.onCreate { _ in .pending(ticket: "t-1", pollAfter: .seconds(60)) }
            let id = try await harness.submit { $0.deadline = .seconds(20) }.id
            _ = try await harness.job(id) { $0.state == .waiting }
            harness.clock.advance(by: .seconds(20))
            let old = try await harness.ended(id)
            for _ in 1...2 { second.onPoll { _ in Script.picture } }

            let new = try #require(await harness.engine.retry(id, of: harness.account.id, RetryWish()))
            let job = try await harness.ended(new.id)

            #expect(job.state == .completed)
            #expect(job.fallback?.from == "main")
            #expect(job.fallback == old.fallback)
        }
    }

    @Test func `a chain whose plugin is gone gives way to the current one of its name`() async throws {
        var old = Job.make(account: .make("acct_"))
        old.state = .failed
        var current = PinnedChain.make()
        current.providers[0].id = "new"

        let retry = try JobRetry(of: old, on: current, RetryWish(fromStep: "new"))

        #expect(retry.pin.providers.map(\.id) == ["new"])
    }

    @Test func `the callback comes along`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            harness.script.onCreate { _ throws(Failure) in
                throw Failure(.outOfFunds, code: "provider_out_of_funds", message: "no")
            }
            let old = try await harness.submit {
                $0.callback = .init(
                    sealed: .make("hook"), summary: .init(host: "h", events: EventType.terminal))
            }
            _ = try await harness.ended(old.id)

            harness.script.onCreate { _ in Script.picture }
            let new = try #require(await harness.engine.retry(old.id, of: harness.account.id, RetryWish()))

            #expect(try await harness.store.callback(of: new.id) == .make("hook"))
            #expect(new.callback?.host == "h")
            _ = try await harness.ended(new.id)
        }
    }
}
