import Glibc
import Synchronization

/// SIGINT and SIGTERM as an orderly request to stop; the second one ends the process at once, and so does the
/// first one where nobody takes requests.
enum Signals {
    private static let handler = Mutex<(@Sendable (Int32) -> Void)?>(nil)

    /// A stream of one element, the first signal's number, that ends with it.
    static func stopRequests() -> AsyncStream<Int32> {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        handler.withLock { handler in
            handler = { signal in
                continuation.yield(signal)
                continuation.finish()
            }
        }
        return stream
    }

    /// Keeps the two signals from ending the process. Call it on the main thread before any other is started: those
    /// inherit that the signals are blocked.
    static func block() {
        var set = stopSignals
        pthread_sigmask(SIG_BLOCK, &set, nil)
        // A reader of our output that goes away must not end the process without its cleanup.
        signal(SIGPIPE, SIG_IGN)
    }

    /// Waits for signals on the calling thread for as long as the process lives.
    ///
    /// It has to be the main thread: left to Dispatch, that one unblocks every signal while it idles.
    static func wait() -> Never {
        var set = stopSignals
        var signal: Int32 = 0
        while true {
            sigwait(&set, &signal)
            let take = handler.withLock { handler in
                defer { handler = nil }
                return handler
            }
            // The shell's convention for a process that a signal ended.
            guard let take else { _exit(128 + signal) }
            take(signal)
        }
    }

    private static var stopSignals: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGINT)
        sigaddset(&set, SIGTERM)
        return set
    }
}
