internal import ThumbwireKit

/// The pace at which one account at a provider is asked, over all jobs.
///
/// Who cannot go gets a place in time of its own and is let through when it comes back then. A place is lost when
/// nobody comes for it, so that jobs that ended elsewhere hold nothing up.
struct Purse {
    typealias Call = ProviderGates.Call

    private struct Holder: Hashable {
        var call: Call
        /// `nil` is a caller without a name, known by a number.
        var job: JobID?
        var number = 0
    }

    private struct Place {
        var second: Int64
        var moment: Timestamp
        var cost: Timeline.Cost
        var expiresAt: Timestamp
        /// ``Purse/freed`` when it was given: while that stands, there is no better place.
        var freed: Int
    }

    private struct CallUnderWay {
        var since: Timestamp
        var cost: Timeline.Cost
    }

    /// A place is kept this long for a job that is late.
    static let patience = Duration.seconds(60)
    /// A job that waits longer is asked to say after this long that it still waits.
    static let recall = Duration.seconds(240)
    /// Who would wait longer for the account itself is told that it is closed.
    static let longestWait = Duration.seconds(120)
    /// What "too many requests" means where nobody says.
    static let standardPause = Duration.seconds(15)
    /// A call is taken to have reached the other side by then, or when it ended.
    static let longestTravel = Duration.seconds(10)
    /// What a window has to spare for calls on their way.
    private static let slack = Duration.seconds(1)
    /// How far a place may slip before it is lost, in seconds.
    private static let longestSlip: Int64 = 60
    /// A call whose end nobody told is forgotten after this long.
    static let longestCall = Duration.seconds(900)
    /// Calls at once at an account of which nothing is known.
    static let firstCalls = 5
    static let maximumPlaces = 5_000
    private static let sweepInterval = Duration.seconds(5)
    /// A limit that was found out by running into it is believed this long.
    private static let foundLimitLife = Duration.seconds(600)

    private var pacing: Pacing
    private var timeline = Timeline()
    private var places: [Holder: Place] = [:]
    private var nameless: [Call: [Int]] = [:]
    private var lastNumber = 0
    private var underWay: [Call: [CallUnderWay]] = [:]
    private var searchFrom: [Call: Int64] = [:]
    /// Counts when room came about that was not there before.
    private var freed = 0
    private var lastSweep: Timestamp?
    private var nextTurn: Timestamp
    private var createTime = Duration.seconds(2)
    private var pausedUntil: Timestamp?
    private var allowance: Allowance?
    private var learntLimit: Int?
    private var foundLimit: (requests: Int, until: Timestamp)?
    private var figures: [Budget.Kind: Budget] = [:]
    private var hasAnswered = false
    private var hasBeenPolled = false
    private var isNeverPolled = false
    private var answeredCreates = 0
    private var firstAnswerAt: Timestamp?
    private(set) var lastUse: Timestamp

    init(_ pacing: Pacing, at now: Timestamp) {
        self.pacing = pacing
        nextTurn = now
        lastUse = now
    }

    var budgets: [Budget] { Budget.Kind.allCases.compactMap { figures[$0] } }
    var waiting: Int { places.count }
    var creating: Int { underWay[.create]?.count ?? 0 }

    func isIdle(at now: Timestamp) -> Bool {
        places.values.allSatisfy { $0.expiresAt < now }
            && underWay.values.joined().allSatisfy { now - $0.since > Self.longestCall }
            && (pausedUntil.map { $0 <= now } ?? true) && (allowance.map { $0.resetsAt <= now } ?? true)
    }

    // MARK: Asking

    mutating func admit(
        _ call: Call, for job: JobID?, pacing: Pacing, at now: Timestamp
    ) -> ProviderGates.Admission {
        if pacing != self.pacing {
            self.pacing = pacing
            makeRoom()
        }
        lastUse = now
        sweep(at: now)
        let cost = cost(of: call, at: now)
        if let told = keepPlace(call, job, at: now) { return .wait(until: told) }
        let place = takePlace(call, job, at: now)
        if call == .create, let failure = refusal(of: cost, at: now) { return .closed(failure) }
        if let turn = crowded(call, at: now) { return .wait(until: turn) }
        let start = earliestStart(of: cost, isDue: place.map { $0.moment <= now } ?? false, at: now)
        let limits = limits(at: now)
        if start <= now, isFree(call, cost, limits, holds: place, at: now) {
            go(call, cost, at: now)
            return .go
        }
        let isLate = place.map { $0.moment <= now } ?? false
        let slipped = isLate ? laterSecond(for: cost, limits, from: start, at: now) : nil
        return .wait(until: reserve(call, cost, limits, for: job, from: start, in: slipped, at: now))
    }

