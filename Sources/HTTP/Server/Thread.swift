import CMicrohttpd
import Glibc

/// A thread for one blocking piece of work.
enum Thread {
    private final class Work {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs `body` on a new detached thread, or on this one when the system has none left.
    static func run(_ body: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var created = pthread_t()
        let work = Unmanaged.passRetained(Work(body))
        let result = pthread_create(
            &created, &attributes,
            { opaque in
                guard let opaque else { return nil }
                Unmanaged<Work>.fromOpaque(opaque).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        if result != 0 { work.takeRetainedValue().body() }
    }
}
