internal import Synchronization

/// Wakes one waiter; a wake without a waiter is remembered once.
package final class Wakeup: Sendable {
    private enum State {
        case idle
        case woken
        case waiting(CheckedContinuation<Void, Never>)

        /// True when the state was woken; notes the waiter otherwise.
        mutating func takeWake(orWait continuation: CheckedContinuation<Void, Never>) -> Bool {
            switch self {
            case .woken:
                self = .idle
                return true
            case .idle:
                self = .waiting(continuation)
                return false
            case .waiting: preconditionFailure("a wakeup has one waiter")
            }
        }
    }

    private let state = Mutex(State.idle)

    package init() {}

    package func wake() {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard case .waiting(let continuation) = state else {
                state = .woken
                return nil
            }
            state = .idle
            return continuation
        }
        continuation?.resume()
    }

    /// Returns at the next wake, or at once after one that nobody waited for, or when the task is cancelled.
    package func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if state.withLock({ $0.takeWake(orWait: continuation) }) { continuation.resume() }
            }
        } onCancel: {
            wake()
        }
    }

    /// As ``wait()``, but returns also when `sleep` does.
    package func wait(orUntil sleep: @escaping @Sendable () async -> Void) async {
        await withTaskGroup { group in
            group.addTask { await self.wait() }
            group.addTask { await sleep() }
            await group.next()
            group.cancelAll()
        }
    }
}
