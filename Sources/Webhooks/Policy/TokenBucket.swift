internal import ThumbwireKit

/// Lets so many attempts a second begin, and a few at once after a pause.
struct TokenBucket: Hashable, Sendable {
    /// How much of a second's tokens gathers at most; one token always does.
    private static let burst = 0.25

    private let rate: Double
    private let capacity: Double
    private var tokens: Double
    private var countedAt: Timestamp

    /// Full at first. `rate` is in attempts a second and above zero.
    init(rate: Double, now: Timestamp) {
        self.rate = rate
        capacity = max(1, rate * Self.burst)
        tokens = capacity
        countedAt = now
    }

    /// When the next token is there; `nil` when one is there now.
    func next(at now: Timestamp) -> Timestamp? {
        let missing = 1 - count(at: now)
        guard missing > 0 else { return nil }
        // Never less than what a rounding swallows.
        return now + .microseconds(Int64((missing / rate * 1_000_000).rounded(.up)) + 1)
    }

    mutating func take(at now: Timestamp) {
        tokens = count(at: now) - 1
        countedAt = now
    }

    private func count(at now: Timestamp) -> Double {
        min(capacity, tokens + max(0, (now - countedAt).inSeconds) * rate)
    }
}
