import Foundation
import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

@Suite("Interruptions", .timeLimit(.minutes(10)))
struct InterruptionTests {
    @Test func `a queued job is cancelled at once`() async throws {
        try await EngineHarness.run(isRunning: false) { harness in
            let id = try await harness.submit().id

            let outcome = try await harness.engine.cancel(id, of: harness.account.id)

            guard case .cancelled = outcome else { return #expect(Bool(false), "outcome was \(outcome)") }
            #expect(try await harness.eventTypes(of: id) == [.queued, .cancelled])
        }
    }

    @Test func `a running job stops, and exactly one terminal event says so`() async throws {
        try await EngineHarness.run { harness in
            let started = harness.script.onCreateHang()
            let id = try await harness.submit().id
            await started.wait()

            let outcome = try await harness.engine.cancel(id, of: harness.account.id)
            let job = try await harness.ended(id)

            guard case .requested = outcome else { return #expect(Bool(false), "outcome was \(outcome)") }
            #expect(job.state == .cancelled)
            #expect(try await harness.eventTypes(of: id) == [.queued, .cancelled])
        }
    }

    @Test func `jobs that were cancelled say nothing against their provider`() async throws {
        try await EngineHarness.run { harness in
            for _ in 1...6 {
                let started = harness.script.onCreateHang()
                let id = try await harness.submit().id
                await started.wait()
                _ = try await harness.engine.cancel(id, of: harness.account.id)
                _ = try await harness.ended(id)
            }
            harness.script.onCreate { _ in Script.picture }

            let job = try await harness.job(harness.submit().id) {
                $0.state.isTerminal || $0.state == .waiting
            }

            #expect(job.state == .completed)
        }
    }

    @Test func `cancelling a job that waits for its provider tells the provider`() async throws {
        try await EngineHarness.run { harness in
            harness.script.onCreate { _ in .pending(ticket: "t-9", pollAfter: .seconds(60)) }
            let id = try await harness.submit().id
            _ = try await harness.job(id) { $0.state == .waiting }

            _ = try await harness.engine.cancel(id, of: harness.account.id)
            let job = try await harness.ended(id)

            #expect(job.state == .cancelled)
            #expect(harness.script.cancelledTickets == ["t-9"])
        }
    }

    @Test func `a job past its deadline fails, whatever its provider does`() async throws {
        try await EngineHarness.run { harness in
            let started = harness.script.onCreateHang()
            let id = try await harness.submit { $0.deadline = .seconds(20) }.id
            await started.wait()

            harness.clock.advance(by: .seconds(21))
            let job = try await harness.ended(id)

            #expect(job.failure?.code == "deadline_exceeded")
        }
    }

    @Test func `a billed call that does not answer in time has an unknown outcome and is not repeated`()
        async throws
    {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            let started = Gate()
            harness.script.onCreate { _ throws(Failure) in
                started.open()
                await Gate().wait()
                throw Failure(.outcomeUnknown, code: "provider_outcome_unknown", message: "no answer")
            }
            let id = try await harness.submit().id
            await started.wait()

            harness.clock.advance(by: .seconds(400))
            let job = try await harness.ended(id)

            #expect(job.failure?.code == "provider_outcome_unknown")
            #expect(harness.script.requests.count == 1)
        }
    }

    @Test func `an intent without an answer is unknown after a crash and is never bought again`() async throws
    {
        try await EngineHarness.run(chain: EngineHarness.billedChain, isRunning: false) { harness in
            let id = try await crashed(harness) { $0.status = .started }

            let job = try await resumed(harness, id)

            #expect(job.failure?.code == "provider_outcome_unknown")
            #expect(harness.script.requests.isEmpty)
        }
    }

    @Test func `an intent without an answer is unknown even past the job's deadline`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain, isRunning: false) { harness in
            let id = try await crashed(harness, deadline: .seconds(20)) { $0.status = .started }

            let job = try await resumed(harness, id)

            #expect(job.failure?.code == "provider_outcome_unknown")
        }
    }

    @Test func `a job that was asked to cancel before a crash buys nothing after it`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain, isRunning: false) { harness in
            harness.script.onCreate { _ in Script.picture }
            let id = try await crashed(harness) { step in
                step.status = .failed
                step.failure = Failure(.unavailable, code: "down", message: "down")
            }
            _ = try await harness.engine.cancel(id, of: harness.account.id)

            let job = try await resumed(harness, id)

            #expect(job.state == .cancelled)
            #expect(harness.script.requests.isEmpty)
        }
    }

    @Test func `a ticket is polled on after a crash`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain, isRunning: false) { harness in
            harness.script.onPoll { _ in Script.picture }
            let id = try await crashed(harness) { step in
                step.status = .pending
                step.ticket = "t-7"
            }

            let job = try await resumed(harness, id)

            #expect(job.state == .completed)
            #expect(harness.script.polledTickets == ["t-7"])
            #expect(harness.script.requests.isEmpty)
        }
    }

    @Test func `a free provider simply runs again after a crash`() async throws {
        try await EngineHarness.run(isRunning: false) { harness in
            harness.script.onCreate { _ in Script.picture }
            let id = try await crashed(harness) { $0.status = .started }

            let job = try await resumed(harness, id)

            #expect(job.state == .completed)
            #expect(job.steps.filter { $0.index == 0 }.map { $0.attempt } == [1])
        }
    }

    @Test func `bytes that arrived before a crash are used`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain, isRunning: false) { harness in
            let artifact = Artifact(
                id: .make("art_"), account: harness.account.id, job: nil, fileName: "f.png",
                sha256: try await harness.services.artifacts.write([9, 9]).sha256, mediaType: "image/png",
                bytes: 2,
                createdAt: .noon)
            let id = try await crashed(harness, artifacts: [artifact]) { step in
                step.status = .succeeded
                step.artifacts = [artifact.id]
            }

            let job = try await resumed(harness, id)

            #expect(job.state == .completed)
            #expect(harness.script.requests.isEmpty)
        }
    }

    @Test func `draining hands free work back and burns no attempt`() async throws {
        try await EngineHarness.run { harness in
            let started = harness.script.onCreateHang()
            let id = try await harness.submit().id
            await started.wait()

            await harness.engine.drain(timeout: .seconds(30))
            let job = try #require(await harness.store.job(id, of: nil))
            let claimed = try await harness.store.claim(
                limit: 1, lease: Lease(id: "other", until: .noon + .seconds(99)), now: harness.clock.now())

            #expect(!job.state.isTerminal)
            #expect(job.failure == nil)
            #expect(claimed.map { $0.id } == [id])
            #expect(!harness.engine.isAccepting)
        }
    }

    @Test func `draining waits for the answer of a billed call`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            let (started, release) = (Gate(), Gate())
            harness.script.onCreate { _ in
                started.open()
                await release.wait()
                return Script.picture
            }
            let id = try await harness.submit().id
            await started.wait()

            async let drained: Void = harness.engine.drain(timeout: .seconds(30))
            release.open()
            await drained
            let job = try #require(await harness.store.job(id, of: nil))

            #expect(job.steps.first?.status == .succeeded)
        }
    }

    @Test func `a worker that lost its lease writes nothing more`() async throws {
        try await EngineHarness.run { harness in
            let (started, release) = (Gate(), Gate())
            harness.script.onCreate { _ in
                started.open()
                await release.wait()
                return Script.picture
            }
            let id = try await harness.submit().id
            await started.wait()
            let later = harness.clock.now() + .seconds(31)
            _ = try await harness.store.releaseExpiredLeases(now: later)
            _ = try await harness.store.claim(
                limit: 1, lease: Lease(id: "other", until: later + .seconds(30)), now: later)

            release.open()
            await harness.engine.drain(timeout: .seconds(30))
            let job = try #require(await harness.store.job(id, of: nil))

            #expect(!job.state.isTerminal)
            #expect(try await harness.eventTypes(of: id) == [.queued])
        }
    }

    /// A job whose process died under a lease, with its provider step as the test wants it.
    private func crashed(
        _ harness: EngineHarness, artifacts: [Artifact] = [], deadline: Duration? = nil,
        _ change: (inout Step) -> Void
    ) async throws -> JobID {
        let id = try await harness.submit { $0.deadline = deadline }.id
        let lease = Lease(id: "dead", until: harness.clock.now() + .seconds(30))
        var job = try #require(
            await harness.store.claim(limit: 1, lease: lease, now: harness.clock.now()).first?.job)
        let use = try #require(job.pin.providers.first)
        var step = harness.services.registry.step(for: use, index: 0, attempt: 1, at: .noon)
        change(&step)
        job.steps = [step]
        _ = try await harness.store.apply(
            JobChange(job: job, lease: "dead", disposition: .keep, artifacts: artifacts))
        return id
    }

    /// What becomes of the job once the dead process's lease has run out and an engine runs.
    private func resumed(_ harness: EngineHarness, _ id: JobID) async throws -> Job {
        harness.clock.advance(by: .seconds(31))
        _ = try await harness.store.releaseExpiredLeases(now: harness.clock.now())
        let work = Task { await harness.engine.run() }
        let job = try await harness.ended(id)
        work.cancel()
        await work.value
        return job
    }
}

