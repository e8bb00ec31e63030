import CMicrohttpd
import CSystem
import Glibc
import Synchronization

/// The entry points of libmicrohttpd into the server.
///
/// `context` is the server's core, which lives until the daemon has stopped. A connection's socket context is a
/// retained `Connection`, a request's context a retained `Exchange`.
enum ServerCallbacks {
    static let connection: MHD_NotifyConnectionCallback = { context, pointer, slot, code in
        guard let context, let pointer, let slot else { return }
        let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
        if mhd_is_started(code) != 0 {
            let connection = core.connections.add { others in open(pointer, core, others: others) }
            slot.pointee = Unmanaged.passRetained(connection).toOpaque()
        } else if let opaque = slot.pointee {
            slot.pointee = nil
            core.connections.remove(Unmanaged<Connection>.fromOpaque(opaque).takeRetainedValue())
        }
    }

    static let target: mhd_target_callback = { context, target, pointer in
        guard let context, let target, let pointer, let opaque = mhd_socket_context(pointer) else {
            return nil
        }
        let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
        let connection = Unmanaged<Connection>.fromOpaque(opaque).takeUnretainedValue()
        connection.expect(by: core.firstDeadline(isReserve: connection.isReserve))
        let exchange = Exchange(core: core, connection: connection, target: target)
        connection.current = exchange
        return Unmanaged.passRetained(exchange).toOpaque()
    }

    static let request: MHD_AccessHandlerCallback = { _, pointer, _, method, version, bytes, count, slot in
        guard let pointer, let method, let version, let count, let opaque = slot?.pointee else {
            return mhd_no()
        }
        let exchange = Unmanaged<Exchange>.fromOpaque(opaque).takeUnretainedValue()
        let verdict: Exchange.Verdict
        if exchange.isNew {
            verdict = exchange.receiveHead(exchange.line(method: method, version: version), on: pointer)
        } else if count.pointee > 0 {
            verdict = exchange.receiveBody(UnsafeRawBufferPointer(start: bytes, count: count.pointee))
            count.pointee = 0
        } else {
            verdict = exchange.proceed(on: pointer)
        }
        return verdict == .goOn ? mhd_yes() : mhd_no()
    }

    static let completed: MHD_RequestCompletedCallback = { context, _, slot, code in
        guard let context, let slot, let opaque = slot.pointee else { return }
        slot.pointee = nil
        let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
        let exchange = Unmanaged<Exchange>.fromOpaque(opaque).takeRetainedValue()
        exchange.finish(isWhole: mhd_is_whole(code) != 0)
        exchange.connection.current = nil
        exchange.connection.expect(by: core.nextDeadline())
        // `drain` closes what is idle when it is called; this one becomes idle after it.
        if core.isDraining { shutdown(exchange.connection.descriptor, Int32(SHUT_RD)) }
    }

    private static func open(_ pointer: OpaquePointer, _ core: ServerCore, others: Int) -> Connection {
        let isReserve = others >= core.configuration.maximumConnections
        return Connection(
            descriptor: mhd_descriptor(pointer),
            remoteAddress: numericAddress(mhd_client_address(pointer)),
            isReserve: isReserve, deadline: core.firstDeadline(isReserve: isReserve))
    }
}

extension Exchange {
    fileprivate var isNew: Bool {
        state.withLock { state in
            if case .started = state.phase { return true }
            return false
        }
    }

    fileprivate func line(method: UnsafePointer<CChar>, version: UnsafePointer<CChar>) -> RequestHead.Line {
        RequestHead.Line(
            method: method, version: version, targetAddress: targetAddress, targetLength: targetLength)
    }
}
