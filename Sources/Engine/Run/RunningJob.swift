internal import Synchronization
internal import ThumbwireKit

/// Why a worker was told to stop before its job was done.
enum StopReason: Sendable {
    case cancelRequested
    /// The process drains: hand the job back.
    case draining
    /// Somebody else holds the job: write nothing.
    case leaseLost
    /// The job's own deadline passed.
    case deadline
    /// It was lost while it was tried alone: it ends and is not run.
    case poisoned
}

/// A job in the hands of this process: how to stop it, and why it was stopped.
final class RunningJob: Sendable {
    /// The id of the lease that it is held under.
    let lease: String
    /// When it is told to stop if it still runs.
    let deadline: Timestamp
    private let onLeave: @Sendable () -> Void

    init(
        lease: String, deadline: Timestamp = .distantFuture, onLeave: @escaping @Sendable () -> Void = {}
    ) {
        self.lease = lease
        self.deadline = deadline
        self.onLeave = onLeave
    }

    private struct State {
        var task: Task<Void, Never>?
        var reason: StopReason?
        /// A billed call is under way, or its answer is not durable yet.
        var isBuying = false
        /// Not even a billed call may go on.
        var isCutOff = false
        /// Only a write is left.
        var isLeaving = false

        /// The task, where it must give up now.
        var taskToCancel: Task<Void, Never>? {
            reason != nil && (isCutOff || !isBuying) ? task : nil
        }
    }

    private let state = Mutex(State())

    /// Why it was told to stop; `nil` while it may go on.
    var stopReason: StopReason? { state.withLock { $0.reason } }

    /// True from ``leave()`` on.
    var isLeaving: Bool { state.withLock { $0.isLeaving } }

    /// Says that the write follows that ends the job or lets it rest: its place is free for another job, which is
    /// claimed in the same commit.
    func leave() {
        let wasLeaving = state.withLock { state in
            defer { state.isLeaving = true }
            return state.isLeaving
        }
        if !wasLeaving { onLeave() }
    }

    /// Says that a billed call follows, whose answer is awaited from now on although the job is told to stop. False
    /// when it was told to stop before: nothing may be bought then.
    func beginPurchase() -> Bool {
        state.withLock { state in
            guard state.reason == nil else { return false }
            state.isBuying = true
            return true
        }
    }

    /// Says that the answer is durable, or that there will be none.
    func endPurchase() {
        let task = state.withLock { state in
            state.isBuying = false
            return state.taskToCancel
        }
        task?.cancel()
    }

    /// Connects the task that runs the job; stops it at once if it was told to stop before.
    func attach(_ task: Task<Void, Never>) {
        let task = state.withLock { state in
            state.task = task
            return state.taskToCancel
        }
        task?.cancel()
    }

    /// The first reason stays. A billed call is awaited, within its deadline, unless it is cut off or its answer could
    /// not be written any more.
    func stop(_ reason: StopReason, cutsPurchase: Bool = false) {
        let task = state.withLock { state in
            if state.reason == nil { state.reason = reason }
            if cutsPurchase || reason == .leaseLost { state.isCutOff = true }
            return state.taskToCancel
        }
        task?.cancel()
    }
}
