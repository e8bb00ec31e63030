import HTTP
import Synchronization

/// One event of a `text/event-stream`.
struct ServerSentEvent: Sendable, Equatable {
    var id: String?
    var name: String
    /// Empty where nothing happened and the server only says where the stream stands.
    var data: String
}

/// Reads `text/event-stream` (WHATWG HTML §9.2.6) piece by piece.
struct ServerSentEventParser: Sendable {
    private var line: [UInt8] = []
    private var lastWasReturn = false
    private var id: String?
    private var isMoved = false
    private var name = ""
    private var data: [String] = []

    /// The events that these bytes complete.
    mutating func read(_ bytes: [UInt8]) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            defer { lastWasReturn = byte == 0x0D }
            if byte == 0x0A, lastWasReturn { continue }
            guard byte == 0x0A || byte == 0x0D else {
                line.append(byte)
                continue
            }
            if let event = endLine() { events.append(event) }
        }
        return events
    }

    private mutating func endLine() -> ServerSentEvent? {
        defer { line = [] }
        guard !line.isEmpty else { return endEvent() }
        let text = String(decoding: line, as: UTF8.self)
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var value = parts.count > 1 ? parts[1] : ""
        if value.first == " " { value.removeFirst() }
        switch parts[0] {
        case "id": (id, isMoved) = (String(value), true)
        case "event": name = String(value)
        case "data": data.append(String(value))
        default: break
        }
        return nil
    }

    private mutating func endEvent() -> ServerSentEvent? {
        defer {
            name = ""
            data = []
            isMoved = false
        }
        guard !data.isEmpty || isMoved else { return nil }
        return ServerSentEvent(
            id: id, name: name.isEmpty ? "message" : name, data: data.joined(separator: "\n"))
    }
}

/// Why a stream ended that the server did not end.
enum StreamInterruption: Error, CustomStringConvertible {
    case silence(Duration)
    /// Events came faster than they were taken: what is behind the last one has to be read again.
    case overrun

    var description: String {
        switch self {
        case .silence(let limit): "nothing was heard for \(limit)"
        case .overrun: "events come faster than they are taken"
        }
    }
}

extension ServerConnection {
    /// The server sends a heartbeat three times as often; a longer silence is a dead connection.
    static let maximumSilence: Duration = .seconds(45)
    /// Events that are kept for a slow reader.
    private static let bufferedEvents = 1_000

    /// Opens an event stream; it ends when the connection does, and throws what kept it from opening or a
    /// ``StreamInterruption``. `onOpen` runs when the server has accepted it.
    func events(
        _ path: String, after lastEventID: String? = nil, silence: Duration = maximumSilence,
        onOpen: @escaping @Sendable () -> Void = {}
    ) -> AsyncThrowingStream<ServerSentEvent, any Error> {
        AsyncThrowingStream(bufferingPolicy: .bufferingOldest(Self.bufferedEvents)) { continuation in
            let reading = Mutex((parser: ServerSentEventParser(), isOpen: false, isOver: false))
            let watch = StreamWatch()
            var request = request(.get, path)
            request.headers["Accept"] = "text/event-stream"
            request.headers["Last-Event-ID"] = lastEventID
            request.deadline = .seconds(20 * 86_400)
            request.receive = { bytes in
                watch.heard()
                let isFirst = reading.withLock { reading in
                    defer { reading.isOpen = true }
                    return !reading.isOpen
                }
                if isFirst { onOpen() }
                reading.withLock { reading in
                    for event in reading.parser.read(bytes) where !reading.isOver {
                        guard case .dropped = continuation.yield(event) else { continue }
                        // Nothing may follow a gap.
                        reading.isOver = true
                        continuation.finish(throwing: StreamInterruption.overrun)
                    }
                }
            }
            let task = Task { [request, client] in
                do {
                    let response = try await client.send(request, policy: .unrestricted)
                    guard (200..<300).contains(response.status) else { throw ServerRefusal(response) }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            let guardian = Task {
                await watch.waitForSilence(of: silence) {
                    continuation.finish(throwing: StreamInterruption.silence(silence))
                }
            }
            continuation.onTermination = { _ in
                task.cancel()
                guardian.cancel()
            }
        }
    }
}

/// When a stream last said anything.
private final class StreamWatch: Sendable {
    private let last = Mutex(ContinuousClock.now)

    func heard() {
        last.withLock { $0 = .now }
    }

    /// Runs `then` once nothing was heard for that long; ends early when the task is cancelled.
    func waitForSilence(of limit: Duration, then: @Sendable () -> Void) async {
        while !Task.isCancelled {
            let end = last.withLock { $0 } + limit
            if ContinuousClock.now >= end { return then() }
            try? await Task.sleep(until: end, clock: .continuous)
        }
    }
}
