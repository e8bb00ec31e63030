internal import Synchronization
internal import ThumbwireKit

/// Answers that are kept for a while; who asks while a look-up is under way shares it.
///
/// A look-up belongs to none of its callers: it goes on when one gives up, and is cancelled when all have.
final class SharedLookups<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Running {
        var number: Int
        var task: Task<Void, Never>
        var waiters: [Int: CheckedContinuation<Value?, Never>]
    }

    private struct Kept {
        var value: Value
        var expiresAt: Timestamp
    }

    private struct State {
        var lastNumber = 0
        var running: [Key: Running] = [:]
        var kept: [Key: Kept] = [:]

        mutating func nextNumber() -> Int {
            lastNumber += 1
            return lastNumber
        }
    }

    private let limit: Int
    private let clock: any WallClock
    private let lifetime: @Sendable (Value) -> Duration
    private let state = Mutex(State())

    /// Keeps at most `limit` answers, each as long as `lifetime` says.
    init(limit: Int, clock: any WallClock, lifetime: @escaping @Sendable (Value) -> Duration) {
        self.limit = limit
        self.clock = clock
        self.lifetime = lifetime
    }

    /// How many callers wait now.
    var waiterCount: Int { state.withLock { $0.running.values.reduce(0) { $0 + $1.waiters.count } } }

    /// The answer, kept or new; `nil` when the caller's task was cancelled.
    func value(for key: Key, lookUp: @escaping @Sendable () async -> Value) async -> Value? {
        let id = state.withLock { $0.nextNumber() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { join(key, id, $0, lookUp) }
        } onCancel: {
            leave(key, id)
        }
    }

    private func join(
        _ key: Key, _ id: Int, _ continuation: CheckedContinuation<Value?, Never>,
        _ lookUp: @escaping @Sendable () async -> Value
    ) {
        let now = clock.now()
        let known: Value?? = state.withLock { state in
            // Asked under the lock: a cancellation from here on finds the waiter.
            if Task.isCancelled { return .some(nil) }
            if let kept = state.kept[key], now < kept.expiresAt { return kept.value }
            if state.running[key] != nil {
                state.running[key]?.waiters[id] = continuation
            } else {
                let number = state.nextNumber()
                let task = Task { self.finish(key, number, await lookUp()) }
                state.running[key] = Running(number: number, task: task, waiters: [id: continuation])
            }
            return nil
        }
        if let known { continuation.resume(returning: known) }
    }

    private func leave(_ key: Key, _ id: Int) {
        let waiter: CheckedContinuation<Value?, Never>? = state.withLock { state in
            guard let waiter = state.running[key]?.waiters.removeValue(forKey: id) else { return nil }
            if state.running[key]?.waiters.isEmpty == true {
                state.running.removeValue(forKey: key)?.task.cancel()
            }
            return waiter
        }
        waiter?.resume(returning: nil)
    }

    /// Does nothing for a look-up that everybody left: another one of the same key may be under way.
    private func finish(_ key: Key, _ number: Int, _ value: Value) {
        let kept = Kept(value: value, expiresAt: clock.now() + lifetime(value))
        let now = clock.now()
        let waiters = state.withLock { state in
            guard state.running[key]?.number == number, let running = state.running.removeValue(forKey: key)
            else { return [CheckedContinuation<Value?, Never>]() }
            if state.kept.count >= limit { state.kept = state.kept.filter { now < $0.value.expiresAt } }
            if state.kept.count >= limit,
                let oldest = state.kept.min(by: { $0.value.expiresAt < $1.value.expiresAt })
            {
                state.kept[oldest.key] = nil
            }
            state.kept[key] = kept
            return Array(running.waiters.values)
        }
        for waiter in waiters { waiter.resume(returning: value) }
    }
}
