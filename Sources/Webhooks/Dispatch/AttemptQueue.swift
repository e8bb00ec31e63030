internal import Persistence
internal import ThumbwireKit

/// Which claimed delivery is attempted next. The dispatcher guards it; it is not copied.
///
/// - Each receiver has a lane (``Lane``) with a cap of its own, and lanes take turns.
/// - Lanes are of three standings, which take turns as well and hold no more than their share of the places
///   (``AttemptPlaces``). A slow attempt gives up its place. So neither one that hangs nor a thousand hold up those who
///   answer.
/// - What waits for a rest to end or for its rate stands in no line and holds no place.
/// - More is claimed whatever waits for receivers that do not answer; only work that will be done within a second counts
///   against the window. An endpoint with enough waiting is left out of claims. Callbacks cannot be left out: where
///   too much waits of what does not get on, it is not kept, and claimed again when its lease is over.
struct AttemptQueue {
    typealias Target = Delivery.Target

    private struct Flight {
        var lane: Lane
        var number: Int
        var begunAt: ContinuousClock.Instant
    }

    /// Claimed work at hand that is not kept waiting by its receiver.
    static let window = 1_024
    /// Claimed at a time: the store reads each with its body in one transaction, and writes each page that they share once.
    static let batch = 512
    /// Kept waiting in a lane when ``manyWaiting`` wait in all.
    private static let longLane = 1_024
    /// The same where the lane does not get on.
    private static let shortLane = 16
    private static let manyWaiting = 4_096
    private static let mostWaiting = 8_192
    /// Lanes that are remembered without anything to do.
    private static let mostLanes = 8_192

    private let configuration: Dispatcher.Configuration
    private var lanes: [Lane.Key: Lane] = [:]
    /// Lanes that may begin something, by standing, in the order of their turns.
    private var turns = [ArraySlice<Lane>](repeating: [], count: Lane.Standing.allCases.count)
    private var lastTurn = 0
    /// Lanes with something waiting for a moment.
    private var asleep: [Lane.Key: Timestamp] = [:]
    private var underWay: [DeliveryID: Flight] = [:]
    /// The number of an attempt that has ended and is not known to be written: the delivery is not to be attempted again,
    /// whatever its lease, until the store counts that attempt.
    private var unwritten: [DeliveryID: Int] = [:]
    private var places: AttemptPlaces
    private var waitingIDs: Set<DeliveryID> = []
    private var soonCount = 0
    private var busy: Set<Target> = []
    /// Endpoints that their owners changed, until that is read.
    private var changed: Set<EndpointID> = []
    /// Targets that the last claim left out.
    private var leftOut: Set<Target> = []

    init(configuration: Dispatcher.Configuration) {
        self.configuration = configuration
        places = AttemptPlaces(
            count: configuration.maximumInFlight, slowAfter: configuration.slowAfter,
            slowCount: configuration.maximumSlow, longAfter: configuration.longAfter)
    }

    /// Nothing is under way.
    var isIdle: Bool { underWay.isEmpty }

    /// A target that the last claim left out has few enough waiting again: there may be more to claim.
    private(set) var hasReleasedTarget = false

    /// How much is to be claimed; 0 while there is enough at hand.
    var claimLimit: Int {
        let room = min(Self.window - soonCount, Self.mostWaiting - waitingIDs.count)
        // Few at a time would cost a commit each.
        return room < Self.batch ? 0 : Self.batch
    }

    /// Something may begin, or is to be noted, that was not when ``takeNext(now:at:)`` was last asked: time has passed since.
    mutating func hasNext(at moment: ContinuousClock.Instant) -> Bool {
        let isFree = places.free(at: moment) > 0
        return places.hasNewlyLong(at: moment)
            || isFree && Lane.Standing.allCases.contains { !turns[$0.rawValue].isEmpty && places.mayTake($0) }
    }

    /// When an attempt becomes slow and gives up its place for one that waits for it, or long, so that more may be claimed;
    /// `nil` when none will, or nothing waits for that.
    mutating func nextChange(at moment: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        _ = places.free(at: moment)
        let slow = turns.contains { !$0.isEmpty } ? places.nextSlow : nil
        let long = claimLimit == 0 ? places.nextLong : nil
        // Without room for slow attempts, what holds a place may be long already.
        return [slow, long].compactMap(\.self).filter { $0 > moment }.min()
    }

    /// When the first lane wakes that waits for a moment.
    private(set) var nextWake: Timestamp?

    /// Targets that have enough waiting; nothing more is to be claimed for them now.
    mutating func leaveOutBusy() -> Set<Target> {
        leftOut = busy
        hasReleasedTarget = false
        return leftOut
    }