    /// How an admitted call went.
    mutating func ended(_ call: Call, _ failure: Failure?, at now: Timestamp) {
        if let done = arrived(call, at: now), call == .create {
            createTime = (createTime * 3 + max(.zero, now - done.since)) / 4
        }
        switch failure?.failureClass {
        case .unavailable, .timeout, .internal, .outcomeUnknown: return
        case .rateLimited: pause(for: failure?.retryAfter, at: now)
        case nil, .invalidInput, .contentRejected, .outOfFunds, .misconfigured: break
        }
        hasAnswered = true
        if call == .create {
            answeredCreates += 1
            firstAnswerAt = firstAnswerAt ?? now
            noticePolls(at: now)
        }
    }

    /// An admitted call is over of which nobody knows whether the other side saw it.
    mutating func withdraw(_ call: Call, at now: Timestamp) {
        _ = arrived(call, at: now)
    }

    /// Takes the oldest call from those under way and counts it at the moment by which the other side had it.
    private mutating func arrived(_ call: Call, at now: Timestamp) -> CallUnderWay? {
        lastUse = now
        guard underWay[call]?.isEmpty == false, let done = underWay[call]?.removeFirst() else { return nil }
        let last = done.cost.requests > 1 ? now : min(now, done.since + Self.longestTravel)
        let arrived = max(done.since, last - Self.slack)
        timeline.move(done.cost, from: done.since.seconds, to: arrived.seconds)
        return done
    }

    mutating func learn(_ budget: Budget, at now: Timestamp) {
        figures[budget.kind] = budget
        guard budget.kind == .requests else { return }
        let isMinute = budget.resetsAt.map { $0 - now <= .seconds(65) } ?? true
        if let limit = budget.limit, limit > 0, isMinute, learntLimit != limit {
            learntLimit = limit
            makeRoom()
        }
        let others = underWay.values.joined().reduce(0) { $0 + $1.cost.requests } - 1
        if let told = Allowance(budget, underWay: max(0, others), before: allowance, at: now) {
            if told.resetsAt != allowance?.resetsAt { searchFrom = [:] }
            allowance = told
        }
    }

    /// Gives up the places of a job that has ended.
    mutating func forget(_ job: JobID) {
        for call in [Call.create, .poll] {
            if let place = places.removeValue(forKey: Holder(call: call, job: job)) { free(place, call) }
        }
    }

    // MARK: What may be

    private func limits(at now: Timestamp) -> Timeline.Limits {
        let known = [pacing.requestsPerMinute, learntLimit].compactMap { $0 }.min()
        let found = foundLimit.flatMap { $0.until > now ? $0.requests : nil }
        return Timeline.Limits(
            requests: (known ?? found).map(Self.believable),
            creates: pacing.createsPerMinute.map(Self.believable))
    }

    /// Some say "unlimited" with the largest number that there is.
    private static func believable(_ limit: Int) -> Int { min(max(1, limit), 1_000_000) }

    /// A create leaves room for one poll besides itself: otherwise those who wait to create would take the whole
    /// future, and nobody could fetch what was paid for. Polls take whatever creates leave.
    private func cost(of call: Call, at now: Timestamp) -> Timeline.Cost {
        guard call == .create else { return Timeline.Cost(requests: 1, share: 0, creates: 0) }
        let limit = limits(at: now).requests ?? .max
        let requests = min(max(1, pacing.requestsPerCreate), limit)
        return Timeline.Cost(
            requests: requests, share: min(limit, requests + (isNeverPolled ? 0 : 1)), creates: 1)
    }

