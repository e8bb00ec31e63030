internal import Synchronization

/// Why a worker was told to stop before its job was done.
enum StopReason: Sendable {
    case cancelRequested
    /// The process drains: hand the job back.
    case draining
    /// Somebody else holds the job: write nothing.
    case leaseLost
    /// The job's own deadline passed.
    case deadline
}

/// A job in the hands of this process: how to stop it, and why it was stopped.
final class RunningJob: Sendable {
    private struct State {
        var task: Task<Void, Never>?
        var reason: StopReason?
        var isCommittedToProvider = false
    }

    private let state = Mutex(State())

    /// Why it was told to stop; `nil` while it may go on.
    var stopReason: StopReason? { state.withLock { $0.reason } }

    /// True while a billed call is under way, whose answer must be awaited even when draining.
    var isCommittedToProvider: Bool {
        get { state.withLock { $0.isCommittedToProvider } }
        set { state.withLock { $0.isCommittedToProvider = newValue } }
    }

    /// Connects the task that runs the job; stops it at once if it was told to stop before.
    func attach(_ task: Task<Void, Never>) {
        let isStopped = state.withLock { state in
            state.task = task
            return state.reason != nil
        }
        if isStopped { task.cancel() }
    }

    /// The first reason stays.
    func stop(_ reason: StopReason) {
        let task = state.withLock { state in
            if state.reason == nil { state.reason = reason }
            return state.task
        }
        task?.cancel()
    }
}
