internal import Foundation

/// Dedicated threads for work that blocks or burns CPU, which must never run on Swift's cooperative pool: with two
/// cores, two slow images would stop the whole server.
package final class BlockingExecutor: Sendable {
    private struct State {
        var queue: [@Sendable () -> Void] = []
        var head = 0
        var isClosed = false

        /// Amortised O(1): the taken front is cut off once it is half of the array.
        mutating func takeFirst() -> @Sendable () -> Void {
            let work = queue[head]
            head += 1
            if head * 2 >= queue.count {
                queue.removeFirst(head)
                head = 0
            }
            return work
        }
    }

    private final class Shared: @unchecked Sendable {
        // `state` is only touched between `condition.lock()` and `condition.unlock()`.
        let condition = NSCondition()
        var state = State()
    }

    private let shared = Shared()

    /// Starts `threads` threads of that name; they end after ``close()``.
    package init(name: String, threads: Int, stackSize: Int = 8 << 20) {
        for number in 1...max(1, threads) {
            let thread = Thread { [shared] in Self.run(shared) }
            thread.name = "\(name)-\(number)"
            thread.stackSize = stackSize
            thread.start()
        }
    }

    deinit {
        close()
    }

    /// Runs the work on one of the threads, in the order of calls.
    package func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            enqueue { continuation.resume(with: Result { try work() }) }
        }
    }

    /// Queues work that nobody waits for.
    package func enqueue(_ work: @escaping @Sendable () -> Void) {
        shared.condition.lock()
        shared.state.queue.append(work)
        shared.condition.signal()
        shared.condition.unlock()
    }

    /// Ends the threads once the queue is empty.
    package func close() {
        shared.condition.lock()
        shared.state.isClosed = true
        shared.condition.broadcast()
        shared.condition.unlock()
    }

    private static func run(_ shared: Shared) {
        while let work = next(shared) {
            work()
        }
    }

    private static func next(_ shared: Shared) -> (@Sendable () -> Void)? {
        shared.condition.lock()
        defer { shared.condition.unlock() }
        while shared.state.head == shared.state.queue.count {
            if shared.state.isClosed { return nil }
            shared.condition.wait()
        }
        return shared.state.takeFirst()
    }
}
