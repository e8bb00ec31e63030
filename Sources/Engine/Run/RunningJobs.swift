internal import Synchronization
internal import ThumbwireKit

/// The jobs in the hands of this process.
final class RunningJobs: Sendable {
    private struct State {
        var jobs: [JobID: RunningJob] = [:]
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.jobs.count } }

    var ids: [JobID] { state.withLock { Array($0.jobs.keys) } }

    func add(_ id: JobID, _ job: RunningJob) {
        state.withLock { $0.jobs[id] = job }
    }

    func remove(_ id: JobID) {
        let waiters = state.withLock { state in
            state.jobs[id] = nil
            guard state.jobs.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func stop(_ id: JobID, _ reason: StopReason) {
        state.withLock { $0.jobs[id] }?.stop(reason)
    }

    func stopAll(_ reason: StopReason) {
        for job in state.withLock({ Array($0.jobs.values) }) { job.stop(reason) }
    }

    /// Stops all but those that wait for the answer of a billed call.
    func stopUncommitted(_ reason: StopReason) {
        for job in state.withLock({ Array($0.jobs.values) }) where !job.isCommittedToProvider {
            job.stop(reason)
        }
    }

    /// Returns when no job is left, at once if there is none.
    func waitUntilEmpty() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if !state.jobs.isEmpty { state.waiters.append(continuation) }
                return state.jobs.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
    }
}
