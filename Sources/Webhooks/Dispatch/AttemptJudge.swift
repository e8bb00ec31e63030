internal import HTTP
internal import Persistence
internal import ThumbwireKit

/// Says what an attempt's end means for its delivery.
struct AttemptJudge {
    /// How an attempt ended.
    enum Ending: Sendable {
        case answered(OutboundResponse)
        case unanswered(code: String, message: String)
    }

    let configuration: Dispatcher.Configuration
    /// Evenly distributed in `0..<1`, for jitter.
    let random: @Sendable () -> Double

    /// The attempt's row and what follows. It ended `now`, and rests are counted from there.
    func result(
        of due: DueDelivery, _ ending: Ending, startedAt: Timestamp, took duration: Duration, now: Timestamp
    ) -> AttemptResult {
        let number = due.delivery.attempts + 1
        let attempt = Attempt(
            delivery: due.delivery.id, number: number, startedAt: startedAt, duration: duration,
            outcome: outcome(ending))
        let consequence: AttemptResult.Consequence =
            switch verdict(ending, now) {
            case .delivered: .delivered
            case .exhausted: .exhausted
            case .retry(let earliest): retry(due.delivery.target, after: number, notBefore: earliest, now)
            }
        return AttemptResult(attempt: attempt, consequence: consequence)
    }

    private func verdict(_ ending: Ending, _ now: Timestamp) -> StatusPolicy.Verdict {
        guard case .answered(let response) = ending else { return .retry(notBefore: nil) }
        return StatusPolicy.verdict(
            status: response.status, retryAfter: response.headers["retry-after"], now: now)
    }

    private func retry(
        _ target: Delivery.Target, after attempts: Int, notBefore earliest: Timestamp?, _ now: Timestamp
    ) -> AttemptResult.Consequence {
        guard let rest = RetrySchedule.of(target).rest(after: attempts, random: random()) else {
            return .exhausted
        }
        return .retry(at: max(now + rest, earliest ?? now))
    }

    private func outcome(_ ending: Ending) -> Attempt.Outcome {
        switch ending {
        case .answered(let response):
            .answered(status: response.status, bodyHead: head(of: response.body))
        case .unanswered(let code, let message): .unanswered(code: code, message: message)
        }
    }

    /// The body's beginning as text that every store can keep: what is not UTF-8, and NUL, is replaced.
    private func head(of body: [UInt8]) -> String {
        var head = ""
        var length = 0
        for scalar in String(decoding: body.prefix(configuration.maximumKeptBytes), as: UTF8.self)
            .unicodeScalars
        {
            let kept: Unicode.Scalar = scalar == "\0" ? "\u{FFFD}" : scalar
            length += UTF8.width(kept)
            guard length <= configuration.maximumKeptBytes else { break }
            head.unicodeScalars.append(kept)
        }
        return head
    }
}
