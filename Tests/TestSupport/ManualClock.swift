internal import Synchronization
package import ThumbwireKit

/// A clock that stands until the test moves it.
package final class ManualClock: WallClock {
    private struct Sleeper {
        var until: Timestamp
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now: Timestamp
        var nextID = 0
        var sleepers: [Int: Sleeper] = [:]
        var cancelled: Set<Int> = []
    }

    private let state: Mutex<State>

    /// 2026-11-21T12:00:00Z unless told.
    package init(_ now: Timestamp = .noon) {
        state = Mutex(State(now: now))
    }

    package func now() -> Timestamp {
        state.withLock { $0.now }
    }

    /// How many tasks sleep on this clock.
    package var sleeperCount: Int {
        state.withLock { $0.sleepers.count }
    }

    /// Moves the time on and wakes whose time has come.
    package func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.now = state.now + duration
            let due = state.sleepers.filter { $0.value.until <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.sorted { $0.until < $1.until }
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    package func sleep(until moment: Timestamp) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<Void, any Error>? in
                    if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                    if moment <= state.now { return .success(()) }
                    state.sleepers[id] = Sleeper(until: moment, continuation: continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: id)
                if sleeper == nil { state.cancelled.insert(id) }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}

extension Timestamp {
    /// 2026-11-21T12:00:00Z.
    package static let noon = Timestamp(microseconds: 1_795_262_400_000_000)
}
