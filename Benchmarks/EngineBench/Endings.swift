import Synchronization
import ThumbwireKit

/// Hears from the engine's log which jobs ended, which it says once that is durable.
final class Endings: Sendable {
    private struct State {
        var completed: [String: Moment] = [:]
        var wanted = Int.max
        var waiter: CheckedContinuation<Void, Never>?
        var failure: String?
    }

    private let state = Mutex(State())

    /// The log of a service whose jobs are counted here.
    var log: Log {
        Log { [self] entry in
            switch entry.event {
            case "job completed":
                if let id = entry.fields["job"]?.string { complete(id) }
            case _ where entry.level == .error || entry.event == "job failed":
                fail("\(entry.event) \(JSONValue.object(entry.fields).prettyPrinted())")
            default: break
            }
        }
    }

    /// Waits until that many jobs have completed since the last call; when each did, by its id.
    func take(_ count: Int) async throws -> [String: Moment] {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.failure != nil || state.completed.count >= count { return true }
                state.wanted = count
                state.waiter = continuation
                return false
            }
            if isOver { continuation.resume() }
        }
        return try state.withLock { state in
            if let failure = state.failure { throw BenchError("a job did not complete: \(failure)") }
            defer { state = State() }
            return state.completed
        }
    }

    private func complete(_ id: String) {
        let now = Moment.now()
        let waiter = state.withLock { state in
            state.completed[id] = now
            return state.completed.count >= state.wanted ? state.waiter.take() : nil
        }
        waiter?.resume()
    }

    private func fail(_ text: String) {
        let waiter = state.withLock { state in
            state.failure = state.failure ?? text
            return state.waiter.take()
        }
        waiter?.resume()
    }
}

/// Why a measurement is worth nothing.
struct BenchError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
