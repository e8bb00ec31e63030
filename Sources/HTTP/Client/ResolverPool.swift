internal import Dispatch
internal import Synchronization

/// A few threads that look names up, so that a slow name server holds up nobody but those who ask for its names.
///
/// Names that were found lately go first, and a quarter of the threads is theirs alone: however many names hang, those
/// that are known to be found are. These may hang, too, when their name server fails, so that more threads are started for
/// them where all are busy.
///
/// Threads start when there is work for them and stay. A look-up cannot be interrupted: a stuck one keeps its
/// thread until the system gives up.
final class ResolverPool: Sendable {
    typealias Resolve = @Sendable (String) throws -> [IPAddress]
    typealias Answer = @Sendable (Result<[IPAddress], any Error>) -> Void

    private struct Job {
        var host: String
        var isKnown: Bool
        var answer: Answer
    }

    private struct State {
        var queue: [Job] = []
        var threads = 0
        var busy = 0
        /// Of the busy threads, those with a name that was not found lately.
        var busyUnknown = 0
        var isClosed = false
    }

    /// How many times the usual number of threads there may be for names that were found lately.
    private static let growth = 8

    private let resolve: Resolve
    private let maximumThreads: Int
    private let maximumUnknown: Int
    private let maximumQueue: Int
    private let state = Mutex(State())
    private let ready = DispatchSemaphore(value: 0)

    init(maximumThreads: Int, maximumQueue: Int, resolve: @escaping Resolve) {
        self.maximumThreads = maximumThreads
        maximumUnknown = max(1, maximumThreads * 3 / 4)
        self.maximumQueue = maximumQueue
        self.resolve = resolve
    }

    /// Queues a look-up; `answer` runs on a thread of the pool. A known name was found lately.
    ///
    /// - Returns: `false`, and no answer will come, when the queue is full or there is no thread.
    func submit(_ host: String, isKnown: Bool = false, answer: @escaping Answer) -> Bool {
        let needsThread: Bool? = state.withLock { state in
            // Names that hang must not fill the queue for the others.
            let room = isKnown ? 2 * maximumQueue : maximumQueue
            guard !state.isClosed, state.queue.count < room else { return nil }
            state.queue.append(Job(host: host, isKnown: isKnown, answer: answer))
            let limit = isKnown ? Self.growth * maximumThreads : maximumThreads
            let isShort = state.threads - state.busy < state.queue.count && state.threads < limit
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
            let before = state.queue.count
            state.queue.removeAll { $0.host == host }
            return state.queue.count < before
        }
    }

    /// Ends the idle threads at once, the others after the look-up they are in.
    func close() {
        let threads = state.withLock { state in
            state.isClosed = true
            state.queue.removeAll()
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
            let (job, isClosed) = state.withLock { state -> (Job?, Bool) in
                guard !state.isClosed else { return (nil, true) }
                return (next(&state), false)
            }
            if isClosed { return }
            guard let job else { continue }
            let result = Result { try resolve(job.host) }
            state.withLock { state in
                state.busy -= 1
                guard !job.isKnown else { return }
                state.busyUnknown -= 1
                // One that was passed over for too many of its kind has its turn now.
                if !state.queue.isEmpty { ready.signal() }
            }
            job.answer(result)
        }
    }

    /// The next look-up to begin; `nil` when there is none, or it is not for this thread.
    private func next(_ state: inout State) -> Job? {
        let mayBeUnknown = state.busyUnknown < maximumUnknown
        let index = state.queue.firstIndex { $0.isKnown } ?? (mayBeUnknown ? state.queue.indices.first : nil)
        guard let index else { return nil }
        state.busy += 1
        let job = state.queue.remove(at: index)
        if !job.isKnown { state.busyUnknown += 1 }
        return job
    }
}
