internal import Documents
internal import HTTP
internal import Persistence
internal import ThumbwireKit

/// An attempt's row, and what its end says of the receiver.
struct Judgement: Sendable {
    var result: AttemptResult
    var finding: Finding
    var target: Delivery.Target
    /// Where its endpoint was; `nil` for a callback.
    var url: String?

    private static let timeouts: Set<String> = [
        ClientError.timeout(.awaitingResponse).code, ClientError.dnsTimeout(host: "").code,
    ]

    /// No answer came in time.
    var isHang: Bool {
        guard case .unanswered(let code, _) = result.attempt.outcome else { return false }
        return Self.timeouts.contains(code)
    }
}

/// Says what an attempt's end means for its delivery.
struct AttemptJudge {
    /// How an attempt ended.
    enum Ending: Sendable {
        case answered(OutboundResponse)
        case unanswered(code: String, message: String)
    }

    /// An attempt that has ended. Rests are counted from `now`; all other moments are the wall clock's.
    struct Ended {
        var due: DueDelivery
        var ending: Ending
        var startedAt: Timestamp
        var duration: Duration
        var wallNow: Timestamp
        var now: Timestamp
        /// The callback's host, for those who are told; `nil` where it cannot be read.
        var host: String?
    }

    let configuration: Dispatcher.Configuration
    let encoder: EventEncoder
    /// Evenly distributed in `0..<1`, for jitter.
    let random: @Sendable () -> Double

    /// The attempt's row and what follows.
    func judge(_ ended: Ended) -> Judgement {
        let due = ended.due
        let number = due.delivery.attempts + 1
        let finding = finding(ended.ending, ended.wallNow)
        let consequence: AttemptResult.Consequence =
            switch finding.verdict {
            case .delivered: .delivered
            case .exhausted: .exhausted
            case .retry(let least): retry(due, after: number, notWithin: least, ended.now)
            }
        let url: String? = if case .endpoint(let endpoint, _) = due.destination { endpoint.url } else { nil }
        let attempt = Attempt(
            delivery: due.delivery.id, number: number, startedAt: ended.startedAt, duration: ended.duration,
            outcome: outcome(ended.ending))
        return Judgement(
            result: AttemptResult(
                attempt: attempt, consequence: consequence,
                events: consequence == .exhausted ? exhausted(ended, number) : []),
            finding: finding, target: due.delivery.target, url: url)
    }

    private func finding(_ ending: Ending, _ now: Timestamp) -> Finding {
        switch ending {
        case .unanswered(let code, _): StatusPolicy.finding(ofError: code)
        case .answered(let response):
            StatusPolicy.finding(
                of: StatusPolicy.Answer(
                    status: response.status, retryAfter: response.headers["retry-after"],
                    instruction: response.headers["webhook-delivery"]), now: now)
        }
    }

    /// The place in the schedule is counted from where it was begun anew.
    private func retry(
        _ due: DueDelivery, after attempts: Int, notWithin least: Duration?, _ now: Timestamp
    ) -> AttemptResult.Consequence {
        let place = max(1, attempts - due.delivery.earlierAttempts)
        let schedule = RetrySchedule.of(due.destination)
        guard let rest = schedule.rest(after: place, random: random()) else { return .exhausted }
        return .retry(at: now + max(rest, least ?? .zero))
    }

    /// Nobody is told of a delivery given up that told of deliveries itself: that would have no end.
    private func exhausted(_ ended: AttemptJudge.Ended, _ attempts: Int) -> [Event] {
        var delivery = ended.due.delivery
        guard !delivery.type.isAboutDelivery else { return [] }
        delivery.status = .exhausted
        delivery.attempts = attempts
        if case .answered(let response) = ended.ending { delivery.lastStatusCode = response.status }
        var endpoint: Endpoint?
        if case .endpoint(let found, _) = ended.due.destination { endpoint = found }
        return [
            encoder.exhausted(
                delivery, endpoint: endpoint, host: endpoint?.host ?? ended.host ?? "unknown",
                at: ended.wallNow)
        ]
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

extension EventType {
    /// True for what the dispatcher itself has to say.
    fileprivate var isAboutDelivery: Bool {
        switch self {
        case .endpointFailing, .endpointDisabled, .endpointRecovered, .deliveryExhausted: true
        case .queued, .processing, .progress, .completed, .failed, .cancelled, .providerDegraded,
            .providerRecovered, .webhookTest:
            false
        }
    }
}

extension Endpoint {
    /// The host of its URL: all of it that others may see.
    var host: String {
        (try? EndpointURL.host(url)) ?? "unknown"
    }
}
