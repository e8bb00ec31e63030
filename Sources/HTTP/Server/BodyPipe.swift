import CMicrohttpd
import Glibc
import Synchronization

/// Carries the chunks of a streamed response from its `AsyncStream` to libmicrohttpd.
///
/// A task consumes the stream and waits while the pipe is full; the server's thread reads and suspends the
/// connection while the pipe is empty, since a reader that returns nothing without that burns a core.
final class BodyPipe: Sendable {
    /// What a read found.
    enum Read {
        case bytes(Int)
        case suspended
        case end
        case aborted
    }

    private struct State {
        var bytes: [UInt8] = []
        var offset = 0
        var isFinished = false
        var isAborted = false
        var suspended: SuspendedConnection?
        var writer: CheckedContinuation<Void, Never>?
        var consumer: Task<Void, Never>?
    }

    private let state = Mutex(State())

    /// Bytes that may wait for a slow client before the consumer waits too.
    private static let capacity = 64 << 10

    /// Whether the connection waits for the stream.
    var isSuspended: Bool { state.withLock { $0.suspended != nil } }

    /// Starts to consume the stream.
    func consume(_ stream: AsyncStream<[UInt8]>) {
        let task = Task.detached { [self] in
            for await chunk in stream where !chunk.isEmpty {
                guard await write(chunk) else { return }
            }
            finish()
        }
        let isAborted = state.withLock {
            $0.consumer = task
            return $0.isAborted
        }
        if isAborted { task.cancel() }
    }

    /// Fills the buffer, or suspends the connection when there is nothing to say yet.
    func read(into buffer: UnsafeMutableRawBufferPointer, of connection: OpaquePointer) -> Read {
        var writer: CheckedContinuation<Void, Never>?
        let result: Read = state.withLock { state in
            if state.isAborted { return .aborted }
            let count = min(buffer.count, state.bytes.count - state.offset)
            guard count > 0 else {
                if state.isFinished { return .end }
                state.suspended = SuspendedConnection(suspending: connection)
                return .suspended
            }
            state.bytes.withUnsafeBytes {
                buffer.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: $0[state.offset..<state.offset + count]))
            }
            state.offset += count
            if state.offset == state.bytes.count {
                state.bytes.removeAll(keepingCapacity: true)
                state.offset = 0
                writer = state.writer.take()
            }
            return .bytes(count)
        }
        writer?.resume()
        return result
    }

    /// Ends everything: the consumer is cancelled and the next read closes the connection.
    func abort() {
        let (writer, consumer) = state.withLock { state in
            state.isAborted = true
            state.suspended.take()?.resume()
            return (state.writer.take(), state.consumer.take())
        }
        consumer?.cancel()
        writer?.resume()
    }

    private func write(_ chunk: [UInt8]) async -> Bool {
        await withCheckedContinuation { continuation in
            let mayGoOn = state.withLock { state in
                guard !state.isAborted else { return true }
                state.bytes += chunk
                state.suspended.take()?.resume()
                guard state.bytes.count - state.offset >= Self.capacity else { return true }
                state.writer = continuation
                return false
            }
            if mayGoOn { continuation.resume() }
        }
        return state.withLock { !$0.isAborted }
    }

    private func finish() {
        state.withLock { state in
            // A cancelled stream ends like a finished one; only the latter is a whole answer.
            if Task.isCancelled { state.isAborted = true }
            state.isFinished = true
            state.consumer = nil
            state.suspended.take()?.resume()
        }
    }
}
