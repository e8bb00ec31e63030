import CMicrohttpd

/// A connection that libmicrohttpd does not look at until it is resumed.
///
/// Whoever holds one resumes it exactly once; stopping a daemon that has one aborts the process.
struct SuspendedConnection: @unchecked Sendable {
    // Proof for @unchecked: suspending and resuming are the two calls that libmicrohttpd allows from any thread,
    // and the connection lives as long as it is suspended.
    private let pointer: OpaquePointer

    /// - Parameter pointer: the `MHD_Connection` whose callback is running.
    init(suspending pointer: OpaquePointer) {
        self.pointer = pointer
        MHD_suspend_connection(pointer)
    }

    func resume() {
        MHD_resume_connection(pointer)
    }
}
