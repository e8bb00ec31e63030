import Synchronization
import ThumbwireKit

/// The jobs whose client still waits for their answer in this process, by the hash of its request.
///
/// Equal requests side by side are wishes of their own; one whose connection closed is joined by the next.
final class AwaitedAnswers: Sendable {
    /// Ends when the client has its answer or is gone.
    final class Wait: Sendable {
        private let end: @Sendable () -> Void

        init(end: @escaping @Sendable () -> Void) { self.end = end }

        deinit { end() }
    }

    private struct State {
        var jobs: [[UInt8]: [JobID: Int]] = [:]
        /// Those who wait to submit an equal request; there is an entry while somebody submits.
        var turns: [[UInt8]: [CheckedContinuation<Void, Never>]] = [:]
    }

    /// How long the server takes to notice that a client has left, at most, and some more.
    static let noticeOfLeaving = Duration.milliseconds(400)

    private let state = Mutex(State())

    func jobs(_ hash: [UInt8]) -> Set<JobID> {
        state.withLock { Set($0.jobs[hash, default: [:]].keys) }
    }

    /// Notes that a client waits for that job.
    func begin(_ hash: [UInt8], _ job: JobID) -> Wait {
        state.withLock { $0.jobs[hash, default: [:]][job, default: 0] += 1 }
        return Wait { [self] in
            state.withLock { state in
                let left = (state.jobs[hash]?[job] ?? 0) - 1
                state.jobs[hash]?[job] = left > 0 ? left : nil
                if state.jobs[hash]?.isEmpty ?? false { state.jobs[hash] = nil }
            }
        }
    }

    /// Runs the body alone among equal requests: between looking who waits and waiting oneself nobody comes.
    func alone<Value>(_ hash: [UInt8], _ body: () async throws -> Value) async rethrows -> Value {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                let isFree = state.turns[hash] == nil
                state.turns[hash, default: []] += isFree ? [] : [continuation]
                return isFree
            }
            if isFree { continuation.resume() }
        }
        defer { leave(hash) }
        return try await body()
    }

    private func leave(_ hash: [UInt8]) {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.turns[hash]?.isEmpty == false else {
                state.turns[hash] = nil
                return nil
            }
            return state.turns[hash]?.removeFirst()
        }
        next?.resume()
    }
}
