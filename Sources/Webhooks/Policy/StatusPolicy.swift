internal import ThumbwireKit

/// What a receiver's answer, or its absence, means: functions of values.
///
/// - 2xx is delivered.
/// - 410 ends the delivery and disables the endpoint (RFC 9110 §15.5.11: gone for good).
/// - Everything else is tried again. 3xx too: redirects are never followed, because the URL and its signature were
///   meant for one receiver.
/// - `Retry-After` of a failure moves the delivery; on 429 and 503, which speak of the receiver as a whole, everything
///   else of its endpoint rests as well.
/// - `webhook-delivery: abort-message` ends the delivery, `webhook-delivery: disable` the endpoint, with any status.
enum StatusPolicy {
    /// The parts of an answer that decide.
    struct Answer: Hashable, Sendable {
        var status: Int
        var retryAfter: String?
        /// The value of `webhook-delivery`.
        var instruction: String?
    }

    private static let gone = 410
    private static let restful: Set<Int> = [429, 503]
    /// Failures that another message to the same receiver would most likely not meet: it was read and refused, for what
    /// it says, its form or its moment.
    private static let aboutMessage: Set<Int> = [
        400, 406, 409, 411, 412, 413, 414, 415, 416, 417, 422, 423, 424, 425, 428, 431,
    ]

    static func finding(of answer: Answer, now: Timestamp) -> Finding {
        let instructions = words(answer.instruction)
        var finding = finding(of: answer.status, RetryAfter.wait(answer.retryAfter, now: now))
        if instructions.contains("disable") {
            finding.disabledReason = "the receiver asked for it with webhook-delivery: disable"
        }
        if finding.verdict != .delivered, !instructions.isDisjoint(with: ["disable", "abort-message"]) {
            finding.verdict = .exhausted
        }
        return finding
    }

    /// Where no answer came, by the code of the error.
    static func finding(ofError code: String) -> Finding {
        switch code {
        case "secret_unreadable", "invalid_request", "out_of_resources":
            Finding(verdict: .retry(notWithin: nil), evidence: .nothing)
        default: Finding(verdict: .retry(notWithin: nil), evidence: .fails)
        }
    }

    private static func finding(of status: Int, _ wait: Duration?) -> Finding {
        switch status {
        case 200...299: Finding(verdict: .delivered, evidence: .works)
        case gone:
            Finding(
                verdict: .exhausted, evidence: .fails, disabledReason: "the receiver answered 410 Gone")
        case _ where aboutMessage.contains(status):
            Finding(verdict: .retry(notWithin: wait), evidence: .refusesMessage)
        default:
            Finding(
                verdict: .retry(notWithin: wait), evidence: .fails,
                rest: restful.contains(status) ? wait : nil)
        }
    }

    private static func words(_ value: String?) -> Set<String> {
        Set((value ?? "").lowercased().split { ", \t".contains($0) }.map(String.init))
    }
}
