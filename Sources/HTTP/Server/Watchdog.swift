import CMicrohttpd
import CSystem
import Glibc
import Synchronization

/// Looks after what libmicrohttpd does not: requests that drip in, clients that say nothing while others wait for
/// their connections, and clients that leave while their connection is suspended.
///
/// It looks a few times a second from a thread of its own, so all are noticed up to a quarter second late.
final class Watchdog: Sendable {
    private let core: ServerCore
    private let wake: Int32
    private let thread = Mutex<pthread_t?>(nil)

    init(core: ServerCore) {
        self.core = core
        wake = eventfd(0, Int32(EFD_CLOEXEC))
    }

    deinit { _ = close(wake) }

    /// False when the system has no thread left.
    func start() -> Bool {
        var created = pthread_t()
        let opaque = Unmanaged.passRetained(self).toOpaque()
        let result = pthread_create(
            &created, nil,
            { opaque in
                guard let opaque else { return nil }
                Unmanaged<Watchdog>.fromOpaque(opaque).takeRetainedValue().run()
                return nil
            }, opaque)
        guard result == 0 else {
            Unmanaged<Watchdog>.fromOpaque(opaque).release()
            return false
        }
        thread.withLock { $0 = created }
        return true
    }

    /// Ends the thread and waits for it.
    func stop() {
        guard let thread = thread.withLock({ $0.take() }) else { return }
        var one: UInt64 = 1
        _ = write(wake, &one, MemoryLayout<UInt64>.size)
        pthread_join(thread, nil)
    }

    private func run() {
        let quarter = Int32(clamping: core.configuration.requestDeadline.nanoseconds / 4_000_000)
        let pause = min(250, max(5, quarter))
        var stopped = pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
        while poll(&stopped, 1, pause) == 0 {
            endSlowRequests()
            makeRoom()
            abandonRequestsOfGoneClients()
        }
    }

    private func endSlowRequests() {
        let now = MonotonicTime.now()
        core.connections.whileOpen { connection in
            guard connection.hasMissedDeadline(at: now) else { return }
            if let exchange = connection.current { sendTimeout(to: exchange) }
            shutdown(connection.descriptor, Int32(SHUT_RDWR))
        }
    }

    /// libmicrohttpd cannot answer a request that it is still reading, so the answer goes straight to the
    /// socket; the missed deadline keeps the server's thread from answering too.
    private func sendTimeout(to exchange: Exchange) {
        var request = exchange.request
        if request.id.isEmpty { request.id = RequestID.make(from: nil) }
        let error = ServerError.timeout(after: core.configuration.requestDeadline)
        exchange.state.withLock { $0.status = error.status }
        let bytes = core.response(to: error, request).closingBytes(requestID: request.id)
        _ = bytes.withUnsafeBytes {
            send(exchange.connection.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        }
    }

    /// Once even the reserve is taken, connections without a request make way, those first that were silent the
    /// longest: whoever opens many and says nothing must not keep a health check out.
    private func makeRoom() {
        let limits = core.configuration
        guard core.connections.count >= limits.maximumConnections + limits.reservedConnections else { return }
        var silent: [(deadline: UInt64, id: ObjectIdentifier)] = []
        core.connections.whileOpen { connection in
            // Those of the reserve leave by themselves, and soon.
            guard connection.current == nil, !connection.isReserve else { return }
            silent.append((connection.currentDeadline, ObjectIdentifier(connection)))
        }
        silent.sort { $0.deadline < $1.deadline }
        let chosen = Set(silent.prefix(max(1, limits.maximumConnections / 4)).map(\.id))
        core.connections.whileOpen { connection in
            guard chosen.contains(ObjectIdentifier(connection)), connection.current == nil else { return }
            shutdown(connection.descriptor, Int32(SHUT_RDWR))
        }
    }

    private func abandonRequestsOfGoneClients() {
        var suspended: [Connection] = []
        var states: [pollfd] = []
        core.connections.whileOpen { connection in
            guard connection.current?.isSuspended ?? false else { return }
            suspended.append(connection)
            states.append(pollfd(fd: connection.descriptor, events: Connection.peerClosed, revents: 0))
        }
        guard !states.isEmpty, poll(&states, nfds_t(states.count), 0) > 0 else { return }
        for (connection, state) in zip(suspended, states) where state.revents != 0 {
            connection.current?.abandon()
        }
    }
}

extension Response {
    /// The whole answer as it goes over the wire, for a connection that is closed behind it.
    func closingBytes(requestID: String) -> [UInt8] {
        var content: [UInt8] = []
        if case .bytes(let bytes) = body { content = bytes }
        var head = "HTTP/1.1 \(status) \(status == 408 ? "Request Timeout" : "Error")\r\n"
        for field in headers.fields where isToken(field.name) && isFieldValue(field.value) {
            head += "\(field.name): \(field.value)\r\n"
        }
        head +=
            "\(RequestID.header): \(requestID)\r\nContent-Length: \(content.count)\r\nConnection: close\r\n\r\n"
        return Array(head.utf8) + content
    }
}