/// The second half of a job, on a render thread.
@Suite("Interrupted steps", .timeLimit(.minutes(10)))
struct InterruptedStepTests {
    @Test func `a job is cancelled while its picture is processed`() async throws {
        try await EngineHarness.run(chain: EngineHarness.endlessChain) { harness in
            harness.script.onCreate { _ in Script.picture }
            let id = try await harness.submit().id
            await harness.script.stepBegan.wait()
            #expect(try await harness.store.job(id, of: nil)?.state == .processing)

            _ = try await harness.engine.cancel(id, of: harness.account.id)
            let job = try await harness.ended(id)

            #expect(job.state == .cancelled)
            #expect(try await harness.eventTypes(of: id) == [.queued, .processing, .cancelled])
        }
    }

    @Test func `a step that takes longer than it may fails the job`() async throws {
        try await EngineHarness.run(chain: EngineHarness.endlessChain) { harness in
            harness.script.onCreate { _ in Script.picture }
            let id = try await harness.submit().id
            await harness.script.stepBegan.wait()

            harness.clock.advance(by: .seconds(61))
            let job = try await harness.ended(id)

            #expect(job.failure?.code == "step_timeout")
        }
    }

    @Test func `draining hands a picture that is processed back, and it is not bought again`() async throws {
        let first = try await EngineHarness(chain: EngineHarness.endlessChain)
        first.script.onCreate { _ in Script.picture }
        let accepted = Mutex<JobID?>(nil)
        try await first.use { harness in
            let id = try await harness.submit().id
            accepted.withLock { $0 = id }
            await harness.script.stepBegan.wait()
            await harness.engine.drain(timeout: .seconds(30))
            let job = try #require(try await harness.store.job(id, of: nil))
            #expect(job.state == .processing && job.failure == nil)
        }
        let id = try #require(accepted.withLock { $0 })

        try await first.next(chain: EngineHarness.endlessChain).use { harness in
            _ = try await harness.engine.cancel(id, of: harness.account.id)
            #expect(try await harness.ended(id).state == .cancelled)
            #expect(harness.script.requests.count == 1)
        }
    }

    @Test func `a create that is cut off while it prepares has bought nothing and is tried again`()
        async throws
    {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            let started = Gate()
            harness.script.onCreate { context throws(Failure) in
                context.enter(.preparing)
                started.open()
                await Gate().wait()
                throw Failure(.timeout, code: "provider_timeout", message: "the upload hung")
            }
            harness.script.onCreate { _ in Script.picture }
            let id = try await harness.submit { $0.deadline = .seconds(80_000) }.id
            await started.wait()

            harness.clock.advance(by: .seconds(331))
            let job = try await harness.endedInTime(id)

            #expect(job.state == .completed)
            #expect(job.steps.first?.failure?.code == "provider_timeout")
            #expect(harness.script.requests.count == 2)
        }
    }
}
