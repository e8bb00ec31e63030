import CSystem
import Dispatch
import Glibc
import Testing

/// A client that sends exactly the bytes it is told, so that it can break every rule.
///
/// Its calls block a thread of their own, never the pool that the server's handlers run on.
final class RawClient: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    struct Answer: Sendable {
        var status: Int
        var headers: [(name: String, value: String)]
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        subscript(name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    let descriptor: Int32

    /// How long a read waits before the test fails; generous, since the machine may be busy.
    private static let patience: Int32 = 240_000

    init(port: Int, host: String = "127.0.0.1") throws {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let found else {
            throw Failure(description: "no address \(host)")
        }
        defer { freeaddrinfo(found) }
        // A child that another test starts must not keep the connection open.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = socket(found.pointee.ai_family, kind, 0)
        guard connect(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0 else {
            let reason = String(cString: strerror(errno))
            _ = Glibc.close(descriptor)
            throw Failure(description: "connect: \(reason)")
        }
    }

    deinit { _ = Glibc.close(descriptor) }

    /// Sends and receives nothing more; the descriptor stays until deinit.
    func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Sends without waiting for room: false when the connection is gone or full.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) == $0.count
        }
    }

    /// The next bytes, or none when the server has closed.
    func read() async throws -> [UInt8] {
        let descriptor = descriptor
        return try await offPool {
            var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&state, 1, Self.patience) == 1 else { throw Failure(description: "no answer in time") }
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            return count > 0 ? Array(bytes[..<count]) : []
        }
    }

    func readUntilClosed() async throws -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let more = try await read()
            if more.isEmpty { return all }
            all += more
        }
    }

    /// Reads until the text has arrived; what came is the result.
    @discardableResult
    func read(until text: String) async throws -> String {
        var all = ""
        while !all.contains(text) {
            let more = try await read()
            guard !more.isEmpty else { throw Failure(description: "closed after: \(all)") }
            all += String(decoding: more, as: UTF8.self)
        }
        return all
    }

    /// One answer with a known length; `hasBody` is false for the answer to `HEAD`.
    func answer(hasBody: Bool = true) async throws -> Answer {
        var bytes: [UInt8] = []
        while true {
            if let split = Self.endOfHead(in: bytes) {
                var answer = try Self.parse(bytes[..<split])
                let length = hasBody ? Int(answer["Content-Length"] ?? "0") ?? 0 : 0
                if bytes.count >= split + length {
                    answer.body = Array(bytes[split...].prefix(length))
                    return answer
                }
            }
            let more = try await read()
            guard !more.isEmpty else {
                throw Failure(description: "closed after \(String(decoding: bytes, as: UTF8.self))")
            }
            bytes += more
        }
    }

    func request(_ text: String, hasBody: Bool = true) async throws -> Answer {
        send(text)
        return try await answer(hasBody: hasBody)
    }

    func get(_ path: String) async throws -> Answer {
        try await request("GET \(path) HTTP/1.1\r\nHost: test\r\n\r\n")
    }

    private static func endOfHead(in bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for place in 0...(bytes.count - 4) where bytes[place..<place + 4].elementsEqual([13, 10, 13, 10]) {
            return place + 4
        }
        return nil
    }

    private static func parse(_ head: ArraySlice<UInt8>) throws -> Answer {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        let first = try #require(lines.first).split(separator: " ")
        let status = try #require(first.count > 1 ? Int(first[1]) : nil)
        let headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            let value = parts.count > 1 ? parts[1].drop { $0 == " " } : ""
            return (name: String(parts[0]), value: String(value))
        }
        return Answer(status: status, headers: headers, body: [])
    }
}

/// Runs blocking work on a thread of its own.
func offPool<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(with: Result(catching: body)) }
    }
}

/// Waits until the condition holds; false when it does not within two minutes.
func eventually(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<24_000 {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return condition()
}
