internal import Persistence
internal import ThumbwireKit

/// Which claimed delivery is attempted next: a value that the dispatcher guards.
///
/// Targets take turns and each has its own cap, so that one that hangs holds up nobody else. An attempt that became
/// slow gives its place to another, so that many that hang do not either.
struct AttemptQueue {
    typealias Target = Delivery.Target

    /// A claimed delivery and until when it is ours.
    private struct Claimed {
        var due: DueDelivery
        var leaseUntil: Timestamp
    }

    private let configuration: Dispatcher.Configuration
    private var waiting: [Target: ArraySlice<Claimed>] = [:]
    /// Targets with something waiting and room under their cap, in the order of their turns.
    private var turns: [Target] = []
    private var underWay: [DeliveryID: Target] = [:]
    /// Attempted, and not written yet: not to be attempted again, whatever its lease.
    private var unwritten: Set<DeliveryID> = []
    private var underWayCounts: [Target: Int] = [:]
    private var places: AttemptPlaces
    /// Targets that the last claim left out.
    private var leftOut: Set<Target> = []

    init(configuration: Dispatcher.Configuration) {
        self.configuration = configuration
        places = AttemptPlaces(
            count: configuration.maximumInFlight, slowAfter: configuration.slowAfter,
            slowCount: configuration.maximumSlow)
    }

    /// Nothing is under way.
    var isIdle: Bool { underWay.isEmpty }

    /// A target that the last claim left out has few enough waiting again: there may be more to claim.
    private(set) var hasReleasedTarget = false

    /// How many more attempts may be under way.
    mutating func room(at moment: ContinuousClock.Instant) -> Int {
        places.free(at: moment)
    }

    /// When the next attempt becomes slow and gives up its place; `nil` when none will.
    var nextFreePlace: ContinuousClock.Instant? { places.nextSlow }

    /// Targets that have enough waiting; nothing more is to be claimed for them now.
    mutating func leaveOutBusy() -> Set<Target> {
        leftOut = Set(waiting.filter { isBusy($0.value) }.keys)
        hasReleasedTarget = false
        return leftOut
    }

    /// Adds what was claimed.
    mutating func add(_ deliveries: [DueDelivery], leaseUntil: Timestamp) {
        for due in deliveries where isFresh(due) {
            waiting[due.delivery.target, default: []].append(Claimed(due: due, leaseUntil: leaseUntil))
            giveTurn(due.delivery.target)
        }
    }

    /// Takes the next delivery and counts it as under way; `nil` when there is no room or nothing may start.
    mutating func takeNext(now: Timestamp, at moment: ContinuousClock.Instant) -> DueDelivery? {
        guard room(at: moment) > 0 else { return nil }
        while !turns.isEmpty {
            let target = turns.removeFirst()
            guard let due = popWaiting(target, now: now), isFresh(due) else { continue }
            underWay[due.delivery.id] = target
            underWayCounts[target, default: 0] += 1
            places.take(due.delivery.id, at: moment)
            giveTurn(target)
            return due
        }
        return nil
    }

    /// Ends an attempt; with a result its delivery is not attempted again before ``wrote(_:)``.
    mutating func finish(_ id: DeliveryID, hasResult: Bool = false) {
        guard let target = underWay.removeValue(forKey: id) else { return }
        if hasResult { unwritten.insert(id) }
        let left = underWayCounts[target, default: 1] - 1
        underWayCounts[target] = left == 0 ? nil : left
        places.leave(id)
        giveTurn(target)
    }

    /// The results of these are in the store, or will never be.
    mutating func wrote(_ ids: [DeliveryID]) {
        unwritten.subtract(ids)
    }

    /// Forgets everything that is not under way; the leases end by themselves.
    mutating func dropWaiting() {
        waiting = [:]
        turns = []
    }

    private func isFresh(_ due: DueDelivery) -> Bool {
        underWay[due.delivery.id] == nil && !unwritten.contains(due.delivery.id)
    }

    /// The target's next delivery. One whose lease would end during the attempt is dropped: it is claimed again
    /// when the lease is over.
    private mutating func popWaiting(_ target: Target, now: Timestamp) -> DueDelivery? {
        defer { release(target) }
        while let claimed = waiting[target]?.popFirst() {
            if claimed.leaseUntil - now >= configuration.attemptReserve { return claimed.due }
        }
        return nil
    }

    private mutating func release(_ target: Target) {
        let left = waiting[target, default: []]
        if left.isEmpty { waiting[target] = nil }
        if !isBusy(left), leftOut.remove(target) != nil { hasReleasedTarget = true }
    }

    private func isBusy(_ claimed: ArraySlice<Claimed>) -> Bool {
        claimed.count >= configuration.maximumInFlightPerTarget
    }

    private mutating func giveTurn(_ target: Target) {
        let isBelowCap = underWayCounts[target, default: 0] < configuration.maximumInFlightPerTarget
        if waiting[target] != nil, isBelowCap, !turns.contains(target) { turns.append(target) }
    }
}
