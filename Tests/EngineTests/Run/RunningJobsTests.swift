import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

@Suite("Running jobs")
struct RunningJobsTests {
    @Test func `a run that ends late does not take away the next run of its job`() {
        let (running, id) = (RunningJobs(), JobID.make("job_"))
        let (first, second) = (RunningJob(lease: "l"), RunningJob(lease: "l"))
        running.add(id, first)
        running.add(id, second)

        running.remove(id, first)

        #expect(running.all[id] === second)
        running.remove(id, second)
        #expect(running.count == 0)
    }

    @Test func `a job that only a write is left of leaves its place, and says so once`() {
        let running = RunningJobs()
        let said = Mutex(0)
        let job = RunningJob(lease: "l") { said.withLock { $0 += 1 } }
        running.add(.make("job_"), job)

        job.leave()
        job.leave()

        #expect(running.count == 0)
        #expect(running.all.count == 1)
        #expect(said.withLock { $0 } == 1)
    }

    @Test(.timeLimit(.minutes(10)))
    func `one timer stops each job at its own deadline`() async throws {
        let (running, clock) = (RunningJobs(), ManualClock())
        let (late, early) = (
            RunningJob(lease: "l", deadline: .noon + .seconds(20)),
            RunningJob(lease: "l", deadline: .noon + .seconds(10))
        )
        running.add(.make("job_"), late)
        let watch = Task { await running.keepDeadlines(clock) }
        while clock.sleeperCount == 0 { await Task.yield() }
        running.add(.make("job_"), early)

        // Until the timer is set anew, time that passes is seen by it all the same.
        clock.advance(by: .seconds(10))
        while early.stopReason == nil { await Task.yield() }
        #expect(late.stopReason == nil)
        clock.advance(by: .seconds(10))
        while late.stopReason == nil { await Task.yield() }

        watch.cancel()
        await watch.value
        #expect(early.stopReason == .deadline && late.stopReason == .deadline)
    }

    @Test func `nothing is bought for a job that was told to stop`() {
        let job = RunningJob(lease: "l")

        job.stop(.draining)

        #expect(!job.beginPurchase())
    }
}
