package import ThumbwireKit

/// What a receiver's answer means for its delivery: a function of values.
package enum StatusPolicy {
    package enum Verdict: Hashable, Sendable {
        case delivered
        /// Try again by the schedule, but not before that moment, which the receiver named.
        case retry(notBefore: Timestamp?)
        /// Do not try again.
        case exhausted
    }

    /// RFC 9110 §15.5.11; the receiver is gone for good.
    private static let gone = 410

    /// 2xx is delivered and 410 ends the delivery. All else is tried again, 3xx included: redirects are never
    /// followed, because the URL and its signature were meant for one receiver.
    package static func verdict(status: Int, retryAfter: String?, now: Timestamp) -> Verdict {
        switch status {
        case 200...299: .delivered
        case gone: .exhausted
        default: .retry(notBefore: RetryAfter.moment(retryAfter, now: now))
        }
    }
}
