import Foundation
import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

@Suite("A job's life", .timeLimit(.minutes(10)))
struct JobLifeTests {
    @Test func `a job runs from acceptance to its outputs and one terminal event`() async throws {
        try await EngineHarness.run { harness in
            harness.script.onCreate { _ in Script.picture }

            let accepted = try await harness.submit()
            let job = try await harness.ended(accepted.id)

            #expect(accepted.state == .queued)
            #expect(job.state == .completed)
            #expect(job.outputs.count == 1)
            #expect(job.provider == "main")
            #expect(job.steps.map { $0.id } == ["main", "stamp"])
            #expect(job.steps.allSatisfy { $0.status == .succeeded })
            #expect(try await harness.eventTypes(of: job.id) == [.queued, .processing, .completed])
            let bytes = try await harness.services.artifacts.read(sha256: job.outputs[0].sha256)
            #expect(String(decoding: bytes, as: UTF8.self) == "stamp")
            #expect(try await harness.store.composition(of: job.id, variant: 0) != nil)
        }
    }

    @Test func `a ticket is polled at its time and created only once`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            harness.script.onCreate { _ in .pending(ticket: "t-1", pollAfter: .seconds(5)) }
            harness.script.onPoll { _ in .pending(ticket: "t-1", pollAfter: .seconds(5)) }
            harness.script.onPoll { _ in Script.picture }

            let id = try await harness.submit().id
            _ = try await harness.job(id) { $0.state == .waiting }
            harness.clock.advance(by: .seconds(5))
            try await harness.wait { harness.script.polledTickets.count == 1 }
            // The next question is due 5 s after this one was answered, whenever that is.
            let job = try await harness.endedInTime(id)

