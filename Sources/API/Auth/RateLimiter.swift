import Synchronization
import ThumbwireKit

/// How a key stands in its current minute.
struct RateStanding: Hashable, Sendable {
    /// Requests in a minute.
    var limit: Int
    /// Requests that are left of this minute's.
    var remaining: Int
    /// When the next minute begins and all requests are there again.
    var resetAt: Timestamp
}

/// The key has made its requests of this minute. Faces say it with their own headers; it becomes `rate_limited`.
struct RateExceeded: Error {
    var standing: RateStanding
    /// More than zero.
    var retryAfter: Duration
}

/// Counts the requests of keys that have a limit, in windows of one minute that begin with a key's first request.
///
/// It lives in memory: a restart begins new windows.
final class RateLimiter: Sendable {
    private struct Window {
        var end: Timestamp
        var count: Int
    }

    /// A bound on memory; where more keys are busy in one minute, the one whose minute ends first begins anew.
    static let maximumWindows = 10_000
    private static let length = Duration.seconds(60)

    private let windows = Mutex<[KeyID: Window]>([:])

    /// How many keys it knows of.
    var count: Int { windows.withLock { $0.count } }

    /// Counts a request; `nil` where the key has no limit. Throws where the minute's requests are used up.
    @discardableResult
    func admit(_ key: APIKey, now: Timestamp) throws(RateExceeded) -> RateStanding? {
        guard let limit = key.requestsPerMinute else { return nil }
        let (window, isAdmitted) = windows.withLock { windows in
            var window = current(windows[key.id], now: now)
            let isAdmitted = window.count < limit
            if isAdmitted { window.count += 1 }
            if windows[key.id] == nil, windows.count >= Self.maximumWindows { makeRoom(in: &windows, now) }
            windows[key.id] = window
            return (window, isAdmitted)
        }
        let standing = standing(of: window, limit: limit)
        guard isAdmitted else { throw RateExceeded(standing: standing, retryAfter: window.end - now) }
        return standing
    }

    /// How the key stands without counting anything; `nil` where it has no limit.
    func standing(of key: APIKey, now: Timestamp) -> RateStanding? {
        guard let limit = key.requestsPerMinute else { return nil }
        return standing(of: windows.withLock { current($0[key.id], now: now) }, limit: limit)
    }

    private func standing(of window: Window, limit: Int) -> RateStanding {
        RateStanding(limit: limit, remaining: max(0, limit - window.count), resetAt: window.end)
    }

    /// The window that `now` lies in. One that ends later than it can was begun before the clock was set back.
    private func current(_ window: Window?, now: Timestamp) -> Window {
        if let window, now < window.end, window.end <= now + Self.length { return window }
        return Window(end: now + Self.length, count: 0)
    }

    private func makeRoom(in windows: inout [KeyID: Window], _ now: Timestamp) {
        windows = windows.filter { now < $0.value.end }
        guard windows.count >= Self.maximumWindows,
            let first = windows.min(by: { $0.value.end < $1.value.end })
        else { return }
        windows[first.key] = nil
    }
}
