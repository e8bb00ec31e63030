internal import Synchronization
internal import ThumbwireKit

/// The jobs in the hands of this process.
final class RunningJobs: Sendable {
    private struct State {
        var jobs: [JobID: RunningJob] = [:]
        var nextWaiter = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.jobs.count } }

    /// All of them as they are now.
    var all: [JobID: RunningJob] { state.withLock { $0.jobs } }

    /// Takes the place of an earlier run of the same job that is about to end.
    func add(_ id: JobID, _ job: RunningJob) {
        state.withLock { $0.jobs[id] = job }
    }

    /// Removes this run of the job; a later one, which may have begun as soon as this one let go, stays.
    func remove(_ id: JobID, _ job: RunningJob) {
        let waiters = state.withLock { state in
            if state.jobs[id] === job { state.jobs[id] = nil }
            guard state.jobs.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    func stop(_ id: JobID, _ reason: StopReason) {
        state.withLock { $0.jobs[id] }?.stop(reason)
    }

    /// Billed calls are awaited unless they are cut off.
    func stopAll(_ reason: StopReason, cutsPurchases: Bool = false) {
        for job in all.values { job.stop(reason, cutsPurchase: cutsPurchases) }
    }

    /// Returns when no job is left, at once if there is none, or when the task is cancelled.
    func waitUntilEmpty() async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    // Asked under the lock: a cancellation from here on finds the waiter.
                    if state.jobs.isEmpty || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
