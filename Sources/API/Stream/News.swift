import Persistence
import Synchronization
import ThumbwireKit

/// Whether there may be something new to read, for one reader who waits for that or for a moment.
final class News: Sendable {
    private final class Flag: Sendable {
        let wakeup = Wakeup()
        let isUp = Atomic(true)
    }

    private let flag = Flag()
    private let watch: Watch

    /// News are commits with that change from now on; and once at the beginning, for what there is.
    init(of change: StoreChange, in feed: ChangeFeed) {
        watch = feed.watch(change) { [flag] in
            flag.isUp.store(true, ordering: .releasing)
            flag.wakeup.wake()
        }
    }

    /// True where there is news that nobody has taken.
    func take() -> Bool { flag.isUp.exchange(false, ordering: .acquiringAndReleasing) }

    /// Has the reader look again although nothing is new.
    func repeatOnce() { flag.isUp.store(true, ordering: .releasing) }

    /// Returns when there is news, at the moment, or when the task is cancelled.
    func wait(until moment: Timestamp, _ alarms: Alarms) async {
        guard !flag.isUp.load(ordering: .acquiring) else { return }
        let alarm = alarms.set(at: moment) { [flag] in flag.wakeup.wake() }
        defer { alarm.end() }
        await flag.wakeup.wait()
    }

    func end() { watch.end() }
}