    private func refusal(of cost: Timeline.Cost, at now: Timestamp) -> Failure? {
        var until = pausedUntil
        if let allowance, allowance.left < cost.requests {
            until = max(until ?? allowance.resetsAt, allowance.resetsAt)
        }
        guard let until, until - now > Self.longestWait else { return nil }
        return Failure(
            .rateLimited, code: "rate_limited",
            message: "the provider's account may not be asked before \(until)", retryAfter: until - now)
    }

    /// Set while too many calls are under way: nobody knows when they end, so that everybody asks again soon, one
    /// after the other.
    private mutating func crowded(_ call: Call, at now: Timestamp) -> Timestamp? {
        if call == .create, let most = pacing.concurrentCreates, creating >= max(1, most) {
            return turn(after: min(.seconds(5), createTime / (2 * max(1, most))), at: now)
        }
        let isUnknown = !hasAnswered && limits(at: now) == Timeline.Limits(requests: nil, creates: nil)
        guard isUnknown, underWay.values.joined().count >= Self.firstCalls else { return nil }
        return turn(after: .milliseconds(20), at: now)
    }

    private mutating func turn(after gap: Duration, at now: Timestamp) -> Timestamp {
        if nextTurn - now > .seconds(60) { nextTurn = now }
        nextTurn = max(nextTurn, now + .seconds(1)) + max(gap, .milliseconds(20))
        return nextTurn
    }

    private func earliestStart(of cost: Timeline.Cost, isDue: Bool, at now: Timestamp) -> Timestamp {
        var start = max(now, pausedUntil ?? now)
        if let allowance {
            let end = max(now.seconds, min(allowance.resetsAt.seconds, now.seconds + Timeline.horizon))
            let planned = isDue ? 0 : timeline.plannedRequests(now.seconds..<end + 1)
            start = max(start, allowance.earliest(cost.requests, planned: planned, at: now))
        }
        return start
    }

    private func isFree(
        _ call: Call, _ cost: Timeline.Cost, _ limits: Timeline.Limits, holds place: Place?, at now: Timestamp
    ) -> Bool {
        let second = now.seconds
        if place.map({ $0.moment > now }) ?? true {
            // No place that is due: not at the cost of those who have one.
            guard searchFrom[call].map({ $0 <= second }) ?? true,
                timeline.earliest(cost, from: second, limits: limits, atMost: 0) == second
            else { return false }
        }
        let late = (underWay[.create] ?? []).prefix { $0.since.seconds <= second - Timeline.windowLength }
        let unaccounted = late.reduce(0) { $0 + ($1.cost.requests > 1 ? $1.cost.requests : 0) }
        return timeline.allows(cost, at: second, limits: limits, unaccounted: unaccounted)
    }

    // MARK: What changes

    private mutating func go(_ call: Call, _ cost: Timeline.Cost, at now: Timestamp) {
        if call == .poll, !hasBeenPolled {
            hasBeenPolled = true
            noticePolls(at: now)
        }
        timeline.send(cost, in: now.seconds)
        allowance?.take(cost.requests, at: now)
        underWay[call, default: []].append(CallUnderWay(since: now, cost: cost))
    }

    private mutating func reserve(
        _ call: Call, _ cost: Timeline.Cost, _ limits: Timeline.Limits, for job: JobID?,
        from start: Timestamp, in slipped: Int64?, at now: Timestamp
    ) -> Timestamp {
        lastNumber += 1
        let spread = spread(of: limits)
        let from = max(start.seconds + (start <= now ? 1 : 0), now.seconds + 1, searchFrom[call] ?? 0)
        guard places.count < Self.maximumPlaces,
            let second = slipped
                ?? timeline.earliest(cost, from: from, limits: limits, spread: spread)
        else { return staggered(at: now) }
        let part = Int64(timeline.calls(in: second) % spread) * 1_000_000 / Int64(spread)
        let moment = max(Timestamp(microseconds: second * 1_000_000 + part), start)
        let told = whenToCome(moment, isNamed: job != nil, at: now)
        let holder = Holder(call: call, job: job, number: job == nil ? lastNumber : 0)
        if job == nil { nameless[call, default: []].append(lastNumber) }
        places[holder] = Place(
            second: second, moment: moment, cost: cost, expiresAt: told + Self.patience, freed: freed)
        timeline.plan(cost, in: second)
        if slipped == nil { searchFrom[call] = second }
        return told
    }

