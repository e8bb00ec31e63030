/// What a handler answers.
package struct Response: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// A regular file, sent with `sendfile`; its length is read when the answer starts.
        case file(path: String)
        /// Sent chunk by chunk as the stream yields; the stream's end ends the answer. When the client goes
        /// away, the stream's consumer is cancelled.
        case stream(AsyncStream<[UInt8]>)
    }

    package var status: Int
    package var headers: Headers
    package var body: Body
    /// Called once the last byte of a whole answer was handed to the system; never when the client was gone before.
    /// Runs on the server's own thread and must not block.
    package var onSent: (@Sendable () -> Void)?

    package init(status: Int, headers: Headers = [:], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// How a route answers. What needs no waiting is `immediate`: it runs on the server's own thread, twice as
/// fast as through a task, and must not block.
package enum Handler: Sendable {
    case immediate(@Sendable (Request) -> Response)
    case async(@Sendable (Request) async -> Response)
}
