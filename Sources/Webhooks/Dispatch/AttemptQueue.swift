internal import Persistence
internal import ThumbwireKit

/// Which claimed delivery is attempted next: a value that the dispatcher guards.
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
        var lane: Lane.Key
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
    private var turns = [ArraySlice<Lane.Key>](repeating: [], count: Lane.Standing.allCases.count)
    private var lastTurn = 0
    /// Lanes with something waiting for a moment.
    private var asleep: [Lane.Key: Timestamp] = [:]
    private var underWay: [DeliveryID: Flight] = [:]
    /// Attempted, and not written yet: not to be attempted again, whatever its lease.
    private var unwritten: Set<DeliveryID> = []
    private var places: AttemptPlaces
    private var waitingIDs: Set<DeliveryID> = []
    private var soon: [Lane.Key: Int] = [:]
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
        for (key, due) in deliveries where !isAttempted(due.delivery.id) {
            var lane = lanes.removeValue(forKey: key) ?? Lane(cap: cap(due))
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
            lanes[key] = lane
            refresh(key, now)
        }
    }

    /// Takes the next delivery and counts it as under way; `nil` when there is no room or nothing may begin.
    mutating func takeNext(
        now: Timestamp, at moment: ContinuousClock.Instant
    ) -> (lane: Lane.Key, due: DueDelivery)? {
        wakeLanes(now)
        let free = places.free(at: moment)
        for id in places.newlyLong(at: moment) {
            guard let key = underWay[id]?.lane else { continue }
            lanes[key]?.doubt()
            refresh(key, now)
        }
        guard free > 0 else { return nil }
        for step in 1...turns.count {
            let turn = (lastTurn + step) % turns.count
            guard let standing = Lane.Standing(rawValue: turn), places.mayTake(standing) else { continue }
            while let key = turns[turn].popFirst() {
                lanes[key]?.isInTurn = false
                guard lanes[key]?.standing == standing else {
                    refresh(key, now)
                    continue
                }
                guard let due = begin(key, now: now) else { continue }
                underWay[due.delivery.id] = Flight(lane: key, begunAt: moment)
                places.take(due.delivery.id, standing, at: moment)
                lastTurn = turn
                return (key, due)
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
        if hasResult { unwritten.insert(id) }
        places.leave(id)
        let took = moment - flight.begunAt
        let isEndpoint = if case .endpoint = flight.lane { true } else { false }
        lanes[flight.lane]?.end(
            took: hasResult ? took : nil, isHang: isHang, isSoon: took < configuration.longAfter,
            adapts: !isEndpoint)
        refresh(flight.lane, now)
    }

    /// The results of these are in the store, or will never be.
    mutating func wrote(_ ids: [DeliveryID]) {
        unwritten.subtract(ids)
    }

    /// Takes over how an endpoint stands now.
    mutating func learn(_ endpoint: Endpoint, now: Timestamp) {
        let key = Lane.Key.endpoint(endpoint.id)
        guard lanes[key] != nil else { return }
        lanes[key]?.learn(endpoint, cap: configuration.cap(of: endpoint), now: now)
        // What cannot go out must not leave others without room.
        if waitingIDs.count >= Self.manyWaiting, lanes[key]?.stands(at: now) == true {
            waitingIDs.subtract(lanes[key]?.keepFirst() ?? [])
        }
        refresh(key, now)
    }

    /// Notes that an endpoint's owner changed it: nothing of it begins before that is read.
    mutating func noteChange(of endpoint: EndpointID, now: Timestamp) {
        changed.insert(endpoint)
        lanes[.endpoint(endpoint)]?.isStale = true
        refresh(.endpoint(endpoint), now)
    }

    /// Endpoints to be read because they were changed and something waits for them.
    mutating func takeChanged(now: Timestamp) -> [(id: EndpointID, account: AccountID)] {
        defer { changed = [] }
        return changed.compactMap { id in
            let key = Lane.Key.endpoint(id)
            if let first = lanes[key]?.waiting.first { return (id, first.due.delivery.account) }
            lanes[key]?.isStale = false
            return nil
        }
    }

    /// Takes over what an endpoint's owner made of it, for all that waits for it.
    mutating func renew(_ stored: StoredEndpoint, now: Timestamp) {
        let (endpoint, key) = (stored.endpoint, Lane.Key.endpoint(stored.endpoint.id))
        guard lanes[key] != nil else { return }
        // Which of them is the oldest, and may go first, is for the store to say.
        if endpoint.sending.isOrdered, lanes[key]?.waiting.count ?? 0 > 1 { forgetWaiting(key) }
        lanes[key]?.redirect(to: endpoint, secret: stored.secret)
        lanes[key]?.isStale = changed.contains(endpoint.id)
        learn(endpoint, now: now)
    }

    /// Forgets what waits for an endpoint that is gone.
    mutating func forget(_ endpoint: EndpointID, now: Timestamp) {
        let key = Lane.Key.endpoint(endpoint)
        forgetWaiting(key)
        lanes[key]?.isStale = changed.contains(endpoint)
        refresh(key, now)
    }

    /// Forgets what waits and is not ours any more: it is claimed again, unless its endpoint is paused or rests.
    mutating func dropExpired(now: Timestamp) {
        for key in lanes.filter({ !$0.value.waiting.isEmpty }).keys {
            guard let expired = lanes[key]?.dropExpired(at: now), !expired.isEmpty else { continue }
            waitingIDs.subtract(expired)
            refresh(key, now)
        }
    }

    /// Forgets everything that is not under way; the leases end by themselves.
    mutating func dropWaiting() {
        for key in lanes.keys { lanes[key]?.dropWaiting() }
        waitingIDs = []
        turns = turns.map { _ in [] }
        asleep = [:]
        nextWake = nil
    }

    private mutating func forgetWaiting(_ key: Lane.Key) {
        guard let lane = lanes[key] else { return }
        for claimed in lane.waiting { waitingIDs.remove(claimed.due.delivery.id) }
        lanes[key]?.dropWaiting()
    }

    private func isAttempted(_ id: DeliveryID) -> Bool {
        underWay[id] != nil || unwritten.contains(id)
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

    private mutating func begin(_ key: Lane.Key, now: Timestamp) -> DueDelivery? {
        defer { refresh(key, now) }
        guard let lane = lanes[key], lane.hasTurn, lane.wakes(at: now) == nil else { return nil }
        guard let (due, leftOut) = lanes[key]?.take(now: now, reserve: configuration.attemptReserve) else {
            return nil
        }
        waitingIDs.subtract(leftOut)
        guard let due else { return nil }
        waitingIDs.remove(due.delivery.id)
        lanes[key]?.begin(now: now)
        return due
    }

    private mutating func wakeLanes(_ now: Timestamp) {
        guard let first = nextWake, first <= now else { return }
        let woken = asleep.filter { $0.value <= now }.keys
        for key in woken { asleep[key] = nil }
        nextWake = asleep.values.min()
        for key in woken { refresh(key, now) }
    }

    /// Brings everything that is known of a lane elsewhere in line with it.
    private mutating func refresh(_ key: Lane.Key, _ now: Timestamp) {
        guard let lane = lanes[key] else { return }
        let count = lane.soon(at: now)
        soonCount += count - (soon[key] ?? 0)
        soon[key] = count == 0 ? nil : count
        if case .endpoint(let id) = key {
            let target = Target.endpoint(id)
            if lane.isBusy(at: now) {
                busy.insert(target)
            } else {
                busy.remove(target)
                if leftOut.remove(target) != nil { hasReleasedTarget = true }
            }
        }
        guard lane.hasTurn, !lane.isInTurn else { return }
        if let moment = lane.wakes(at: now) {
            asleep[key] = moment
            nextWake = min(nextWake ?? moment, moment)
        } else {
            asleep[key] = nil
            turns[lane.standing.rawValue].append(key)
            lanes[key]?.isInTurn = true
        }
    }
}
