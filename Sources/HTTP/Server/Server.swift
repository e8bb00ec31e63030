import CMicrohttpd
import CSystem
import Glibc
import Synchronization

/// An HTTP/1.1 server on libmicrohttpd.
///
/// `start` once, then `stop` before the last reference goes; `drain` in between lets requests in flight finish.
package final class Server: Sendable {
    private struct Running: @unchecked Sendable {
        // Proof for @unchecked: the daemon is stopped exactly once, by whoever takes it out of the state, and
        // quiescing, which comes before, is allowed from any thread.
        var daemon: OpaquePointer
        var listening: ListeningSocket
        var watchdog: Watchdog
    }

    private enum State {
        case new
        case running(Running)
        case stopped
    }

    private let core: ServerCore
    private let state = Mutex(State.new)

    /// `errorResponse` shapes the errors that the server itself answers, `onServed` hears of every request at its end;
    /// neither may block.
    package init(
        configuration: Configuration, router: Router, onServed: (@Sendable (ServedRequest) -> Void)? = nil,
        errorResponse: @escaping @Sendable (ServerError, Request) -> Response
    ) {
        core = ServerCore(
            configuration: configuration, router: router, onServed: onServed, errorResponse: errorResponse)
    }

    /// Requests in async handlers and streams.
    package var waitingCount: Int { core.waitingCount }

    package var connectionCount: Int { core.connections.count }

    /// Listens where the configuration says and answers from now on.
    ///
    /// - Returns: the port it listens on.
    @discardableResult
    package func start() throws(StartError) -> Int {
        let socket = try ListeningSocket(host: core.configuration.host, port: core.configuration.port)
        try start(on: socket)
        return socket.port
    }

    /// Answers what comes to that socket from now on, for those who must know the port before they have handlers.
    package func start(on socket: ListeningSocket) throws(StartError) {
        try state.withLock { state throws(StartError) in
            guard case .new = state else { throw .alreadyStarted }
            state = .running(try launch(on: socket))
        }
    }

    /// Takes no new connection and closes those there are: idle ones at once, others after their answer.
    package func drain() {
        state.withLock { state in
            guard case .running(let running) = state, !core.isDraining else { return }
            core.isDraining = true
            _ = MHD_quiesce_daemon(running.daemon)
            // Refuses new connections at once; the descriptor itself stays until no thread can be in accept.
            shutdown(running.listening.descriptor, Int32(SHUT_RDWR))
            core.connections.whileOpen { connection in
                if connection.current == nil { shutdown(connection.descriptor, Int32(SHUT_RD)) }
            }
        }
    }

    /// Drains, cancels handlers and streams, waits for requests in flight, then ends all threads.
    ///
    /// A handler that is cancelled can still answer within `grace`; after it every connection is closed.
    package func stop(grace: Duration = .seconds(5)) async {
        drain()
        let taken = state.withLock { state -> Running? in
            defer { state = .stopped }
            guard case .running(let running) = state else { return nil }
            return running
        }
        guard let taken else { return }
        await settle(within: grace)
        await withCheckedContinuation { continuation in
            let end: @Sendable () -> Void = { [core] in
                // Nothing is suspended now: every connection has been closed.
                MHD_stop_daemon(taken.daemon)
                taken.watchdog.stop()
                _ = close(taken.listening.descriptor)
                Unmanaged.passUnretained(core).release()
                continuation.resume()
            }
            // Without a thread left it blocks this one for a moment, which beats never stopping.
            if !DetachedThread.start(name: "server-stop", end) { end() }
        }
    }
}

extension Server {
    private func launch(on listening: ListeningSocket) throws(StartError) -> Running {
        let configuration = core.configuration
        let watchdog = Watchdog(core: core)
        // Released when the daemon has stopped.
        let context = Unmanaged.passRetained(core)
        var settings = mhd_settings(
            listening_descriptor: listening.descriptor,
            threads: UInt32(max(2, configuration.threads)),
            connection_limit: UInt32(configuration.maximumConnections + configuration.reservedConnections),
            idle_seconds: UInt32(
                max(1, (configuration.idleTimeout.nanoseconds + 999_999_999) / 1_000_000_000)),
            connection_memory: configuration.maximumHeaderBytes + Self.workingMemory,
            on_target: ServerCallbacks.target, on_request: ServerCallbacks.request,
            on_completed: ServerCallbacks.completed, on_connection: ServerCallbacks.connection,
            context: context.toOpaque())
        guard watchdog.start(), let daemon = mhd_start(&settings) else {
            watchdog.stop()
            context.release()
            _ = close(listening.descriptor)
            throw .cannotServe
        }
        return Running(daemon: daemon, listening: listening, watchdog: watchdog)
    }

    /// Bytes of a connection's buffer beside the head: parsed headers, and the response's head.
    private static var workingMemory: Int { 16 << 10 }

    /// Returns when no connection is open.
    private func settle(within grace: Duration) async {
        let end = MonotonicTime.now() + grace.nanoseconds
        while core.connections.count > 0 {
            let isOver = MonotonicTime.now() >= end
            core.isStopping = isOver
            for connection in core.connections.all {
                isOver ? connection.current?.abandon() : connection.current?.cancel()
            }
            core.connections.whileOpen { connection in
                if isOver || connection.current == nil { shutdown(connection.descriptor, Int32(SHUT_RDWR)) }
            }
            await pause()
        }
    }

    /// Waits a moment even in a cancelled task, where `Task.sleep` returns at once.
    private func pause() async {
        await Task.detached { try? await Task.sleep(for: .milliseconds(5)) }.value
    }
}
