internal import ThumbwireKit

/// Whether one provider answers: open after failures, then one create at a time is let through until one succeeds
/// (Michael Nygard, "Release It!", circuit breaker).
struct Circuit {
    enum State: Hashable {
        case closed
        case open(until: Timestamp)
        /// The moment is when the create began that is let through; `nil` while there is none.
        case halfOpen(probeSince: Timestamp?)
    }

    enum Pass: Hashable {
        case go
        /// Let through to find out; say so with ``beginProbe(at:)`` once it is really sent.
        case probe
        case refused(until: Timestamp)
    }

    static let firstOpening = Duration.seconds(15)
    static let longestOpening = Duration.seconds(600)
    /// How long an account without money is left alone when nobody says.
    static let outOfFundsOpening = Duration.seconds(900)
    /// What another side may ask for at most; a monthly cap is reset within it.
    static let longestAsked = Duration.seconds(35 * 86_400)
    /// Failures in a row that open it; a poll's failure counts a fifth of a create's.
    static let maximumStrikes = 5.0
    /// Half of so many creates within ``memory`` open it too.
    static let sampleSize = 10
    static let memory = Duration.seconds(120)
    /// A probe that nobody ended is forgotten after this long.
    static let probeTimeout = Duration.seconds(900)
    /// Closed for this long, it begins with short openings again.
    static let calm = Duration.seconds(600)

    private(set) var state = State.closed
    /// The failure that opened it, or the last one while it is closed.
    private(set) var reason: Failure?
    private(set) var changedAt: Timestamp?
    private var strikes = 0.0
    private var creates: [(at: Timestamp, failed: Bool)] = []
    private var openings = 0
    private var refusals = 0

    /// Answers and failures of creates, newest ``sampleSize`` times two, within ``memory``.
    func recent(at now: Timestamp) -> (creates: Int, failures: Int) {
        let known = creates.filter { now - $0.at <= Self.memory }
        return (known.count, known.filter(\.failed).count)
    }

    /// True when nothing would be lost by forgetting it.
    func isUnremarkable(at now: Timestamp) -> Bool {
        state == .closed && strikes == 0 && (openings == 0 || isCalm(at: now))
    }

    /// Whether a create may go through now.
    mutating func pass(at now: Timestamp) -> Pass {
        switch state {
        case .closed: return .go
        case .open(let until):
            guard now >= until else { return .refused(until: until) }
            state = .halfOpen(probeSince: nil)
            refusals = 0
            return .probe
        case .halfOpen(let since):
            guard let since, now - since < Self.probeTimeout else { return .probe }
            // Those who wait for the probe come back one by one.
            refusals += 1
            return .refused(until: now + .seconds(2) + .milliseconds(20 * (refusals % 400)))
        }
    }

    mutating func beginProbe(at now: Timestamp) {
        if case .halfOpen = state { state = .halfOpen(probeSince: now) }
    }

    /// The create that was let through did not find out: the next one may.
    mutating func withdrawProbe() {
        if case .halfOpen = state { state = .halfOpen(probeSince: nil) }
    }

    /// Lets a create find out at once, whatever was waited for.
    mutating func tryAgain() {
        if case .open = state { state = .halfOpen(probeSince: nil) }
    }

    /// Takes in how a call went; `random` is uniform in 0..<1.
    mutating func note(_ call: ProviderGates.Call, _ failure: Failure?, at now: Timestamp, random: Double) {
        guard let failure, failure.failureClass.speaksAgainstProvider else {
            answered(call, failure, at: now)
            return
        }
        guard call == .create else {
            // Polls go on through an open circuit and say nothing of whether creates work.
            if case .closed = state { strike(0.2, failure, at: now, random: random) }
            return
        }
        remember(failed: true, at: now)
        switch (state, failure.failureClass) {
        case (.open, _): break
        case (_, .outOfFunds):
            open(failure, for: failure.retryAfter ?? Self.outOfFundsOpening, at: now)
        case (_, .unavailable) where failure.code == "provider_paused" && failure.retryAfter != nil:
            open(failure, for: failure.retryAfter ?? .zero, at: now)
        case (_, .misconfigured), (.halfOpen, _):
            open(failure, for: max(backOff(at: now, random), failure.retryAfter ?? .zero), at: now)
        case (.closed, _):
            strike(1, failure, at: now, random: random)
        }
    }

    /// Opens it for what the other side says of the account rather than of a call.
    mutating func open(_ failure: Failure, for duration: Duration, at now: Timestamp) {
        openings = isCalm(at: now) ? 1 : openings + 1
        strikes = 0
        reason = failure
        changedAt = now
        state = .open(until: now + min(max(duration, .seconds(1)), Self.longestAsked))
    }

    private mutating func answered(_ call: ProviderGates.Call, _ failure: Failure?, at now: Timestamp) {
        guard call == .create else {
            strikes = max(0, strikes - 0.2)
            return
        }
        // "Too many requests" says that somebody is there, and not that a create would work.
        if failure?.failureClass == .rateLimited {
            if case .halfOpen = state { state = .halfOpen(probeSince: nil) }
            return
        }
        remember(failed: false, at: now)
        strikes = 0
        guard case .halfOpen = state else { return }
        state = .closed
        changedAt = now
        creates = []
    }

    private mutating func strike(_ weight: Double, _ failure: Failure, at now: Timestamp, random: Double) {
        strikes += weight
        reason = failure
        let (count, failures) = recent(at: now)
        // Fifths do not add up to a whole in binary.
        guard strikes + 1e-6 >= Self.maximumStrikes || (count >= Self.sampleSize && failures * 2 >= count)
        else { return }
        open(failure, for: max(backOff(at: now, random), failure.retryAfter ?? .zero), at: now)
    }

    private func isCalm(at now: Timestamp) -> Bool {
        guard case .closed = state, let changedAt else { return false }
        return now - changedAt >= Self.calm
    }

    private mutating func remember(failed: Bool, at now: Timestamp) {
        creates.append((now, failed))
        if creates.count > 2 * Self.sampleSize { creates.removeFirst() }
    }

    /// 15 s, doubled with each opening up to 10 min, a fifth less or more.
    private func backOff(at now: Timestamp, _ random: Double) -> Duration {
        let doubled = Self.firstOpening * (1 << (isCalm(at: now) ? 0 : min(openings, 10)))
        return min(Self.longestOpening, min(Self.longestOpening, doubled) * (0.8 + 0.4 * random))
    }
}

extension FailureClass {
    /// False for answers: they say something of the request, or that somebody is there. A lost answer hints that the
    /// other side is sick; what becomes of the purchase is not the circuit's matter.
    fileprivate var speaksAgainstProvider: Bool {
        switch self {
        case .unavailable, .timeout, .internal, .misconfigured, .outOfFunds, .outcomeUnknown: true
        case .invalidInput, .contentRejected, .rateLimited: false
        }
    }
}
