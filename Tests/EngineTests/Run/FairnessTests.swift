import Documents
import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

@Suite("Turns of accounts", .timeLimit(.minutes(10)))
struct FairnessTests {
    @Test func `the jobs of a small account are begun before the backlog of a large one`() async throws {
        let harness = try await EngineHarness(chain: EngineHarness.plainChain)
        let (places, small) = (harness.engine.configuration.maximumRunningJobs, Account.make())
        try await harness.store.insert(small, callbackSecret: .make())
        let gate = Gate()
        for _ in 0..<(places * 2 + 3) {
            harness.script.onCreate { _ throws(Failure) in
                await gate.wait()
                return Script.picture
            }
        }
        for _ in 0..<(places * 2) { _ = try await harness.submit() }
        for number in 0..<3 {
            _ = try await harness.submit {
                $0.account = small.id
                $0.request.title = "small \(number)"
            }
        }

        try await harness.use { harness in
            try await harness.wait { harness.script.requests.count == places }
            let titles = harness.script.requests.compactMap { $0.thumbnail.title }
            gate.open()

            #expect(Set(titles).isSuperset(of: ["small 0", "small 1", "small 2"]))
        }
    }

    @Test func `an account at its maximum waits for its own jobs, and no other account does`() async throws {
        let harness = try await EngineHarness(chain: EngineHarness.plainChain)
        let capped = Account.make(maximumRunningJobs: 1)
        try await harness.store.insert(capped, callbackSecret: .make())
        let gate = Gate()
        for _ in 0..<4 {
            harness.script.onCreate { _ throws(Failure) in
                await gate.wait()
                return Script.picture
            }
        }
        var jobs: [JobID] = []
        for _ in 0..<3 { jobs.append(try await harness.submit { $0.account = capped.id }.id) }
        _ = try await harness.submit()

        try await harness.use { harness in
            try await harness.wait { harness.script.requests.count == 2 }
            var running = 0
            for id in jobs where try await harness.store.job(id, of: nil)?.state == .generating {
                running += 1
            }
            #expect(running == 1)

            gate.open()
            try await harness.wait {
                for id in jobs where try await harness.store.job(id, of: nil)?.state != .completed {
                    return false
                }
                return true
            }
        }
    }

    @Test func `a job of which it cannot be read what became of it fails and says so`() async throws {
        let harness = try await EngineHarness(chain: EngineHarness.plainChain)
        var (damaged, step) = (Job.make(account: harness.account.id), Step.make())
        // What JSON has no number for is written and never read.
        step.cost = Cost(amount: .nan, unit: "usd")
        damaged.steps = [step]
        try await harness.store.accept(damaged, callback: nil, event: .make(.queued, of: damaged))

        try await harness.use { [id = damaged.id] harness in
            try await harness.wait { try await harness.eventTypes(of: id).contains(.failed) }
            let job = try #require(await harness.store.job(id, of: nil))

            #expect(job.state == .failed)
            #expect(job.failure?.code == "job_unreadable")
            let events = try await harness.store.events(EventQuery(account: harness.account.id, job: id))
            #expect(events.map { $0.event.sequence } == [1, 2])
            #expect(harness.script.requests.isEmpty)
        }
    }
}
