import CSystem
import Foundation
import Glibc
import Synchronization

/// A child process that inherits a connection would keep it open.
let closeOnExec = Int32(SOCK_CLOEXEC.rawValue)

/// A server on 127.0.0.1 that does exactly what a test writes, byte by byte; a thread per connection.
final class LoopbackServer: Sendable {
    struct Failure: Error {
        let code: Int32
    }

    private struct State {
        var descriptors: [Int32] = []
        var requests: [String] = []
        var connections = 0
        var isStopped = false
    }

    let port: Int
    private let listener: Int32
    private let state = Mutex(State())

    init(backlog: Int32 = 128, _ serve: @escaping @Sendable (ServedConnection) -> Void) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | closeOnExec, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) | listen(listener, backlog) | getsockname(listener, $0, &length)
            }
        }
        guard listener >= 0, code == 0 else { throw Failure(code: errno) }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { self.acceptAll(serve) }
    }

    var url: String { "http://127.0.0.1:\(port)" }
    var connections: Int { state.withLock { $0.connections } }
    var requests: [String] { state.withLock { $0.requests } }

    /// No connection is open.
    var isIdle: Bool { state.withLock { $0.descriptors.isEmpty } }

    func record(_ request: String) {
        state.withLock { $0.requests.append(request) }
    }

    /// Ends the listener and every connection; only the first call does. Under the lock, as is every `close`: the
    /// number of a closed descriptor is somebody else's at once.
    func stop() {
        state.withLock { state in
            guard !state.isStopped else { return }
            state.isStopped = true
            shutdown(listener, Int32(SHUT_RDWR))
            for descriptor in state.descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    private func acceptAll(_ serve: @escaping @Sendable (ServedConnection) -> Void) {
        while true {
            let descriptor = accept(listener, nil, nil)
            if descriptor < 0 { break }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            state.withLock { state in
                state.descriptors.append(descriptor)
                state.connections += 1
                if state.isStopped { shutdown(descriptor, Int32(SHUT_RDWR)) }
            }
            Thread.detachNewThread {
                serve(ServedConnection(descriptor: descriptor, server: self))
                self.state.withLock { state in
                    state.descriptors.removeAll { $0 == descriptor }
                    close(descriptor)
                }
            }
        }
        state.withLock { state in
            state.isStopped = true
            close(listener)
        }
    }
}

/// One accepted connection.
struct ServedConnection: Sendable {
    let descriptor: Int32
    let server: LoopbackServer

    /// Reads a request with its `Content-Length` body and records it; `nil` at the end of the connection.
    func readRequest() -> String? {
        var bytes: [UInt8] = []
        var wanted: Int?
        while wanted.map({ bytes.count < $0 }) ?? true {
            let piece = readSome()
            if piece.isEmpty { return nil }
            bytes += piece
            let text = String(decoding: bytes, as: UTF8.self)
            guard wanted == nil, let end = text.range(of: "\r\n\r\n") else { continue }
            wanted = text[..<end.upperBound].utf8.count + bodyLength(text)
        }
        let request = String(decoding: bytes, as: UTF8.self)
        server.record(request)
        return request
    }

    /// What one read gives; empty at the end of the connection.
    func readSome() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return Array(buffer.prefix(max(0, count)))
    }

    /// Sends the bytes; `false` when the client is gone.
    @discardableResult
    func write(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    func answer(_ status: String = "200 OK", headers: [String] = [], body: String = "") {
        let fields = (headers + ["Content-Length: \(body.utf8.count)"]).map { $0 + "\r\n" }.joined()
        write("HTTP/1.1 \(status)\r\n\(fields)\r\n\(body)")
    }

    /// Waits until the client closes.
    func waitForEnd() {
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, 0) > 0 {}
    }

    private func bodyLength(_ text: String) -> Int {
        let line = text.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
        return line.flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
    }
}

extension LoopbackServer {
    /// Answers every request of every connection with 200 and `body`.
    static func answering(_ body: String = "ok", headers: [String] = []) throws -> LoopbackServer {
        try LoopbackServer { connection in
            while connection.readRequest() != nil { connection.answer(headers: headers, body: body) }
        }
    }

    /// Reads a request, says nothing, and waits.
    static func silent() throws -> LoopbackServer {
        try LoopbackServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.waitForEnd()
        }
    }
}