    /// Adds what was claimed, each with its lane.
    mutating func add(
        _ deliveries: [(lane: Lane.Key, due: DueDelivery)], leaseUntil: Timestamp, now: Timestamp
    ) {
        if lanes.count > Self.mostLanes { lanes = lanes.filter { !$0.value.isIdle } }
        for (key, due) in deliveries where !isAttempted(due.delivery) {
            let lane = lane(key, of: due)
            if case .endpoint(let endpoint, _) = due.destination {
                lane.learn(endpoint, cap: cap(due), now: now)
                lane.isStale = changed.contains(endpoint.id)
            }
            let claimed = Lane.Claimed(due: due, leaseUntil: leaseUntil)
            if waitingIDs.contains(due.delivery.id) {
                lane.renew(claimed)
            } else if keeps(one: lane) {
                lane.add(claimed)
                waitingIDs.insert(due.delivery.id)
            }
            refresh(lane, now)
        }
    }

    /// A delivery whose turn it is, with its receiver's standing.
    struct Next {
        var lane: Lane.Key
        var due: DueDelivery
        var standing: Lane.Standing
    }

    /// Takes the next delivery and counts it as under way; `nil` when there is no room or nothing may begin.
    mutating func takeNext(now: Timestamp, at moment: ContinuousClock.Instant) -> Next? {
        wakeLanes(now)
        let free = places.free(at: moment)
        for id in places.newlyLong(at: moment) {
            guard let lane = underWay[id]?.lane else { continue }
            lane.doubt()
            refresh(lane, now)
        }
        guard free > 0 else { return nil }
        for step in 1...turns.count {
            let turn = (lastTurn + step) % turns.count
            guard let standing = Lane.Standing(rawValue: turn), places.mayTake(standing) else { continue }
            while let lane = turns[turn].popFirst() {
                lane.isInTurn = false
                guard lane.standing == standing else {
                    refresh(lane, now)
                    continue
                }
                guard let due = begin(lane, now: now) else { continue }
                underWay[due.delivery.id] = Flight(
                    lane: lane, number: due.delivery.attempts + 1, begunAt: moment)
                places.take(due.delivery.id, standing, at: moment)
                lastTurn = turn
                return Next(lane: lane.key, due: due, standing: standing)
            }
        }
        return nil
    }

    /// Ends an attempt. With a result its delivery is not attempted again before ``wrote(_:)``; without one it was cut
    /// off, which says nothing of the receiver.
    mutating func finish(
        _ id: DeliveryID, hasResult: Bool = false, isHang: Bool = false, now: Timestamp,
        at moment: ContinuousClock.Instant
    ) {
        guard let flight = underWay.removeValue(forKey: id) else { return }
        if hasResult { unwritten[id] = flight.number }
        places.leave(id)
        let took = moment - flight.begunAt
        let isEndpoint = if case .endpoint = flight.lane.key { true } else { false }
        flight.lane.end(
            took: hasResult ? took : nil, isHang: isHang, isSoon: took < configuration.longAfter,
            adapts: !isEndpoint)
        refresh(flight.lane, now)
    }

    /// The results of these are in the store, or will never be.
    mutating func wrote(_ ids: [DeliveryID]) {
        for id in ids { unwritten[id] = nil }
    }

    /// Takes over how an endpoint stands now.
    mutating func learn(_ endpoint: Endpoint, now: Timestamp) {
        guard let lane = lanes[.endpoint(endpoint.id)] else { return }
        lane.learn(endpoint, cap: configuration.cap(of: endpoint), now: now)
        // What cannot go out must not leave others without room.
        if waitingIDs.count >= Self.manyWaiting, lane.stands(at: now) {
            waitingIDs.subtract(lane.keepFirst())
        }
        refresh(lane, now)
    }

    /// Notes that an endpoint's owner changed it: nothing of it begins before that is read.
    mutating func noteChange(of endpoint: EndpointID, now: Timestamp) {
        changed.insert(endpoint)
        guard let lane = lanes[.endpoint(endpoint)] else { return }
        lane.isStale = true
        refresh(lane, now)
    }

    /// Endpoints to be read because they were changed and something waits for them.
    mutating func takeChanged(now: Timestamp) -> [(id: EndpointID, account: AccountID)] {
        defer { changed = [] }
        return changed.compactMap { id in
            let lane = lanes[.endpoint(id)]
            if let first = lane?.waiting.first { return (id, first.due.delivery.account) }
            lane?.isStale = false
            return nil
        }
    }

