internal import Persistence
internal import Synchronization
internal import ThumbwireKit

/// The jobs in the hands of this process.
final class RunningJobs: Sendable {
    private struct State {
        var jobs: [JobID: RunningJob] = [:]
        var nextWaiter = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        /// When the next deadline is looked at.
        var nextDeadline = Timestamp.distantFuture
    }

    private let state = Mutex(State())
    private let earlierDeadline = Wakeup()

    /// How many have a place: those that only a write is left of do not.
    var count: Int { state.withLock { $0.jobs.values.count { !$0.isLeaving } } }

    /// All of them as they are now.
    var all: [JobID: RunningJob] { state.withLock { $0.jobs } }

    /// Takes the place of an earlier run of the same job that is about to end.
    func add(_ id: JobID, _ job: RunningJob) {
        let isEarlier = state.withLock { state in
            state.jobs[id] = job
            guard job.deadline < state.nextDeadline else { return false }
            state.nextDeadline = job.deadline
            return true
        }
        if isEarlier { earlierDeadline.wake() }
    }

    /// Stops each job when its deadline passes, with one timer for all of them, until the task is cancelled.
    func keepDeadlines(_ clock: any WallClock) async {
        while !Task.isCancelled {
            let next = stopOverdue(at: clock.now())
            await earlierDeadline.wait(orUntil: { try? await clock.sleep(until: next) })
        }
    }

    /// When the next deadline passes.
    private func stopOverdue(at now: Timestamp) -> Timestamp {
        let (overdue, next) = state.withLock { state in
            let waiting = state.jobs.values.filter { $0.stopReason == nil }
            state.nextDeadline =
                waiting.map(\.deadline).filter { $0 > now }.min() ?? .distantFuture
            return (waiting.filter { $0.deadline <= now }, state.nextDeadline)
        }
        for job in overdue { job.stop(.deadline) }
        return next
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
