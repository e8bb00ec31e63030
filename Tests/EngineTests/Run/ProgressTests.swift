import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

@Suite("Progress", .timeLimit(.minutes(10)))
struct ProgressTests {
    private static let asking = Submission.Callback(
        sealed: .make(), summary: .init(host: "h", events: [.progress, .completed]))

    /// The next create reports, and answers with pictures once the second gate is open.
    private func reporting(_ harness: EngineHarness, _ progress: Double) -> (told: Gate, answer: Gate) {
        let (told, answer) = (Gate(), Gate())
        harness.script.onCreate { context in
            context.report(progress: progress)
            told.open()
            await answer.wait()
            context.report(progress: 0.9)
            return Script.picture
        }
        return (told, answer)
    }

    /// The job once it shows that percentage, a second after the provider told it.
    private func shown(_ percent: Int, _ id: JobID, _ harness: EngineHarness) async throws -> Job {
        harness.clock.advance(by: .seconds(1))
        return try await harness.job(id) { $0.progress.percent == percent }
    }

    @Test func `what a provider reports is written, and told to a callback that asks for it`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            let gates = reporting(harness, 0.5)
            let id = try await harness.submit { $0.callback = Self.asking }.id
            await gates.told.wait()

            let job = try await shown(27, id, harness)
            gates.answer.open()
            let ended = try await harness.ended(id)

            #expect(job.state == .generating)
            #expect(job.progress.step == "main")
            #expect(job.steps.map(\.status) == [.started])
            #expect(ended.state == .completed)
            #expect(
                try await harness.eventTypes(of: id) == [.queued, .progress, .processing, .completed])
        }
    }

    @Test func `it is written without an event where nobody asks`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            try await harness.store.insert(.make(account: harness.account.id), secret: .make())
            let gates = reporting(harness, 0.5)
            let id = try await harness.submit().id
            await gates.told.wait()

            _ = try await shown(27, id, harness)
            gates.answer.open()
            _ = try await harness.ended(id)

            #expect(try await harness.eventTypes(of: id) == [.queued, .processing, .completed])
        }
    }

    @Test func `polls report too, and an endpoint that asks hears of each step forward`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            try await harness.store.insert(
                .make(account: harness.account.id, events: [.progress]), secret: .make())
            harness.script.onCreate { _ in .pending(ticket: "t-1", pollAfter: .seconds(5)) }
            for progress in [0.2, 0.2, 0.1, 0.6] {
                harness.script.onPoll { context in
                    context.report(progress: progress)
                    return .pending(ticket: "t-1", pollAfter: .seconds(5))
                }
            }
            harness.script.onPoll { _ in Script.picture }

            let id = try await harness.submit().id
            let job = try await harness.endedInTime(id)
            let events = try await harness.store.events(EventQuery(account: harness.account.id, job: id))

            let told = events.map(\.event).filter { $0.type == .progress }
            let percents = try told.map { event in
                try JSONValue(parsing: event.body)["data"]?["progress"]?["percent"]?.integer
            }
            #expect(job.state == .completed)
            #expect(percents == [14, 32])
            #expect(events.map(\.event.sequence) == Array(1...events.count))
        }
    }

    @Test func `a job that was told to stop writes none, and its purchase is kept`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            let gates = reporting(harness, 0.5)
            let id = try await harness.submit { $0.callback = Self.asking }.id
            await gates.told.wait()
            try await harness.cancelRunning(id)
            harness.clock.advance(by: .seconds(5))

            gates.answer.open()
            let job = try await harness.ended(id)

            #expect(job.state == .cancelled)
            #expect(job.steps.map(\.status) == [.succeeded])
            #expect(try await harness.eventTypes(of: id).contains(.progress) == false)
        }
    }

    @Test func `a lease that is lost ends the writing`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            let gates = reporting(harness, 0.5)
            let id = try await harness.submit { $0.callback = Self.asking }.id
            await gates.told.wait()
            _ = try await harness.store.releaseExpiredLeases(now: .noon + .seconds(60))
            harness.clock.advance(by: .seconds(1))

            gates.answer.open()
            try await harness.wait { harness.engine.running.all[id] == nil }

            let job = try #require(await harness.store.job(id, of: nil))
            #expect(job.progress.percent == 5)
            #expect(harness.script.requests.count == 1)
        }
    }

    @Test func `of two orders the one that is farther is shown`() async throws {
        try await EngineHarness.run(chain: HedgeTests.chain) { harness in
            let gates = reporting(harness, 0.5)
            let id = try await harness.submit { $0.callback = Self.asking }.id
            await gates.told.wait()

            let job = try await shown(27, id, harness)
            gates.answer.open()
            let ended = try await harness.ended(id)

            #expect(job.progress.step == "main")
            #expect(ended.provider == "main")
            #expect(
                try await harness.eventTypes(of: id) == [.queued, .progress, .processing, .completed])
        }
    }
}
