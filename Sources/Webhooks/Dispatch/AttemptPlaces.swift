internal import ThumbwireKit

/// How many attempts may be under way: a fixed number of places, which slow attempts give up for others.
///
/// A place is for beginning and for answers that come soon; waiting costs next to nothing. Receivers of unknown standing
/// together hold no more than three quarters of the places, doubtful ones a quarter, so that there is always one for those
/// who answer. The same goes for the attempts that wait without a place: with so many of them nothing more begins for
/// such receivers.
struct AttemptPlaces {
    private struct Taken {
        var id: DeliveryID
        var startedAt: ContinuousClock.Instant
    }

    private let count: Int
    private let slowAfter: Duration
    private let slowCount: Int
    private let longAfter: Duration
    private var holders: [DeliveryID: Lane.Standing] = [:]
    private var held = [Int](repeating: 0, count: Lane.Standing.allCases.count)
    private var slow: Set<DeliveryID> = []
    /// In the order of their start; those that left are skipped when their turn comes.
    private var starts: ArraySlice<Taken> = []
    /// The same of slow ones that nobody has asked about yet.
    private var slowStarts: ArraySlice<Taken> = []

    /// Up to `slowCount` slow attempts may be under way without a place. After `longAfter` they are said to be long.
    init(count: Int, slowAfter: Duration, slowCount: Int, longAfter: Duration) {
        self.count = count
        self.slowAfter = slowAfter
        self.slowCount = slowCount
        self.longAfter = longAfter
    }

    /// When the oldest holder becomes slow; `nil` when there is none, or no more may be slow.
    var nextSlow: ContinuousClock.Instant? {
        guard slow.count < slowCount else { return nil }
        return starts.first { holders[$0.id] != nil }.map { $0.startedAt + slowAfter }
    }

    /// Free places, once attempts that are slow by now have given up theirs.
    mutating func free(at moment: ContinuousClock.Instant) -> Int {
        while let first = starts.first {
            if holders[first.id] != nil {
                guard first.startedAt + slowAfter <= moment, slow.count < slowCount else { break }
                leave(first.id)
                slow.insert(first.id)
                slowStarts.append(first)
            }
            starts.removeFirst()
        }
        return count - holders.count
    }

    /// Attempts that have become long since the last call.
    mutating func newlyLong(at moment: ContinuousClock.Instant) -> [DeliveryID] {
        var long: [DeliveryID] = []
        while let first = slowStarts.first, first.startedAt + longAfter <= moment || !slow.contains(first.id) {
            if slow.contains(first.id) { long.append(first.id) }
            slowStarts.removeFirst()
        }
        return long
    }

    /// True where receivers of that standing may take one more of the free places.
    func mayTake(_ standing: Lane.Standing) -> Bool {
        let (quarters, slowQuarters) =
            switch standing {
            case .proven: (4, 4)
            case .unknown: (3, 3)
            case .doubtful: (1, 2)
            }
        guard held[standing.rawValue] < max(1, count * quarters / 4) else { return false }
        return standing == .proven || slow.count < max(1, slowCount * slowQuarters / 4)
    }

    mutating func take(_ id: DeliveryID, _ standing: Lane.Standing, at moment: ContinuousClock.Instant) {
        holders[id] = standing
        held[standing.rawValue] += 1
        starts.append(Taken(id: id, startedAt: moment))
    }

    mutating func leave(_ id: DeliveryID) {
        if let standing = holders.removeValue(forKey: id) { held[standing.rawValue] -= 1 }
        slow.remove(id)
    }
}
