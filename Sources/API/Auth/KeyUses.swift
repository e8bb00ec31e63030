import Persistence
import Synchronization
import ThumbwireKit

/// Writes when keys were last used, at most once a minute for each and off the path of requests: what comes while a
/// write is under way makes the next one together.
final class KeyUses: Sendable {
    /// Apart from the owner, so that the writing task does not keep that alive.
    private final class Notes: Sendable {
        struct State {
            /// When each key was last noted.
            var noted: [KeyID: Timestamp] = [:]
            var pending: [KeyID: Timestamp] = [:]
        }

        let state = Mutex(State())

        func take() -> [KeyID: Timestamp] {
            state.withLock { state in
                defer { state.pending = [:] }
                return state.pending
            }
        }
    }

    /// A bound on memory.
    private static let maximumKeys = 10_000
    private static let interval = Duration.seconds(60)

    private let notes = Notes()
    private let wake: AsyncStream<Void>.Continuation
    private let writing: Task<Void, Never>

    init(store: any Store, log: Log) {
        let (signals, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.wake = wake
        writing = Task { [notes] in
            for await _ in signals {
                do throws(StoreError) {
                    try await store.touch(notes.take())
                } catch {
                    if case .closed = error { return }
                    // A use that is not written harms nobody; the next minute writes again.
                    log(.warning, "the last use of keys was not written", ["error": .string("\(error)")])
                }
            }
        }
    }

    deinit {
        wake.finish()
        writing.cancel()
    }

    func note(_ key: KeyID, at now: Timestamp) {
        let isDue = notes.state.withLock { state in
            if let last = state.noted[key], last <= now, now - last < Self.interval { return false }
            if state.noted.count >= Self.maximumKeys { state.noted = [:] }
            state.noted[key] = now
            state.pending[key] = now
            return true
        }
        if isDue { wake.yield() }
    }
}
