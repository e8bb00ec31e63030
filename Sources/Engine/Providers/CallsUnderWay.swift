internal import ThumbwireKit

/// The calls to one account whose end nobody has told yet.
struct CallsUnderWay {
    typealias Call = ProviderGates.Call

    struct Started {
        var since: Timestamp
        var cost: Timeline.Cost
    }

    /// Calls at once at an account of which nothing is known.
    static let first = 5
    /// A call whose end nobody told is forgotten after this long.
    static let longest = Duration.seconds(900)
    /// A call is taken to have reached the other side by then, or when it ended.
    static let longestTravel = Duration.seconds(10)
    /// What a window has to spare for calls on their way.
    private static let slack = Duration.seconds(1)

    private var calls: [Call: [Started]] = [:]
    private var nextTurn: Timestamp
    private var createTime = Duration.seconds(2)

    init(at now: Timestamp) {
        nextTurn = now
    }

    var creating: Int { calls[.create]?.count ?? 0 }

    var requests: Int { calls.values.joined().reduce(0) { $0 + $1.cost.requests } }

    func isIdle(at now: Timestamp) -> Bool {
        calls.values.joined().allSatisfy { now - $0.since > Self.longest }
    }

    /// Requests of orders that take long, which the window before no longer counts.
    func unaccounted(at second: Int64) -> Int {
        (calls[.create] ?? []).prefix { $0.since.seconds <= second - Timeline.windowLength }
            .reduce(0) { $0 + ($1.cost.requests > 1 ? $1.cost.requests : 0) }
    }

    /// Set while too many calls are under way: nobody knows when they end, so that everybody asks again soon, one
    /// after the other.
    mutating func crowded(_ call: Call, _ limits: AccountLimits, at now: Timestamp) -> Timestamp? {
        if call == .create, let most = limits.pacing.concurrentCreates, creating >= max(1, most) {
            return turn(after: min(.seconds(5), createTime / (2 * max(1, most))), at: now)
        }
        guard limits.isUnknown(at: now), calls.values.joined().count >= Self.first else { return nil }
        return turn(after: .milliseconds(20), at: now)
    }

    private mutating func turn(after gap: Duration, at now: Timestamp) -> Timestamp {
        if nextTurn - now > .seconds(60) { nextTurn = now }
        nextTurn = max(nextTurn, now + .seconds(1)) + max(gap, .milliseconds(20))
        return nextTurn
    }

    mutating func begin(_ call: Call, _ cost: Timeline.Cost, at now: Timestamp) {
        calls[call, default: []].append(Started(since: now, cost: cost))
    }

    /// Takes the oldest call from those under way and counts it at the moment by which the other side had it.
    /// `tellsTime` is false for one that was cut off.
    mutating func end(
        _ call: Call, tellsTime: Bool, in timeline: inout Timeline, at now: Timestamp
    ) {
        guard calls[call]?.isEmpty == false, let done = calls[call]?.removeFirst() else { return }
        let last = done.cost.requests > 1 ? now : min(now, done.since + Self.longestTravel)
        let arrived = max(done.since, last - Self.slack)
        timeline.move(done.cost, from: done.since.seconds, to: arrived.seconds)
        if call == .create, tellsTime { createTime = (createTime * 3 + max(.zero, now - done.since)) / 4 }
    }

    mutating func sweep(at now: Timestamp) {
        for (call, started) in calls {
            calls[call] = started.filter { now - $0.since < Self.longest }
        }
    }
}
