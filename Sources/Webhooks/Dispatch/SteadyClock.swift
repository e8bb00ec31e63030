internal import Synchronization
internal import ThumbwireKit

/// The wall clock, but for its steps back: it goes on from where it was, so that what is due in five seconds stays so
/// when somebody sets the clock back by a day.
///
/// A step is noticed when the time is read. What others are told (`webhook-timestamp`, when an attempt began) is the wall
/// clock's time all the same.
final class SteadyClock: WallClock {
    private struct State {
        var last: Timestamp
        var ahead: Duration = .zero
    }

    /// Two who read the clock at the same moment may come here in the other order.
    private static let tolerance: Duration = .seconds(1)

    let wall: any WallClock
    private let state: Mutex<State>

    init(_ wall: any WallClock) {
        self.wall = wall
        state = Mutex(State(last: wall.now()))
    }

    func now() -> Timestamp { read().steady }

    /// Both of one reading: a clock that is moved between two would be slept past.
    private func read() -> (steady: Timestamp, wall: Timestamp) {
        state.withLock { state in
            let moment = wall.now()
            if state.last - moment > Self.tolerance { state.ahead += state.last - moment }
            state.last = moment
            return (moment + state.ahead, moment)
        }
    }

    /// Ends also when so much time has passed by the machine's own count: a wall clock that was set back meanwhile would
    /// come to that moment much later.
    func sleep(until moment: Timestamp) async throws {
        let now = read()
        let left = max(moment - now.steady, .milliseconds(1))
        let named = now.wall + left
        try await withThrowingTaskGroup { [wall] group in
            group.addTask { try await wall.sleep(until: named) }
            group.addTask { try await Task.sleep(for: left) }
            defer { group.cancelAll() }
            _ = try await group.next()
        }
    }
}
