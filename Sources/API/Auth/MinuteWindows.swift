import Synchronization
import ThumbwireKit

/// Counts in windows of one minute, which begin with the first that is counted.
///
/// It lives in memory: a restart begins new windows.
final class MinuteWindows<ID: Hashable & Sendable>: Sendable {
    private struct Window {
        var end: Timestamp
        var count: Int
    }

    /// A bound on memory; where more are busy in one minute, the one whose minute ends first begins anew.
    private let maximum: Int
    private let windows = Mutex<[ID: Window]>([:])

    init(maximum: Int) {
        self.maximum = maximum
    }

    /// How many it knows of.
    var count: Int { windows.withLock { $0.count } }

    /// Counts one more, unless the minute is full.
    func take(_ id: ID, limit: Int, now: Timestamp) -> (standing: RateStanding, isAdmitted: Bool) {
        let (window, isAdmitted) = windows.withLock { windows in
            var window = current(windows[id], now: now)
            let isAdmitted = window.count < limit
            if isAdmitted { window.count += 1 }
            if windows[id] == nil, windows.count >= maximum { makeRoom(in: &windows, now) }
            windows[id] = window
            return (window, isAdmitted)
        }
        return (standing(of: window, limit: limit), isAdmitted)
    }

    /// Counts one less of the window that ends then, if it is still that one.
    func giveBack(_ id: ID, ofWindowEnding end: Timestamp) {
        windows.withLock { windows in
            guard let window = windows[id], window.end == end, window.count > 0 else { return }
            windows[id]?.count -= 1
        }
    }

    /// Counts nothing.
    func standing(of id: ID, limit: Int, now: Timestamp) -> RateStanding {
        standing(of: windows.withLock { current($0[id], now: now) }, limit: limit)
    }

    private func standing(of window: Window, limit: Int) -> RateStanding {
        RateStanding(limit: limit, remaining: max(0, limit - window.count), resetAt: window.end)
    }

    /// The window that `now` lies in. One that ends much later than it can was begun before the clock was set back; one
    /// that ends a little later was begun by a request that overtook this one.
    private func current(_ window: Window?, now: Timestamp) -> Window {
        let length = Duration.seconds(60)
        if let window, now < window.end, window.end <= now + length * 2 { return window }
        return Window(end: now + length, count: 0)
    }

    private func makeRoom(in windows: inout [ID: Window], _ now: Timestamp) {
        windows = windows.filter { now < $0.value.end }
        guard windows.count >= maximum, let first = windows.min(by: { $0.value.end < $1.value.end })
        else { return }
        windows[first.key] = nil
    }
}
