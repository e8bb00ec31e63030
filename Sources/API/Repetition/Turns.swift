import Synchronization

/// Lets requests that may be the same one go one after the other, so that each is known to the next.
final class Turns: Sendable {
    /// Those who wait behind the one whose turn it is.
    private let queues = Mutex<[[UInt8]: [CheckedContinuation<Void, Never>]]>([:])

    /// Runs the body once all that came before with the same digest have run theirs.
    func take<Value>(_ digest: [UInt8], _ body: () async throws -> Value) async throws -> Value {
        await enter(digest)
        defer { leave(digest) }
        try Task.checkCancellation()
        return try await body()
    }

    private func enter(_ digest: [UInt8]) async {
        await withCheckedContinuation { continuation in
            let isFree = queues.withLock { queues in
                if queues[digest] == nil {
                    queues[digest] = []
                    return true
                }
                queues[digest]?.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    private func leave(_ digest: [UInt8]) {
        let next = queues.withLock { queues -> CheckedContinuation<Void, Never>? in
            guard queues[digest]?.isEmpty == false else {
                queues[digest] = nil
                return nil
            }
            return queues[digest]?.removeFirst()
        }
        next?.resume()
    }
}
