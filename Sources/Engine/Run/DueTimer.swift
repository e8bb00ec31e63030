internal import Synchronization
internal import ThumbwireKit

/// Wakes a loop at a moment; arming again replaces the moment.
final class DueTimer: Sendable {
    private let clock: any WallClock
    private let wakeup: Wakeup
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(clock: any WallClock, wakeup: Wakeup) {
        self.clock = clock
        self.wakeup = wakeup
    }

    /// `nil` disarms.
    func arm(_ moment: Timestamp?) {
        let next = moment.map { moment in
            Task { [clock, wakeup] in
                guard (try? await clock.sleep(until: moment)) != nil else { return }
                wakeup.signal()
            }
        }
        let previous = task.withLock { task in
            defer { task = next }
            return task
        }
        previous?.cancel()
    }
}
