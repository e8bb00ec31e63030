internal import Foundation

/// Dedicated threads for work that blocks or burns CPU, which must never run on Swift's cooperative pool: with two
/// cores, two slow images would stop the whole server.
///
/// Each thread owns a `Local`, made on it and never seen by another: a database connection, a renderer.
package final class ThreadPool<Local>: Sendable {
    private typealias Work = @Sendable (Local) -> Void

    // The queue is only touched between `condition.lock()` and `condition.unlock()`.
    private final class Mailbox: @unchecked Sendable {
        let condition = NSCondition()
        var queue: [Work] = []
        var head = 0
        var isClosed = false

        func put(_ work: @escaping Work) {
            condition.lock()
            queue.append(work)
            condition.signal()
            condition.unlock()
        }

        var count: Int {
            condition.lock()
            defer { condition.unlock() }
            return queue.count - head
        }

        func close() {
            condition.lock()
            isClosed = true
            condition.broadcast()
            condition.unlock()
        }

        /// Waits for work; `nil` once the mailbox is closed and empty.
        func take() -> Work? {
            condition.lock()
            defer { condition.unlock() }
            while head == queue.count {
                if isClosed { return nil }
                condition.wait()
            }
            let work = queue[head]
            head += 1
            // Amortised O(1): the taken front is cut off once it is half of the array.
            if head * 2 >= queue.count {
                queue.removeFirst(head)
                head = 0
            }
            return work
        }
    }

    private let mailbox = Mailbox()

    /// Starts `threads` threads of that name; they end after ``close()``, or with this object. `observe` is told what
    /// each piece of work took.
    package init(
        name: String, threads: Int, stackSize: Int = 8 << 20,
        observe: @escaping @Sendable (Duration) -> Void = { _ in },
        makeLocal: @escaping @Sendable () -> Local
    ) {
        for number in 1...max(1, threads) {
            let thread = Thread { [mailbox] in
                let local = makeLocal()
                while let work = mailbox.take() {
                    let begun = ContinuousClock.now
                    work(local)
                    observe(.now - begun)
                }
            }
            thread.name = "\(name)-\(number)"
            thread.stackSize = stackSize
            thread.start()
        }
    }

    deinit {
        mailbox.close()
    }

    /// Pieces of work that no thread has begun.
    package var waitingCount: Int { mailbox.count }

    /// Runs the work on one of the threads; work begins in the order of calls.
    package func run<Value: Sendable>(
        _ work: @escaping @Sendable (Local) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            mailbox.put { local in continuation.resume(with: Result { try work(local) }) }
        }
    }

    /// Queues work that nobody waits for.
    package func enqueue(_ work: @escaping @Sendable (Local) -> Void) {
        mailbox.put(work)
    }

    /// Ends the threads once the queue is empty.
    package func close() {
        mailbox.close()
    }
}

/// Threads that own nothing.
package typealias BlockingExecutor = ThreadPool<Void>

extension ThreadPool where Local == Void {
    package convenience init(name: String, threads: Int) {
        self.init(name: name, threads: threads) {}
    }

    /// Runs the work on one of the threads; work begins in the order of calls.
    package func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await run { (_: Void) in try work() }
    }

    /// Queues work that nobody waits for.
    package func enqueue(_ work: @escaping @Sendable () -> Void) {
        enqueue { (_: Void) in work() }
    }
}

// A thread of its own for async code: all that runs with this preference runs on it.
extension ThreadPool: Executor, TaskExecutor where Local == Void {
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        enqueue { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
