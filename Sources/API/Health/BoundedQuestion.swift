import Synchronization

/// A question to something that may hang: only one is under way at a time, and nobody waits longer for its answer than
/// they want to.
final class BoundedQuestion<Answer: Sendable>: Sendable {
    private struct Waiter {
        var continuation: CheckedContinuation<Answer?, Never>
        var timer: Task<Void, Never>
    }

    private struct State {
        var isAsking = false
        var nextID = 0
        var waiters: [Int: Waiter] = [:]
    }

    private let ask: @Sendable () async -> Answer
    private let state = Mutex(State())

    init(_ ask: @escaping @Sendable () async -> Answer) {
        self.ask = ask
    }

    /// The answer, also one to a question that somebody else asked before; `nil` when it does not come in time.
    func answer(within limit: Duration) async -> Answer? {
        await withCheckedContinuation { continuation in
            let begins = state.withLock { state in
                state.nextID += 1
                let id = state.nextID
                let timer = Task { [self] in
                    // Cancelled once the answer is there.
                    guard (try? await Task.sleep(for: limit)) != nil else { return }
                    self.state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(
                        returning: nil)
                }
                state.waiters[id] = Waiter(continuation: continuation, timer: timer)
                defer { state.isAsking = true }
                return !state.isAsking
            }
            if begins { Task { await finish(with: ask()) } }
        }
    }

    private func finish(with answer: Answer) async {
        let waiters = state.withLock { state in
            state.isAsking = false
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters {
            waiter.timer.cancel()
            waiter.continuation.resume(returning: answer)
        }
    }
}
