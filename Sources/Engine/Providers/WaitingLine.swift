internal import ThumbwireKit

/// Places in time of those who wait for one account.
///
/// Who cannot go gets a place of its own and is let through when it comes back then. A place is lost when nobody comes
/// for it, so that jobs that ended elsewhere hold nothing up.
struct WaitingLine {
    typealias Call = ProviderGates.Call

    struct Place {
        var second: Int64
        var moment: Timestamp
        var cost: Timeline.Cost
        var expiresAt: Timestamp
        /// ``WaitingLine/freed`` when it was given: while that stands, there is no better place.
        var freed: Int
    }

    private struct Holder: Hashable {
        var call: Call
        /// `nil` is a caller without a name, known by a number.
        var job: JobID?
        var number = 0
    }

    /// A place is kept this long for a job that is late.
    static let patience = Duration.seconds(60)
    /// A job that waits longer is asked to say after this long that it still waits.
    static let recall = Duration.seconds(240)
    /// How far a place may slip before it is lost, in seconds.
    private static let longestSlip: Int64 = 60
    static let maximumPlaces = 5_000

    private var places: [Holder: Place] = [:]
    private var nameless: [Call: [Int]] = [:]
    private var lastNumber = 0
    private var searchFrom: [Call: Int64] = [:]
    /// Counts when room came about that was not there before.
    private var freed = 0

    var count: Int { places.count }

    func isIdle(at now: Timestamp) -> Bool { places.values.allSatisfy { $0.expiresAt < now } }

    /// True where somebody without a place need not stand behind those who have one.
    func isFree(_ call: Call, in second: Int64) -> Bool { searchFrom[call].map { $0 <= second } ?? true }

    /// The place of a job that says it still waits, where there is no better one by now.
    mutating func keep(_ call: Call, _ job: JobID?, at now: Timestamp) -> Timestamp? {
        guard let job else { return nil }
        let holder = Holder(call: call, job: job)
        guard let place = places[holder], place.moment > now, place.freed == freed else { return nil }
        lastNumber += 1
        let told = whenToCome(place.moment, isNamed: true, at: now)
        places[holder]?.expiresAt = told + Self.patience
        return told
    }

    mutating func take(
        _ call: Call, _ job: JobID?, in timeline: inout Timeline, at now: Timestamp
    ) -> Place? {
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
        timeline.unplan(place.cost, in: place.second)
        if place.moment > now { makeRoom() }
        return place
    }

    /// A place for one who cannot go; soon for one whose place had come (`isLate`), because calls before took long or
    /// the account pauses: not behind all others.
    mutating func reserve(
        _ call: Call, _ cost: Timeline.Cost, _ limits: Timeline.Limits, for job: JobID?,
        from start: Timestamp,
        isLate: Bool, in timeline: inout Timeline, at now: Timestamp
    ) -> Timestamp {
        lastNumber += 1
        let spread = spread(of: limits)
        let slipped = isLate ? laterSecond(for: cost, limits, from: start, in: timeline, at: now) : nil
        let from = max(start.seconds + (start <= now ? 1 : 0), now.seconds + 1, searchFrom[call] ?? 0)
        guard places.count < Self.maximumPlaces,
            let second = slipped ?? timeline.earliest(cost, from: from, limits: limits, spread: spread)
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

    /// Gives up the places of a job that has ended.
    mutating func forget(_ job: JobID, in timeline: inout Timeline) {
        for call in [Call.create, .poll] {
            guard let place = places.removeValue(forKey: Holder(call: call, job: job)) else { continue }
            timeline.unplan(place.cost, in: place.second)
            makeRoom()
        }
    }

    mutating func makeRoom() {
        freed += 1
        searchFrom = [:]
    }

    /// The next search begins at the front again.
    mutating func searchAnew() { searchFrom = [:] }

    mutating func sweep(_ timeline: inout Timeline, at now: Timestamp) {
        for (holder, place) in places where place.expiresAt < now {
            places[holder] = nil
            timeline.unplan(place.cost, in: place.second)
            makeRoom()
        }
        for (call, numbers) in nameless {
            nameless[call] = numbers.filter { places[Holder(call: call, job: nil, number: $0)] != nil }
        }
    }

    /// Twice the mean rate: a window fills in half its time, and nobody comes in a crowd.
    private func spread(of limits: Timeline.Limits) -> Int {
        max(1, ((limits.requests ?? limits.pictures ?? 1_200) + 29) / 30)
    }

    private func laterSecond(
        for cost: Timeline.Cost, _ limits: Timeline.Limits, from start: Timestamp, in timeline: Timeline,
        at now: Timestamp
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

    /// A moment of its own for somebody who is to ask again.
    private func staggered(at now: Timestamp) -> Timestamp {
        now + Self.recall + .milliseconds(100 * (lastNumber % 600))
    }
}