    /// Takes over what an endpoint's owner made of it, for all that waits for it.
    mutating func renew(_ stored: StoredEndpoint, now: Timestamp) {
        let endpoint = stored.endpoint
        guard let lane = lanes[.endpoint(endpoint.id)] else { return }
        // Which of them is the oldest, and may go first, is for the store to say.
        if endpoint.sending.isOrdered, lane.waiting.count > 1 { forgetWaiting(of: lane) }
        lane.redirect(to: endpoint, secret: stored.secret)
        lane.isStale = changed.contains(endpoint.id)
        learn(endpoint, now: now)
    }

    /// Forgets what waits for an endpoint that is gone.
    mutating func forget(_ endpoint: EndpointID, now: Timestamp) {
        guard let lane = lanes[.endpoint(endpoint)] else { return }
        forgetWaiting(of: lane)
        lane.isStale = changed.contains(endpoint)
        refresh(lane, now)
    }

    /// Forgets what waits and is not ours any more: it is claimed again, unless its endpoint is paused or rests.
    mutating func dropExpired(now: Timestamp) {
        for lane in lanes.values {
            let expired = lane.dropExpired(at: now)
            guard !expired.isEmpty else { continue }
            waitingIDs.subtract(expired)
            refresh(lane, now)
        }
    }

    /// Forgets everything that is not under way; the leases end by themselves.
    mutating func dropWaiting() {
        for lane in lanes.values { lane.dropWaiting() }
        waitingIDs = []
        turns = turns.map { _ in [] }
        asleep = [:]
        nextWake = nil
    }

    private mutating func lane(_ key: Lane.Key, of due: DueDelivery) -> Lane {
        if let known = lanes[key] { return known }
        let lane = Lane(key, cap: cap(due))
        lanes[key] = lane
        return lane
    }

    private mutating func forgetWaiting(of lane: Lane) {
        for claimed in lane.waiting { waitingIDs.remove(claimed.due.delivery.id) }
        lane.dropWaiting()
    }

    /// What was written may be claimed again before ``wrote(_:)`` says so.
    private func isAttempted(_ delivery: Delivery) -> Bool {
        underWay[delivery.id] != nil || unwritten[delivery.id].map { $0 > delivery.attempts } ?? false
    }

    private func cap(_ due: DueDelivery) -> Int {
        switch due.destination {
        case .endpoint(let endpoint, _): configuration.cap(of: endpoint)
        case .callback: configuration.maximumInFlightPerHost
        }
    }

    private func keeps(one lane: Lane) -> Bool {
        waitingIDs.count < Self.manyWaiting
            || lane.waiting.count < (lane.standing == .proven ? Self.longLane : Self.shortLane)
    }

    private mutating func begin(_ lane: Lane, now: Timestamp) -> DueDelivery? {
        defer { refresh(lane, now) }
        guard lane.hasTurn, lane.wakes(at: now) == nil else { return nil }
        let (due, leftOut) = lane.take(now: now, reserve: configuration.attemptReserve)
        waitingIDs.subtract(leftOut)
        guard let due else { return nil }
        waitingIDs.remove(due.delivery.id)
        lane.begin(now: now)
        return due
    }

    private mutating func wakeLanes(_ now: Timestamp) {
        guard let first = nextWake, first <= now else { return }
        let woken = asleep.filter { $0.value <= now }.keys
        for key in woken { asleep[key] = nil }
        nextWake = asleep.values.min()
        for lane in woken.compactMap({ lanes[$0] }) { refresh(lane, now) }
    }

    /// Brings everything that is known of a lane elsewhere in line with it.
    private mutating func refresh(_ lane: Lane, _ now: Timestamp) {
        let count = lane.soon(at: now)
        soonCount += count - lane.countedSoon
        lane.countedSoon = count
        refreshBusy(lane, now)
        guard lane.hasTurn, !lane.isInTurn else { return }
        if let moment = lane.wakes(at: now) {
            asleep[lane.key] = moment
            nextWake = min(nextWake ?? moment, moment)
        } else {
            if !asleep.isEmpty { asleep[lane.key] = nil }
            turns[lane.standing.rawValue].append(lane)
            lane.isInTurn = true
        }
    }

    private mutating func refreshBusy(_ lane: Lane, _ now: Timestamp) {
        let isBusy = lane.isBusy(at: now)
        guard isBusy != lane.isCountedBusy, case .endpoint(let id) = lane.key else { return }
        lane.isCountedBusy = isBusy
        let target = Target.endpoint(id)
        if isBusy {
            busy.insert(target)
        } else {
            busy.remove(target)
            if leftOut.remove(target) != nil { hasReleasedTarget = true }
        }
    }
}
