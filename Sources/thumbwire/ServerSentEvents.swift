import HTTP
import Synchronization

/// Why a stream ended that the server did not end.
enum StreamInterruption: Error, CustomStringConvertible {
    case silence(Duration)
    /// Events came faster than they were taken: what is behind the last one has to be read again.
    case overrun
    case tooLong

    var description: String {
        switch self {
        case .silence(let limit): "nothing was heard for \(limit)"
        case .overrun: "events come faster than they are taken"
        case .tooLong: "an event is longer than any should be"
        }
    }
}

extension ServerConnection {
    /// The server sends a heartbeat three times as often; a longer silence is a dead connection.
    static let maximumSilence: Duration = .seconds(45)
    /// Events that are kept for a slow reader.
    private static let bufferedEvents = 1_000
    /// Bytes of one event; ours have some thousands.
    private static let longestEvent = 4 << 20

    /// Opens an event stream; it ends when the connection does, and throws what kept it from opening or a
    /// ``StreamInterruption``. `onOpen` runs when the server has accepted it.
    func events(
        _ path: String, after lastEventID: String? = nil, silence: Duration = maximumSilence,
        onOpen: @escaping @Sendable () -> Void = {}
    ) -> AsyncThrowingStream<ServerSentEventReader.Event, any Error> {
        AsyncThrowingStream(bufferingPolicy: .bufferingOldest(Self.bufferedEvents)) { continuation in
            let reading = Mutex(
                (reader: ServerSentEventReader(limit: Self.longestEvent), isOpen: false, isOver: false))
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
                    for event in reading.reader.read(bytes) where !reading.isOver {
                        guard case .dropped = continuation.yield(event) else { continue }
                        // Nothing may follow a gap.
                        reading.isOver = true
                        continuation.finish(throwing: StreamInterruption.overrun)
                    }
                    guard reading.reader.isOverfull, !reading.isOver else { return }
                    reading.isOver = true
                    continuation.finish(throwing: StreamInterruption.tooLong)
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
