import CMicrohttpd
import Synchronization

/// One request and its answer, from the request line to the last byte sent.
///
/// The server's thread drives it through `ServerCallbacks`; a handler's task, the watchdog and `stop` reach it
/// from other threads. Whoever finds the connection suspended takes it out of the state and resumes it.
final class Exchange: Sendable {
    enum Phase {
        /// Nothing but the request line is known.
        case started
        case receiving
        /// Suspended while a task makes the response.
        case handling
        /// Resumed; the response is sent at the next callback.
        case answered(Response)
        case sending
        /// To be closed at the next callback.
        case abandoned
    }

    struct State {
        var phase = Phase.started
        var request: Request
        var route: Router.Route?
        /// Why the request is refused once its body was read and dropped.
        var refusal: ServerError?
        var bodyLimit = 0
        var discardedBytes = 0
        var suspended: SuspendedConnection?
        var task: Task<Void, Never>?
        var pipe: BodyPipe?
        /// Holds one of the places for requests that wait.
        var isWaiting = false
        /// Bytes of the core's budget for long bodies that this body may take.
        var reservedBytes = 0
        var onSent: (@Sendable () -> Void)?
        /// The status of the answer, once there is one.
        var status: Int?
    }

    let core: ServerCore
    let connection: Connection
    let target: String
    /// Where the target lies in the connection's buffer, as a number: only compared, never read.
    let targetAddress: UInt
    let targetLength: Int
    private let begun = MonotonicTime.now()
    let state: Mutex<State>

    init(core: ServerCore, connection: Connection, target: UnsafePointer<CChar>) {
        self.core = core
        self.connection = connection
        self.target = String(cString: target)
        targetAddress = UInt(bitPattern: target)
        targetLength = self.target.utf8.count
        state = Mutex(
            State(request: Request(method: .get, path: self.target, remoteAddress: connection.remoteAddress)))
    }

    /// Whether only a task can bring this exchange on, so that no one watches its connection.
    var isSuspended: Bool {
        state.withLock { $0.suspended != nil || $0.pipe?.isSuspended ?? false }
    }

    /// The request as far as it is known.
    var request: Request { state.withLock { $0.request } }

    /// Bytes of a body that is read in no time: its handler runs on the server's thread up to where it first waits, which
    /// saves the way to another thread. The others must not hold up that thread's connections.
    private static let shortBody = 16 << 10

    /// Suspends the connection and runs the handler in a task.
    func run(_ handler: @escaping @Sendable (Request) async -> Response, on pointer: OpaquePointer) {
        let request = state.withLock { state in
            state.phase = .handling
            state.suspended = SuspendedConnection(suspending: pointer)
            return state.request
        }
        let answer: @Sendable () async -> Void = { [self] in complete(await handler(request)) }
        let task =
            request.body.count <= Self.shortBody
            ? Task.immediateDetached(operation: answer) : Task.detached(operation: answer)
        let isOver = state.withLock { state in
            guard case .handling = state.phase else {
                if case .abandoned = state.phase { return true }
                return false
            }
            state.task = task
            return false
        }
        if isOver { task.cancel() }
    }

    /// Asks the handler or the stream to end; the handler may still answer.
    func cancel() {
        let (task, pipe) = state.withLock { ($0.task, $0.pipe) }
        task?.cancel()
        pipe?.abort()
    }

    /// Gives the request up: its task is cancelled, its connection resumed and closed.
    func abandon() {
        let task = state.withLock { state in
            if let suspended = state.suspended.take() {
                state.phase = .abandoned
                suspended.resume()
            }
            return state.task.take()
        }
        task?.cancel()
        state.withLock { $0.pipe }?.abort()
    }

    /// The answer was sent, whole or not, or never will be.
    func finish(isWhole: Bool) {
        observe()
        let over = state.withLock { state in
            defer {
                state.isWaiting = false
                state.reservedBytes = 0
                state.phase = .abandoned
            }
            return (
                task: state.task.take(), pipe: state.pipe.take(), onSent: state.onSent.take(),
                wasWaiting: state.isWaiting, reservedBytes: state.reservedBytes
            )
        }
        over.task?.cancel()
        over.pipe?.abort()
        if over.wasWaiting { core.leaveWaiting() }
        core.release(over.reservedBytes)
        if isWhole { over.onSent?() }
    }

    private func observe() {
        guard let onServed = core.onServed else { return }
        let (request, route, status) = state.withLock { ($0.request, $0.route, $0.status) }
        onServed(
            ServedRequest(
                id: request.id, method: request.method, route: route?.pattern, path: request.path,
                remoteAddress: request.remoteAddress, status: status,
                duration: .nanoseconds(MonotonicTime.now() - begun)))
    }

    private func complete(_ response: Response) {
        state.withLock { state in
            state.task = nil
            guard let suspended = state.suspended.take() else { return }
            state.phase = .answered(response)
            suspended.resume()
        }
    }
}
