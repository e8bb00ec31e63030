import CMicrohttpd
import Glibc
import Synchronization
import ThumbwireKit

/// The floor for accepting requests: libmicrohttpd, the service's JSON reader and a Swift task that answers, and nothing
/// else: no routes, no key, no job, no store.
///
/// Prints its port, and serves until its standard input closes.
@main struct AcceptFloor {
    static func main() {
        let listening = listen()
        var settings = mhd_settings(
            listening_descriptor: listening.descriptor, threads: 2, connection_limit: 1_024, idle_seconds: 60,
            connection_memory: 48 << 10, on_target: begin, on_request: go, on_completed: end,
            on_connection: connected, context: nil)
        guard let daemon = mhd_start(&settings) else { fatalError("libmicrohttpd does not start") }
        let line = "\(listening.port)\n"
        _ = write(STDOUT_FILENO, line, line.utf8.count)
        while readLine() != nil {}
        MHD_stop_daemon(daemon)
    }

    private static func listen() -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, size) == 0 && Glibc.listen(descriptor, 1_024) == 0
                    && getsockname(descriptor, address, &size) == 0
            }
        }
        guard isListening else { fatalError("no port to listen on") }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }
}

/// One request: its body, then its answer.
private final class Exchange: Sendable {
    struct State {
        var isBegun = false
        var body: [UInt8] = []
        var answer: [UInt8]?
    }

    let state = Mutex(State())
}

/// Resumes from the task; libmicrohttpd allows that from any thread while the connection is suspended.
private struct Suspended: @unchecked Sendable {
    let connection: OpaquePointer
}

private let connected: MHD_NotifyConnectionCallback = { _, _, _, _ in }

private let begin: mhd_target_callback = { _, _, _ in Unmanaged.passRetained(Exchange()).toOpaque() }

private let end: MHD_RequestCompletedCallback = { _, _, slot, _ in
    guard let opaque = slot?.pointee else { return }
    slot?.pointee = nil
    Unmanaged<Exchange>.fromOpaque(opaque).release()
}

private let go: MHD_AccessHandlerCallback = { _, connection, _, _, _, bytes, count, slot in
    guard let connection, let count, let opaque = slot?.pointee else { return mhd_no() }
    let exchange = Unmanaged<Exchange>.fromOpaque(opaque).takeUnretainedValue()
    let (isBegun, answer) = exchange.state.withLock { state in
        defer { state.isBegun = true }
        state.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count.pointee))
        return (state.isBegun, state.answer)
    }
    if let answer { return send(answer, on: connection) }
    guard isBegun, count.pointee == 0 else {
        count.pointee = 0
        return mhd_yes()
    }
    MHD_suspend_connection(connection)
    let suspended = Suspended(connection: connection)
    Task.detached {
        let body = exchange.state.withLock { $0.body }
        let isJSON = (try? JSONValue(parsing: body)) != nil
        exchange.state.withLock { $0.answer = isJSON ? accepted : refused }
        MHD_resume_connection(suspended.connection)
    }
    return mhd_yes()
}

private let accepted = Array(#"{"id":"job_bare","object":"job","status":"queued"}"#.utf8)
private let refused = Array(#"{"code":"json_malformed"}"#.utf8)

private func send(_ answer: [UInt8], on connection: OpaquePointer) -> MHD_Result {
    guard let response = answer.withUnsafeBytes({ mhd_bytes_response($0.baseAddress, $0.count) }) else {
        return mhd_no()
    }
    defer { MHD_destroy_response(response) }
    MHD_add_response_header(response, "Content-Type", "application/json")
    return MHD_queue_response(connection, answer == accepted ? 202 : 400, response)
}
