internal import ThumbwireKit

/// What attempts mean for their endpoint: a function of values, which the store runs in the attempts' transaction.
///
/// - A *strike* is a failure that speaks against the receiver: no connection, no answer in time, 429, 5xx, a redirect,
///   401 or 404. Whatever proves that it reads our messages, even to refuse one with 400 or 409, ends the row of
///   strikes: one poisonous message silences nobody.
/// - From the second strike in a row fewer attempts are under way at a time. With the fifth the endpoint rests: 30 s, and
///   twice as long each time up to five minutes, moved by up to a fifth. Deliveries that are due meanwhile just stay so.
/// - After a rest of whatever cause one attempt asks how it is. If that is a strike, the endpoint rests again; if not,
///   two may be under way then, three, and so on until its cap is reached.
/// - Attempts that end during a rest began before it, and are no answer to that question.
/// - Others are told once that an endpoint fails, and once that it has recovered.
enum CircuitBreaker {
    /// What changed, for events and logs.
    enum Change: Hashable, Sendable {
        case rests(until: Timestamp)
        /// The first attempt after a rest got through.
        case answers
        case failing
        case recovered(failingSince: Timestamp?)
        case disabled(reason: String)
    }

    static let maximumStrikes = 5
    static let firstRest: Duration = .seconds(30)
    static let longestRest: Duration = .minutes(5)
    private static let jitter = 0.2

    /// Others are told after so long and so many.
    static let failingAfter: Duration = .minutes(5)
    static let failingAttempts = 3

    /// The endpoint is disabled after so long without a success, and so many attempts.
    static let disabledAfter: Duration = .hours(5 * 24)
    static let disabledAttempts = 10

    /// The endpoint after attempts that ended as found, and what that changed. At most `cap` of its attempts are under way
    /// at a time; `random` is evenly distributed in `0..<1`.
    static func review(
        _ endpoint: Endpoint, _ findings: [Finding], cap: Int, now: Timestamp, random: Double
    ) -> (endpoint: Endpoint, changes: [Change]) {
        guard endpoint.status != .disabled else { return (endpoint, []) }
        var review = Review(endpoint: endpoint, cap: cap, now: now)
        for finding in findings { review.take(finding) }
        review.rest(random: random)
        review.judgeOutage()
        if let reason = findings.lazy.compactMap(\.disabledReason).first { review.disable(reason) }
        return (review.endpoint, review.changes)
    }
}

private struct Review {
    var endpoint: Endpoint
    let cap: Int
    let now: Timestamp
    var changes: [CircuitBreaker.Change] = []
    private let before: Endpoint.Health
    private let isResting: Bool
    private var asked: Timestamp?

    init(endpoint: Endpoint, cap: Int, now: Timestamp) {
        self.endpoint = endpoint
        self.cap = cap
        self.now = now
        before = endpoint.health
        isResting = endpoint.health.restsUntil.map { $0 > now } ?? false
    }

    mutating func take(_ finding: Finding) {
        switch finding.evidence {
        case .works:
            if endpoint.health.isAnnounced {
                changes.append(.recovered(failingSince: endpoint.health.failingSince))
            }
            endpoint.health.isAnnounced = false
            endpoint.health.failures = 0
            endpoint.health.failingSince = nil
            takeAnswer()
        case .refusesMessage:
            countFailure()
            takeAnswer()
        case .fails:
            countFailure()
            if !isResting { takeStrike() }
        case .nothing: break
        }
        if let rest = finding.rest { asked = max(asked ?? now, now + rest) }
    }

    private mutating func countFailure() {
        endpoint.health.failures += 1
        endpoint.health.failingSince = endpoint.health.failingSince ?? now
    }

    private mutating func takeAnswer() {
        guard !isResting else { return }
        if before.strikes >= CircuitBreaker.maximumStrikes, !changes.contains(.answers) {
            changes.append(.answers)
        }
        endpoint.health.strikes = 0
        endpoint.health.restsUntil = nil
        guard let limit = endpoint.health.claimLimit else { return }
        endpoint.health.claimLimit = limit + 1 < cap ? limit + 1 : nil
    }

    private mutating func takeStrike() {
        endpoint.health.strikes += 1
        let strikes = endpoint.health.strikes
        guard strikes > 1 else { return }
        let fewer = strikes < CircuitBreaker.maximumStrikes ? max(1, cap >> strikes) : 1
        endpoint.health.claimLimit = min(endpoint.health.claimLimit ?? cap, fewer)
    }

    /// Lets the endpoint rest, for its strikes or because it asked for it, whichever is longer.
    mutating func rest(random: Double) {
        var until = asked
        if !isResting, endpoint.health.strikes >= CircuitBreaker.maximumStrikes {
            // What was under way together counts as one.
            endpoint.health.strikes = max(
                CircuitBreaker.maximumStrikes,
                min(endpoint.health.strikes, before.strikes + 1))
            let moment = now + CircuitBreaker.rest(strikes: endpoint.health.strikes, random: random)
            until = max(until ?? moment, moment)
        }
        guard let until, until > endpoint.health.restsUntil ?? now else { return }
        endpoint.health.restsUntil = until
        endpoint.health.claimLimit = 1
        changes.append(.rests(until: until))
    }

    /// Says once that it fails, and disables what has failed for days.
    mutating func judgeOutage() {
        guard let since = endpoint.health.failingSince else { return }
        let failures = endpoint.health.failures
        guard failures > before.failures || before.failingSince != since else { return }
        if failures >= CircuitBreaker.disabledAttempts, now - since >= CircuitBreaker.disabledAfter {
            return disable("it has failed for \((now - since).components.seconds / 86_400) days")
        }
        if !endpoint.health.isAnnounced, failures >= CircuitBreaker.failingAttempts,
            now - since >= CircuitBreaker.failingAfter
        {
            endpoint.health.isAnnounced = true
            changes.append(.failing)
        }
    }

    mutating func disable(_ reason: String) {
        guard endpoint.status != .disabled else { return }
        endpoint.status = .disabled
        endpoint.disabledReason = reason
        changes.append(.disabled(reason: reason))
    }
}

extension CircuitBreaker {
    fileprivate static func rest(strikes: Int, random: Double) -> Duration {
        let doublings = min(max(strikes - maximumStrikes, 0), 10)
        return min(longestRest, firstRest * (1 << doublings)) * (1 + jitter * (2 * random - 1))
    }
}
