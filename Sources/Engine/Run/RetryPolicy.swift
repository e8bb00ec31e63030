internal import ThumbwireKit

/// When a failed provider call is tried again: exponential with full jitter (Marc Brooker, "Exponential Backoff And
/// Jitter"), never for failures that cannot heal.
struct RetryPolicy: Sendable {
    /// Tries at one provider, the first included.
    var maximumAttempts = 4
    /// The longest wait before the second try; doubles with each further one.
    var base = Duration.seconds(1)
    /// No wait is longer, except what the other side asks for.
    var maximumDelay = Duration.seconds(60)

    /// How long to rest before the next try; `nil` when there is none. `random` is uniform in 0..<1.
    func delay(afterAttempt attempt: Int, failure: Failure, random: Double) -> Duration? {
        guard failure.failureClass.isRetryable else { return nil }
        // A wait that the other side asked for burns no attempt (DESIGN: "a rest").
        if failure.failureClass == .rateLimited, let retryAfter = failure.retryAfter { return retryAfter }
        guard attempt < maximumAttempts else { return nil }
        let ceiling = min(maximumDelay, base * (1 << min(attempt - 1, 16)))
        return max(failure.retryAfter ?? .zero, ceiling * random)
    }
}
