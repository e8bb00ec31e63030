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
    var key: APIKey
    var standing: RateStanding
    /// More than zero.
    var retryAfter: Duration
}

/// Counts the requests of keys that have a limit.
final class RateLimiter: Sendable {
    static let maximumWindows = 10_000

    private let windows = MinuteWindows<KeyID>(maximum: maximumWindows)

    /// How many keys it knows of.
    var count: Int { windows.count }

    /// Counts a request; `nil` where the key has no limit. Throws where the minute's requests are used up.
    @discardableResult
    func admit(_ key: APIKey, now: Timestamp) throws(RateExceeded) -> RateStanding? {
        guard let limit = key.requestsPerMinute else { return nil }
        let (standing, isAdmitted) = windows.take(key.id, limit: limit, now: now)
        guard isAdmitted else {
            throw RateExceeded(key: key, standing: standing, retryAfter: standing.resetAt - now)
        }
        return standing
    }

    /// How the key stands without counting anything; `nil` where it has no limit.
    func standing(of key: APIKey, now: Timestamp) -> RateStanding? {
        key.requestsPerMinute.map { windows.standing(of: key.id, limit: $0, now: now) }
    }
}
