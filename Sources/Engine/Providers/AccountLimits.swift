internal import ThumbwireKit

/// What an account at a provider allows: as it is configured, as the other side tells, and as it was found out by
/// running into it.
struct AccountLimits {
    typealias Call = ProviderGates.Call

    /// Who would wait longer for the account itself is told that it is closed.
    static let longestWait = Duration.seconds(120)
    /// What "too many requests" means where nobody says.
    static let standardPause = Duration.seconds(15)
    /// A limit that was found out by running into it is believed this long.
    private static let foundLimitLife = Duration.seconds(600)

    /// By provider: entries of the file with one key share one account, and the strictest word of each holds for all.
    private var pacings: [String: Pacing] = [:]
    private(set) var pacing: Pacing
    private var pausedUntil: Timestamp?
    private(set) var allowance: Allowance?
    private var learntLimit: Int?
    private var foundLimit: (requests: Int, until: Timestamp)?
    private var figures: [Budget.Kind: Budget] = [:]
    private var hasAnswered = false
    private var hasBeenPolled = false
    private var isNeverPolled = false
    private var answeredCreates = 0
    private var firstAnswerAt: Timestamp?

    init(_ pacing: Pacing) {
        self.pacing = pacing
    }

    var budgets: [Budget] { Budget.Kind.allCases.compactMap { figures[$0] } }

    func isIdle(at now: Timestamp) -> Bool {
        (pausedUntil.map { $0 <= now } ?? true) && (allowance.map { $0.resetsAt <= now } ?? true)
    }

    // MARK: What may be

    func limits(at now: Timestamp) -> Timeline.Limits {
        let known = [pacing.requestsPerMinute, learntLimit].compactMap { $0 }.min()
        let found = foundLimit.flatMap { $0.until > now ? $0.requests : nil }
        return Timeline.Limits(
            requests: (known ?? found).map(Self.believable),
            pictures: pacing.picturesPerMinute.map(Self.believable))
    }

    /// True where nothing at all is known of the account.
    func isUnknown(at now: Timestamp) -> Bool {
        !hasAnswered && limits(at: now) == Timeline.Limits(requests: nil, pictures: nil)
    }

    /// Some say "unlimited" with the largest number that there is.
    private static func believable(_ limit: Int) -> Int { min(max(1, limit), 1_000_000) }

    /// A create leaves room for one poll besides itself: otherwise those who wait to create would take the whole
    /// future, and nobody could fetch what was paid for. Polls take whatever creates leave.
    func cost(of call: Call, pictures: Int, at now: Timestamp) -> Timeline.Cost {
        guard call == .create else { return Timeline.Cost(requests: 1, share: 0, pictures: 0) }
        let limits = limits(at: now)
        let limit = limits.requests ?? .max
        let requests = min(max(1, pacing.requestsPerCreate), limit)
        return Timeline.Cost(
            requests: requests, share: min(limit, requests + (isNeverPolled ? 0 : 1)),
            // An order of more than a minute's pictures takes the whole minute, or it would never go.
            pictures: min(max(1, pictures), limits.pictures ?? .max))
    }

    func refusal(of cost: Timeline.Cost, at now: Timestamp) -> Failure? {
        var until = pausedUntil
        if let allowance, allowance.left < cost.requests {
            until = max(until ?? allowance.resetsAt, allowance.resetsAt)
        }
        guard let until, until - now > Self.longestWait else { return nil }
        return Failure(
            .rateLimited, code: "rate_limited",
            message: "the provider's account may not be asked before \(until)", retryAfter: until - now)
    }

    /// What the other side's own count leaves; `isDue` for one whose place has come.
    func earliestStart(
        of cost: Timeline.Cost, isDue: Bool, _ timeline: Timeline, at now: Timestamp
    ) -> Timestamp {
        var start = max(now, pausedUntil ?? now)
        if let allowance {
            let end = max(now.seconds, min(allowance.resetsAt.seconds, now.seconds + Timeline.horizon))
            let planned = isDue ? 0 : timeline.plannedRequests(now.seconds..<end + 1)
            start = max(start, allowance.earliest(cost.requests, planned: planned, at: now))
        }
        return start
    }

    // MARK: What changes; true where there is room that was not there before

    mutating func configure(_ pacing: Pacing, of provider: String) -> Bool {
        guard pacings[provider] != pacing else { return false }
        pacings[provider] = pacing
        let before = self.pacing
        self.pacing = pacings.values.dropFirst().reduce(pacings.values.first ?? pacing) { $0.stricter($1) }
        return self.pacing != before
    }

    mutating func sent(_ call: Call, _ cost: Timeline.Cost, at now: Timestamp) -> Bool {
        allowance?.take(cost.requests, at: now)
        guard call == .poll, !hasBeenPolled else { return false }
        hasBeenPolled = true
        return noticePolls(at: now)
    }

    mutating func answered(_ call: Call, at now: Timestamp) -> Bool {
        hasAnswered = true
        guard call == .create else { return false }
        answeredCreates += 1
        firstAnswerAt = firstAnswerAt ?? now
        return noticePolls(at: now)
    }

    /// `underWay` are the requests that the other side may not have counted yet, beside the one that brought the budget.
    mutating func learn(
        _ budget: Budget, underWay: Int, at now: Timestamp
    ) -> (hasRoom: Bool, hasNewWindow: Bool) {
        figures[budget.kind] = budget
        guard budget.kind == .requests else { return (false, false) }
        var news = (hasRoom: false, hasNewWindow: false)
        let isMinute = budget.resetsAt.map { $0 - now <= .seconds(65) } ?? true
        if let limit = budget.limit, limit > 0, isMinute, learntLimit != limit {
            learntLimit = limit
            news.hasRoom = true
        }
        if let told = Allowance(budget, underWay: underWay, before: allowance, at: now) {
            news.hasNewWindow = told.resetsAt != allowance?.resetsAt
            allowance = told
        }
        return news
    }

    /// The other side had too many requests, of which `sent` were ours in the last minute.
    mutating func pause(for asked: Duration?, sent: Int, at now: Timestamp) -> Bool {
        let duration = min(max(asked ?? Self.standardPause, .seconds(1)), Circuit.longestAsked)
        pausedUntil = max(pausedUntil ?? now, now + duration)
        guard pacing.requestsPerMinute == nil, learntLimit == nil, pacing.picturesPerMinute == nil else {
            return false
        }
        foundLimit = (max(1, sent - 1), until: now + Self.foundLimitLife)
        return true
    }

    /// Where creates bring the result themselves, they need leave no room for polls.
    private mutating func noticePolls(at now: Timestamp) -> Bool {
        let seems =
            !hasBeenPolled && answeredCreates >= 8
            && firstAnswerAt.map { now - $0 > .seconds(60) } ?? false
        guard seems != isNeverPolled else { return false }
        isNeverPolled = seems
        return true
    }
}

extension Pacing {
    /// What keeps to both.
    fileprivate func stricter(_ other: Pacing) -> Pacing {
        func least(_ one: Int?, _ two: Int?) -> Int? { [one, two].compactMap(\.self).min() }
        var both = self
        both.requestsPerMinute = least(requestsPerMinute, other.requestsPerMinute)
        both.requestsPerCreate = max(requestsPerCreate, other.requestsPerCreate)
        both.picturesPerMinute = least(picturesPerMinute, other.picturesPerMinute)
        both.concurrentCreates = least(concurrentCreates, other.concurrentCreates)
        both.pollInterval = max(pollInterval, other.pollInterval)
        return both
    }
}
