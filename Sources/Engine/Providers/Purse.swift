internal import ThumbwireKit

/// The pace at which one account at a provider is asked, over all jobs and all entries of the file with its key.
struct Purse {
    typealias Call = ProviderGates.Call

    private static let sweepInterval = Duration.seconds(5)

    private var limits: AccountLimits
    private var line = WaitingLine()
    private var underWay: CallsUnderWay
    private var timeline = Timeline()
    private var lastSweep: Timestamp?
    private(set) var lastUse: Timestamp

    init(_ pacing: Pacing, at now: Timestamp) {
        limits = AccountLimits(pacing)
        underWay = CallsUnderWay(at: now)
        lastUse = now
    }

    var budgets: [Budget] { limits.budgets }
    var waiting: Int { line.count }
    var creating: Int { underWay.creating }

    func isIdle(at now: Timestamp) -> Bool {
        line.isIdle(at: now) && underWay.isIdle(at: now) && limits.isIdle(at: now)
    }

    /// `pacing` is what the named provider says of the account; `pictures` is how many a create orders.
    mutating func admit(
        _ call: Call, pictures: Int, for job: JobID?, pacing: Pacing, of provider: String, at now: Timestamp
    ) -> ProviderGates.Admission {
        if limits.configure(pacing, of: provider) { line.makeRoom() }
        lastUse = now
        sweep(at: now)
        let cost = limits.cost(of: call, pictures: pictures, at: now)
        if let told = line.keep(call, job, at: now) { return .wait(until: told) }
        let place = line.take(call, job, in: &timeline, at: now)
        if call == .create, let failure = limits.refusal(of: cost, at: now) { return .closed(failure) }
        if let turn = underWay.crowded(call, limits, at: now) { return .wait(until: turn) }
        let isDue = place.map { $0.moment <= now } ?? false
        let start = limits.earliestStart(of: cost, isDue: isDue, timeline, at: now)
        if start <= now, isFree(call, cost, isDue: isDue, at: now) {
            go(call, cost, at: now)
            return .go
        }
        return .wait(
            until: line.reserve(
                call, cost, limits.limits(at: now), for: job, from: start, isLate: isDue, in: &timeline,
                at: now))
    }

    /// How an admitted call went.
    mutating func ended(_ call: Call, _ failure: Failure?, at now: Timestamp) {
        lastUse = now
        underWay.end(call, tellsTime: true, in: &timeline, at: now)
        var hasRoom = false
        switch failure?.failureClass {
        case .unavailable, .timeout, .internal, .outcomeUnknown: return
        case .rateLimited:
            hasRoom = limits.pause(
                for: failure?.retryAfter, sent: timeline.sentRequests(before: now.seconds), at: now)
        case nil, .invalidInput, .contentRejected, .outOfFunds, .misconfigured: break
        }
        hasRoom = limits.answered(call, at: now) || hasRoom
        if hasRoom { line.makeRoom() }
    }

    /// An admitted call is over of which nobody knows whether the other side saw it.
    mutating func withdraw(_ call: Call, at now: Timestamp) {
        lastUse = now
        underWay.end(call, tellsTime: false, in: &timeline, at: now)
    }

    /// Takes over what the other side says of the account's budget.
    mutating func learn(_ budget: Budget, at now: Timestamp) {
        let news = limits.learn(budget, underWay: max(0, underWay.requests - 1), at: now)
        if news.hasRoom { line.makeRoom() }
        if news.hasNewWindow { line.searchAnew() }
    }

    /// Gives up the places of a job that has ended.
    mutating func forget(_ job: JobID) { line.forget(job, in: &timeline) }

    private func isFree(_ call: Call, _ cost: Timeline.Cost, isDue: Bool, at now: Timestamp) -> Bool {
        let (second, limits) = (now.seconds, limits.limits(at: now))
        if !isDue {
            // No place that is due: not at the cost of those who have one.
            guard line.isFree(call, in: second),
                timeline.earliest(cost, from: second, limits: limits, atMost: 0) == second
            else { return false }
        }
        return timeline.allows(
            cost, at: second, limits: limits, unaccounted: underWay.unaccounted(at: second))
    }

    private mutating func go(_ call: Call, _ cost: Timeline.Cost, at now: Timestamp) {
        if limits.sent(call, cost, at: now) { line.makeRoom() }
        timeline.send(cost, in: now.seconds)
        underWay.begin(call, cost, at: now)
    }

    private mutating func sweep(at now: Timestamp) {
        if let lastSweep, now - lastSweep < Self.sweepInterval, now >= lastSweep { return }
        lastSweep = now
        line.sweep(&timeline, at: now)
        underWay.sweep(at: now)
        timeline.forget(before: now.seconds)
    }
}