    /// Twice the mean rate: a window fills in half its time, and nobody comes in a crowd.
    private func spread(of limits: Timeline.Limits) -> Int {
        max(1, ((limits.requests ?? limits.creates ?? 1_200) + 29) / 30)
    }

    /// A second soon for one whose place has come and who cannot go after all, because calls before took long or the
    /// account pauses: not behind all others.
    private func laterSecond(
        for cost: Timeline.Cost, _ limits: Timeline.Limits, from start: Timestamp, at now: Timestamp
    ) -> Int64? {
        let first = max(now.seconds + 1, start > now ? start.seconds + 1 : 0)
        return (first...first + Self.longestSlip).first { second in
            timeline.calls(in: second) < spread(of: limits)
                && timeline.allows(cost, at: second, limits: limits, unaccounted: 0)
        }
    }

    /// Who waits long and has a name says now and then that it still waits.
    private func whenToCome(_ moment: Timestamp, isNamed: Bool, at now: Timestamp) -> Timestamp {
        isNamed && moment - now > Self.recall + .seconds(60) ? staggered(at: now) : moment
    }

    /// The place of a job that says it still waits, where there is no better one by now.
    private mutating func keepPlace(_ call: Call, _ job: JobID?, at now: Timestamp) -> Timestamp? {
        guard let job else { return nil }
        let holder = Holder(call: call, job: job)
        guard let place = places[holder], place.moment > now, place.freed == freed else { return nil }
        lastNumber += 1
        let told = whenToCome(place.moment, isNamed: true, at: now)
        places[holder]?.expiresAt = told + Self.patience
        return told
    }

    /// A moment of its own for somebody who is to ask again.
    private func staggered(at now: Timestamp) -> Timestamp {
        now + Self.recall + .milliseconds(100 * (lastNumber % 600))
    }

    private mutating func takePlace(_ call: Call, _ job: JobID?, at now: Timestamp) -> Place? {
        let holder: Holder
        if let job {
            holder = Holder(call: call, job: job)
        } else {
            let due = nameless[call]?.firstIndex { number in
                places[Holder(call: call, job: nil, number: number)].map { $0.moment <= now } ?? false
            }
            guard let due, let number = nameless[call]?.remove(at: due) else { return nil }
            holder = Holder(call: call, job: nil, number: number)
        }
        guard let place = places.removeValue(forKey: holder) else { return nil }
        free(place, call, isUsed: place.moment <= now)
        return place
    }

    private mutating func free(_ place: Place, _ call: Call, isUsed: Bool = false) {
        timeline.unplan(place.cost, in: place.second)
        if !isUsed { makeRoom() }
    }

    /// Where creates bring the result themselves, they need leave no room for polls.
    private mutating func noticePolls(at now: Timestamp) {
        let seems =
            !hasBeenPolled && answeredCreates >= 8
            && firstAnswerAt.map { now - $0 > .seconds(60) } ?? false
        guard seems != isNeverPolled else { return }
        isNeverPolled = seems
        makeRoom()
    }

    private mutating func makeRoom() {
        freed += 1
        searchFrom = [:]
    }

    private mutating func pause(for asked: Duration?, at now: Timestamp) {
        let duration = min(max(asked ?? Self.standardPause, .seconds(1)), Circuit.longestAsked)
        pausedUntil = max(pausedUntil ?? now, now + duration)
        guard pacing.requestsPerMinute == nil, learntLimit == nil, pacing.createsPerMinute == nil else {
            return
        }
        foundLimit = (
            max(1, timeline.sentRequests(before: now.seconds) - 1), until: now + Self.foundLimitLife
        )
        makeRoom()
    }

    private mutating func sweep(at now: Timestamp) {
        if let lastSweep, now - lastSweep < Self.sweepInterval, now >= lastSweep { return }
        lastSweep = now
        for (holder, place) in places where place.expiresAt < now {
            places[holder] = nil
            free(place, holder.call)
        }
        for (call, numbers) in nameless {
            nameless[call] = numbers.filter { places[Holder(call: call, job: nil, number: $0)] != nil }
        }
        for (call, calls) in underWay {
            underWay[call] = calls.filter { now - $0.since < Self.longestCall }
        }
        timeline.forget(before: now.seconds)
    }
}
