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

    /// The shortest wait that the other side can ask for: a `Retry-After` of 0 must not make a busy loop.
    var minimumDelay = Duration.seconds(1)

    /// The code of work that ended without a picture: one try for each provider.
    static let finalCode = "provider_failed"

    /// False for a wait that the other side asked for: the next try takes the place of this one.
    func burnsAttempt(_ failure: Failure) -> Bool {
        failure.failureClass != .rateLimited || failure.retryAfter == nil
    }

    /// How long to rest before the next try; `nil` when there is none. `random` is uniform in 0..<1.
    func delay(afterAttempt attempt: Int, failure: Failure, random: Double) -> Duration? {
        guard failure.failureClass.isRetryable, failure.code != Self.finalCode else { return nil }
        if let retryAfter = failure.retryAfter, !burnsAttempt(failure) {
            return max(retryAfter, minimumDelay)
        }
        guard attempt < maximumAttempts else { return nil }
        return max(failure.retryAfter ?? .zero, backoff(afterAttempt: attempt, random: random))
    }

    /// A random part of a ceiling that doubles with each attempt.
    func backoff(afterAttempt attempt: Int, random: Double) -> Duration {
        min(maximumDelay, base * (1 << min(attempt - 1, 16))) * random
    }
}
