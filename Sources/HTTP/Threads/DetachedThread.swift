internal import CSystem
internal import Glibc

/// Starts a thread of its own for work that blocks.
enum DetachedThread {
    /// Runs `body` on a new thread that no signal is delivered to: signals belong to the main thread, and a
    /// broken pipe must not end the process.
    ///
    /// - Returns: Whether the system gave a thread.
    static func start(name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        var all = sigset_t()
        var former = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, &former)
        defer { pthread_sigmask(SIG_SETMASK, &former, nil) }

        let box = Unmanaged.passRetained(Box(name: name, body: body))
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, run, box.toOpaque())
        guard code == 0 else {
            box.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
        context in
        guard let context else { return nil }
        let box = Unmanaged<Box>.fromOpaque(context).takeRetainedValue()
        thumbwire_name_thread(box.name)
        box.body()
        return nil
    }

    private final class Box: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
