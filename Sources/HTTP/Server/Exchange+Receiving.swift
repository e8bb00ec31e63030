import CMicrohttpd
import Synchronization

/// What the server's thread does at each callback of a request.
extension Exchange {
    /// Bytes of an unwanted body that are read and dropped, so that the client gets to see the refusal; beyond
    /// them the connection is closed.
    static let discardLimit = 16 << 20

    /// What libmicrohttpd is told.
    enum Verdict {
        case goOn
        case close
    }

    /// The head is there. Queues a response at once only for what must not be read on.
    func receiveHead(_ line: RequestHead.Line, on pointer: OpaquePointer) -> Verdict {
        var headers = Headers()
        let outcome: Result<RequestHead, ServerError>
        do throws(ServerError) {
            outcome = .success(
                try RequestHead.read(line, of: pointer, limits: core.configuration, headers: &headers))
        } catch {
            outcome = .failure(error)
        }
        state.withLock { state in
            state.phase = .receiving
            state.request.headers = headers
            state.request.id = RequestID.make(from: headers[RequestID.header])
        }
        do throws(ServerError) {
            try accept(try outcome.get())
            return .goOn
        } catch {
            return send(core.response(to: error, request), on: pointer)
        }
    }

    /// Throws what has to be answered before the body, which closes the connection.
    private func accept(_ head: RequestHead) throws(ServerError) {
        guard let target = RequestTarget(target) else {
            throw .badRequest(reason: "the target is not a path with valid escapes")
        }
        let length = head.contentLength ?? 0
        var route: Router.Route?
        var refusal: ServerError?
        var parameters: [String: String] = [:]
        switch core.router.route(head.method, path: target.rawPath) {
        case .found(let found, let values): (route, parameters) = (found, values)
        case .methodNotAllowed(let allowed): refusal = .methodNotAllowed(allowed)
        case .notFound: refusal = .notFound
        }
        let limit = route?.maximumBodyBytes ?? core.configuration.maximumBodyBytes
        if refusal == nil, length > limit { refusal = .bodyTooLarge(limit: limit) }
        var reserved = 0
        if refusal == nil {
            if let room = room(for: head, limit: limit) { reserved = room } else { refusal = overloaded }
        }
        state.withLock { state in
            state.request.method = head.method
            state.request.path = target.path
            state.request.query = target.query
            state.request.parameters = parameters
            state.route = route
            state.refusal = refusal
            state.bodyLimit = limit
            state.reservedBytes = reserved
            // What a client only announces costs no memory.
            if refusal == nil { state.request.body.reserveCapacity(min(length, 1 << 20)) }
        }
        if let refusal, head.expectsContinue || length > Self.discardLimit { throw refusal }
    }

    /// What the body takes of the room for long ones; `nil` when there is too little left.
    private func room(for head: RequestHead, limit: Int) -> Int? {
        let claim = head.isChunked ? limit : head.contentLength ?? 0
        guard claim > core.configuration.maximumBodyBytes else { return 0 }
        return core.reserve(claim) ? claim : nil
    }

    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Verdict {
        state.withLock { state in
            if state.refusal == nil, state.request.body.count + bytes.count > state.bodyLimit {
                state.refusal = .bodyTooLarge(limit: state.bodyLimit)
                state.discardedBytes = state.request.body.count
                state.request.body = []
            }
            guard state.refusal != nil else {
                state.request.body.append(contentsOf: bytes)
                return .goOn
            }
            state.discardedBytes += bytes.count
            return state.discardedBytes > state.bodyLimit + Self.discardLimit ? .close : .goOn
        }
    }

    /// The request is whole, or its handler's task has answered.
    func proceed(on pointer: OpaquePointer) -> Verdict {
        switch state.withLock({ $0.phase }) {
        case .started, .receiving: receiveEnd(on: pointer)
        case .answered(let response): send(response, on: pointer)
        case .handling, .sending: .goOn
        case .abandoned: .close
        }
    }

    private func receiveEnd(on pointer: OpaquePointer) -> Verdict {
        guard connection.stopExpecting() else { return .close }
        let (request, route, refusal) = state.withLock { ($0.request, $0.route, $0.refusal) }
        guard refusal == nil, let route else {
            return send(core.response(to: refusal ?? .notFound, request), on: pointer)
        }
        switch route.handler {
        case .immediate(let answer): return send(answer(request), on: pointer)
        case .async(let handler):
            guard enterWaiting() else { return send(core.response(to: overloaded, request), on: pointer) }
            run(handler, on: pointer)
            return .goOn
        }
    }

    var overloaded: ServerError { .overloaded(retryAfter: .seconds(1)) }

    /// Takes a place for requests that wait, unless this exchange has one.
    func enterWaiting() -> Bool {
        if state.withLock({ $0.isWaiting }) { return true }
        guard !connection.isReserve, core.enterWaiting() else { return false }
        state.withLock { $0.isWaiting = true }
        return true
    }

    func send(_ response: Response, on pointer: OpaquePointer) -> Verdict {
        // The watchdog may have given the request up between two callbacks.
        guard connection.stopExpecting() else { return .close }
        // What the kernel takes for a client that has left is no answer.
        let onSent = response.onSent.flatMap { connection.hasPeerLeft ? nil : $0 }
        state.withLock { state in
            state.phase = .sending
            state.onSent = onSent
        }
        return ResponseWriter(exchange: self, pointer: pointer).send(response) ? .goOn : .close
    }
}