            #expect(job.state == .completed)
            #expect(harness.script.requests.count == 1)
            #expect(harness.script.polledTickets == ["t-1", "t-1"])
        }
    }

    @Test func `the intent of a billed call is durable before the call`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            let seen = Mutex<Step.Status?>(nil)
            harness.script.onCreate { [store = harness.store] context in
                let job = try? await store.job(context.job, of: nil)
                seen.withLock { $0 = job?.steps.first?.status }
                return Script.picture
            }

            let id = try await harness.submit().id
            _ = try await harness.ended(id)

            #expect(seen.withLock { $0 } == .started)
        }
    }

    @Test func `a failure that can heal is tried again after a rest`() async throws {
        try await EngineHarness.run { harness in
            harness.script.onCreate { _ throws(Failure) in
                throw Failure(.unavailable, code: "down", message: "down")
            }
            harness.script.onCreate { _ in Script.picture }

            let id = try await harness.submit().id
            _ = try await harness.job(id) { $0.state == .waiting }
            harness.clock.advance(by: .seconds(2))
            let job = try await harness.ended(id)

            #expect(job.state == .completed)
            #expect(job.steps.filter { $0.index == 0 }.map { $0.status } == [.failed, .succeeded])
            #expect(job.steps.filter { $0.index == 0 }.map { $0.attempt } == [1, 2])
        }
    }

    @Test func `waits that the provider asks for take no place in the job and no attempt`() async throws {
        try await EngineHarness.run { harness in
            for _ in 1...6 {
                harness.script.onCreate { _ throws(Failure) in
                    throw Failure(.rateLimited, code: "slow_down", message: "no", retryAfter: .zero)
                }
            }
            harness.script.onCreate { _ in Script.picture }

            let id = try await harness.submit().id
            for tries in 1...6 {
                let job = try await harness.job(id) {
                    $0.state == .waiting && harness.script.requests.count == tries
                }
                #expect(job.steps.map { $0.attempt } == [1])
                harness.clock.advance(by: .seconds(1))
            }
            let job = try await harness.ended(id)

            #expect(job.state == .completed)
            #expect(job.steps.first { $0.index == 0 }?.attempt == 1)
        }
    }

    @Test func `a wait that outlasts the job ends it at once`() async throws {
        try await EngineHarness.run { harness in
            harness.script.onCreate { _ throws(Failure) in
                throw Failure(.rateLimited, code: "slow_down", message: "no", retryAfter: .seconds(86_400))
            }

            let job = try await harness.ended(harness.submit { $0.deadline = .seconds(20) }.id)

            #expect(job.failure?.code == "slow_down")
        }
    }

    @Test(arguments: [FailureClass.invalidInput, .contentRejected, .outcomeUnknown])
    func `what another provider must not hide ends the job`(failureClass: FailureClass) async throws {
        try await EngineHarness.run(chain: Self.twoProviders) { harness in
            harness.script.onCreate { _ throws(Failure) in
                throw Failure(failureClass, code: "no", message: "no")
            }

            let job = try await harness.ended(harness.submit().id)

            #expect(job.state == .failed)
            #expect(job.failure?.failureClass == failureClass)
            #expect(try await harness.eventTypes(of: job.id) == [.queued, .failed])
        }
    }

    @Test func `the next provider of the chain takes over, and the job says so`() async throws {
        try await EngineHarness.run(chain: Self.twoProviders) { harness in
            harness.script.onCreate { _ throws(Failure) in
                throw Failure(.outOfFunds, code: "no_money", message: "no")
            }
            harness.script.onCreate { _ in Script.picture }

            let job = try await harness.ended(harness.submit().id)

            #expect(job.state == .completed)
            #expect(job.provider == "second")
            #expect(job.fallback == Job.Fallback(from: "main", reason: "no_money"))
        }
    }

    @Test func `each variant gets its own output`() async throws {
        try await EngineHarness.run { harness in
            harness.script.onCreate { _ in
                let picture = GenerationResult.Picture(bytes: [1], mediaType: "image/png")
                return .finished(GenerationResult(pictures: [picture, picture, picture]))
            }

            let job = try await harness.ended(harness.submit { $0.request.variants = 3 }.id)

            #expect(job.outputs.map { $0.variant } == [0, 1, 2])
            #expect(Set(job.outputs.map { $0.fileName }).count == 3)
        }
    }

    @Test func `a step that may be skipped leaves a warning, any other fails the job`() async throws {
        try await EngineHarness.run(chain: Self.brokenStep) { harness in
            harness.script.onCreate { _ in Script.picture }
            harness.script.onCreate { _ in Script.picture }

            let skipped = try await harness.ended(harness.submit().id)
            let failed = try await harness.ended(harness.submit { $0.chain = "strict" }.id)

            #expect(skipped.state == .completed)
            #expect(skipped.warnings.map { $0.code } == ["step_skipped"])
            #expect(failed.state == .failed)
            #expect(failed.failure?.code == "stamp_broken")
        }
    }

    @Test func `a step whose condition does not hold is not run`() async throws {
        let chain = EngineHarness.plainChain.replacingOccurrences(
            of: "\"steps\": [",
            with: "\"steps\": [ { \"id\": \"never\", \"use\": \"stamp\", \"if\": \"template.overlay\" },")
        try await EngineHarness.run(chain: chain) { harness in
            harness.script.onCreate { _ in Script.picture }

            let job = try await harness.ended(harness.submit().id)

            #expect(job.steps.first { $0.id == "never" }?.status == .skipped)
            #expect(job.outputs.count == 1)
        }
    }

    static let twoProviders = """
        { "version": 1, "providers": {
            "main": { "plugin": "scripted", "config": { "label": "LABEL" } },
            "second": { "plugin": "scripted", "config": { "label": "LABEL", "apiKey": "other" } } },
          "chains": { "default": { "providers": ["main", "second"], "steps": [ { "use": "stamp" } ] } } }
        """

    static let brokenStep = """
        { "version": 1, "providers": { "main": { "plugin": "scripted", "config": { "label": "LABEL" } } },
          "chains": {
            "default": { "providers": ["main"], "steps": [
              { "id": "broken", "use": "stamp", "with": { "failing": true }, "onError": "skip" }, { "use": "stamp" } ] },
            "strict": { "providers": ["main"], "steps": [ { "use": "stamp", "with": { "failing": true } } ] } } }
        """
}
