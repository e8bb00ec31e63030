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

    @Test func `nothing is bought for a job that was told to stop`() {
        let job = RunningJob(lease: "l")

        job.stop(.draining)

        #expect(!job.beginPurchase())
    }
}
