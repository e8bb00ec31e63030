internal import Dispatch
internal import Synchronization

/// Threads that look names up, so that a slow name server holds up nobody but those who ask for its names.
///
/// Threads start when there is work for them and stay. A look-up cannot be interrupted: a stuck one keeps its
/// thread until the system gives up. A quarter of the threads is therefore kept for hosts that had an address the
/// last time: however many names are stuck, those that are in use go on.
final class ResolverPool: Sendable {
    typealias Resolve = @Sendable (String) throws -> [IPAddress]
    typealias Answer = @Sendable (Result<[IPAddress], any Error>) -> Void

    fileprivate struct Job {
        var host: String
        var isProven: Bool
        var answer: Answer
    }

    fileprivate struct State {
        /// Hosts that had an address the last time.
        var proven: Set<String> = []
        var provenQueue: [Job] = []
        var queue: [Job] = []
        var threads = 0
        var busy = 0
        /// Threads that are busy with hosts that are not proven.
        var busyUnproven = 0
        var isClosed = false
    }

    /// Proven hosts kept in mind; beyond it the set starts anew.
    private static let maximumProven = 4_096

    private let resolve: Resolve
    private let maximumThreads: Int
    private let maximumUnproven: Int
    private let maximumQueue: Int
    private let state = Mutex(State())
    private let ready = DispatchSemaphore(value: 0)

    init(maximumThreads: Int, maximumQueue: Int, resolve: @escaping Resolve) {
        self.maximumThreads = maximumThreads
        maximumUnproven = maximumThreads - maximumThreads / 4
        self.maximumQueue = maximumQueue
        self.resolve = resolve
    }

    /// Queues a look-up; `answer` runs on a thread of the pool.
    ///
    /// - Returns: `false`, and no answer will come, when the queue is full or there is no thread.
    func submit(_ host: String, answer: @escaping Answer) -> Bool {
        let needsThread: Bool? = state.withLock { state in
            let job = Job(host: host, isProven: state.proven.contains(host), answer: answer)
            guard !state.isClosed, state.enqueue(job, atMost: maximumQueue) else { return nil }
            let waiting = state.provenQueue.count + state.queue.count
            let mayRun = job.isProven || state.busyUnproven < maximumUnproven
            let isShort = mayRun && state.threads - state.busy < waiting && state.threads < maximumThreads
            if isShort { state.threads += 1 }
            return isShort
        }
        guard let needsThread else { return false }
        ready.signal()
        return needsThread ? startThread(for: host) : true
    }

    /// Takes a look-up out of the queue.
    ///
    /// - Returns: `false` when a thread has begun it: its answer will still come.
    func withdraw(_ host: String) -> Bool {
        state.withLock { state in
            let before = state.queue.count + state.provenQueue.count
            state.queue.removeAll { $0.host == host }
            state.provenQueue.removeAll { $0.host == host }
            return state.queue.count + state.provenQueue.count < before
        }
    }

    /// Ends the idle threads at once, the others after the look-up they are in.
    func close() {
        let threads = state.withLock { state in
            state.isClosed = true
            state.queue.removeAll()
            state.provenQueue.removeAll()
            return state.threads
        }
        for _ in 0..<threads { ready.signal() }
    }

    private func startThread(for host: String) -> Bool {
        if DetachedThread.start(name: "resolver", { self.work() }) { return true }
        let others = state.withLock { state in
            state.threads -= 1
            return state.threads
        }
        return others > 0 || !withdraw(host)
    }

    private func work() {
        while true {
            ready.wait()
            // Whoever ends a look-up takes the next one at once: a signal may have woken a thread that had to leave it.
            while let job = state.withLock({ $0.take(maximumUnproven: maximumUnproven) }) {
                let result = Result { try resolve(job.host) }
                state.withLock { $0.finish(job, result, maximumProven: Self.maximumProven) }
                job.answer(result)
            }
            if state.withLock(\.isClosed) { return }
        }
    }
}

extension ResolverPool.State {
    /// False when the queue is full; proven hosts have one of their own.
    fileprivate mutating func enqueue(_ job: ResolverPool.Job, atMost maximum: Int) -> Bool {
        guard (job.isProven ? provenQueue.count : queue.count) < maximum else { return false }
        if job.isProven { provenQueue.append(job) } else { queue.append(job) }
        return true
    }

    /// The next look-up that may begin: proven hosts first.
    fileprivate mutating func take(maximumUnproven: Int) -> ResolverPool.Job? {
        if !provenQueue.isEmpty {
            busy += 1
            return provenQueue.removeFirst()
        }
        guard !queue.isEmpty, busyUnproven < maximumUnproven else { return nil }
        busy += 1
        busyUnproven += 1
        return queue.removeFirst()
    }

    fileprivate mutating func finish(
        _ job: ResolverPool.Job, _ result: Result<[IPAddress], any Error>, maximumProven: Int
    ) {
        busy -= 1
        if !job.isProven { busyUnproven -= 1 }
        guard case .success(let addresses) = result, !addresses.isEmpty else {
            proven.remove(job.host)
            return
        }
        if proven.count >= maximumProven { proven.removeAll() }
        proven.insert(job.host)
    }
}
