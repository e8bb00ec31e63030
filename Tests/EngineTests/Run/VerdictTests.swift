import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

@Suite("Work that ended without a picture", .timeLimit(.minutes(10)))
struct VerdictTests {
    static let chain = CandidateTests.chain("\"main\", \"second\"")

    private static func failed(_ failureClass: FailureClass, code: String = "provider_failed")
        -> Script.Answer
    {
        { _ in .failed(Failure(failureClass, code: code, message: "no picture")) }
    }

    private static let ticket: Script.Answer = { _ in .pending(ticket: "t-1", pollAfter: .seconds(2)) }

    /// The job once it ended, whose first provider gave a ticket and then that answer; the second makes pictures.
    private func job(
        _ harness: EngineHarness, after answer: @escaping Script.Answer
    ) async throws -> (job: Job, second: Script) {
        let second = Script.named(harness.label + "-second")
        second.onCreate { _ in Script.picture }
        harness.script.onCreate(Self.ticket)
        harness.script.onPoll(answer)
        return (try await harness.endedInTime(harness.submit().id), second)
    }

    @Test(arguments: [FailureClass.unavailable, .rateLimited, .timeout, .internal])
    func `the next provider is asked, and this one never again`(failureClass: FailureClass) async throws {
        try await EngineHarness.run(chain: Self.chain) { harness in
            let (job, second) = try await job(harness, after: Self.failed(failureClass, code: "odd"))

            #expect(job.state == .completed)
            #expect(job.provider == "second")
            #expect(job.fallback == Job.Fallback(from: "main", reason: "provider_failed"))
            #expect(harness.script.requests.count == 1)
            #expect(harness.script.polledTickets == ["t-1"])
            #expect(second.requests.count == 1)
            #expect(try await harness.store.openTicketCount(of: "main") == 0)
        }
    }

    @Test func `an order that ended at once is not repeated there either`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            harness.script.onCreate(Self.failed(.unavailable))

            let job = try await harness.ended(harness.submit().id)

            #expect(job.failure?.code == "provider_failed")
            #expect(harness.script.requests.count == 1)
        }
    }

    @Test(arguments: [FailureClass.invalidInput, .contentRejected])
    func `a class that the chain does not list ends the job`(failureClass: FailureClass) async throws {
        try await EngineHarness.run(chain: Self.chain) { harness in
            let (job, second) = try await job(
                harness, after: Self.failed(failureClass, code: "provider_returned_nothing"))

            #expect(job.failure?.code == "provider_returned_nothing")
            #expect(harness.script.polledTickets == ["t-1"])
            #expect(second.requests.isEmpty)
        }
    }

    @Test func `an outcome that nobody knows buys nothing elsewhere, until the client says so`() async throws
    {
        try await EngineHarness.run(chain: Self.chain) { harness in
            let (job, second) = try await job(
                harness, after: Self.failed(.outcomeUnknown, code: "provider_outcome_unknown"))
            let untouched = second.requests.isEmpty
            harness.script.onPoll(Self.failed(.outcomeUnknown, code: "provider_outcome_unknown"))
            let account = harness.account.id
            let asked = try #require(await harness.engine.retry(job.id, of: account, RetryWish()))
            let again = try await harness.endedInTime(asked.id)
            let decided = try #require(
                await harness.engine.retry(again.id, of: account, RetryWish(onUnknown: .resubmit)))
            harness.script.onCreate { _ in Script.picture }
            let last = try await harness.endedInTime(decided.id)

            #expect(job.failure?.code == "provider_outcome_unknown")
            #expect(untouched)
            #expect(again.failure?.code == "provider_outcome_unknown")
            #expect(harness.script.polledTickets == ["t-1", "t-1"])
            #expect(last.provider == "main")
            #expect(harness.script.requests.count == 2)
        }
    }

    @Test func `it settles the ticket of a job that has ended`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            harness.script.onCreate { _ in .pending(ticket: "t-1", pollAfter: .seconds(60)) }
            harness.script.onPoll(Self.failed(.unavailable))
            let id = try await harness.submit().id
            _ = try await harness.job(id) { $0.state == .waiting }
            _ = try await harness.engine.cancel(id, of: harness.account.id)

            try await harness.pass {
                try await harness.store.openTicketCount(of: "main") == 0
            }

            let job = try #require(await harness.store.job(id, of: nil))
            #expect(job.state == .cancelled)
            #expect(job.steps.first?.failure?.code == "provider_failed")
        }
    }

    @Test func `of two orders the one that failed makes way for the other`() async throws {
        try await EngineHarness.run(chain: HedgeTests.chain) { harness in
            let gate = Gate()
            harness.script.onCreate { _ in
                await gate.wait()
                return .failed(Failure(.unavailable, code: "provider_failed", message: "no picture"))
            }
            let second = Script.named(harness.label + "-second")
            second.onCreate { _ in
                gate.open()
                return .pending(ticket: "t-2", pollAfter: .seconds(2))
            }
            second.onPoll { _ in Script.picture }
            let id = try await harness.submit().id
            try await harness.wait { harness.script.requests.count == 1 }
            try await harness.wait {
                if second.requests.isEmpty { try await harness.passSecond() }
                return second.requests.count == 1
            }

            let job = try await harness.endedInTime(id)

            #expect(job.provider == "second")
            #expect(job.steps.first { $0.id == "main" }?.failure?.code == "provider_failed")
            #expect(harness.script.requests.count == 1)
        }
    }
}
