import Synchronization

/// What every request of a server needs: the routes, the limits and who is there.
final class ServerCore: Sendable {
    let configuration: Server.Configuration
    let router: Router
    let connections = ConnectionRegistry()
    let onServed: (@Sendable (ServedRequest) -> Void)?
    private let errorResponse: @Sendable (ServerError, Request) -> Response
    private let draining = Atomic(false)
    private let stopping = Atomic(false)
    private let waiting = Atomic(0)
    private let longBodyBytes = Atomic(0)

    init(
        configuration: Server.Configuration, router: Router, onServed: (@Sendable (ServedRequest) -> Void)?,
        errorResponse: @escaping @Sendable (ServerError, Request) -> Response
    ) {
        self.configuration = configuration
        self.router = router
        self.onServed = onServed
        self.errorResponse = errorResponse
    }

    /// No new connections; those there are close after their answer.
    var isDraining: Bool {
        get { draining.load(ordering: .acquiring) }
        set { draining.store(newValue, ordering: .releasing) }
    }

    /// Nothing may be suspended any more.
    var isStopping: Bool {
        get { stopping.load(ordering: .acquiring) }
        set { stopping.store(newValue, ordering: .releasing) }
    }

    /// Requests in async handlers and streams.
    var waitingCount: Int { waiting.load(ordering: .relaxed) }

    /// Takes one of the places for requests that wait; false when all are taken.
    func enterWaiting() -> Bool {
        let taken = waiting.add(1, ordering: .relaxed).newValue
        if taken <= configuration.waitingLimit, !isStopping { return true }
        leaveWaiting()
        return false
    }

    func leaveWaiting() {
        waiting.subtract(1, ordering: .relaxed)
    }

    /// Takes room for one long body; false when those under way have taken it.
    func reserve(_ bytes: Int) -> Bool {
        let taken = longBodyBytes.add(bytes, ordering: .relaxed).newValue
        // One alone always fits, whatever the limits are.
        if taken <= configuration.maximumLongBodyBytes || taken == bytes { return true }
        release(bytes)
        return false
    }

    func release(_ bytes: Int) {
        guard bytes > 0 else { return }
        longBodyBytes.subtract(bytes, ordering: .relaxed)
    }

    /// The owner's answer to an error, with what the protocol demands.
    func response(to error: ServerError, _ request: Request) -> Response {
        var response = errorResponse(error, request)
        for field in error.headers.fields where response.headers[field.name] == nil {
            response.headers[field.name] = field.value
        }
        return response
    }

    /// When a connection that has said nothing yet must have sent a whole request.
    func firstDeadline(isReserve: Bool) -> UInt64 {
        let limit = configuration.requestDeadline
        return MonotonicTime.now() + (isReserve ? min(limit, .seconds(2)) : limit).nanoseconds
    }

    /// When the next request of a connection that was answered must be whole. Its first byte is not announced,
    /// only its request line is, so silence and sending together have the sum of their limits.
    func nextDeadline() -> UInt64 {
        MonotonicTime.now() + (configuration.idleTimeout + configuration.requestDeadline).nanoseconds
    }
}
