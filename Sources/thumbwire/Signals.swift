import Glibc
import Synchronization

/// SIGINT and SIGTERM as an orderly request to stop; the second one ends the process at once.
enum Signals {
    /// Takes the two signals away from every thread that is started from now on, so call it before any is, and
    /// runs `onFirst` on a thread of its own.
    static func handleStop(onFirst: @escaping @Sendable (Int32) -> Void) {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGINT)
        sigaddset(&set, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        let waiting = Waiting(set: set, onFirst: onFirst)
        let context = Unmanaged.passRetained(waiting).toOpaque()
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, waitForSignals, context)
        precondition(code == 0, "the system has a thread for signals")
        pthread_detach(thread)
    }

    /// The same, as a stream of one element that ends with it.
    static func stopRequests() -> AsyncStream<Int32> {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        handleStop { signal in
            continuation.yield(signal)
            continuation.finish()
        }
        return stream
    }

    private final class Waiting: Sendable {
        let set: sigset_t
        let onFirst: @Sendable (Int32) -> Void

        init(set: sigset_t, onFirst: @escaping @Sendable (Int32) -> Void) {
            self.set = set
            self.onFirst = onFirst
        }
    }

    private static let waitForSignals: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? =
        {
            context in
            guard let context else { return nil }
            let waiting = Unmanaged<Waiting>.fromOpaque(context).takeRetainedValue()
            var set = waiting.set
            var signal: Int32 = 0
            sigwait(&set, &signal)
            waiting.onFirst(signal)
            sigwait(&set, &signal)
            // The shell's convention for a process that a signal ended.
            _exit(128 + signal)
        }
}
