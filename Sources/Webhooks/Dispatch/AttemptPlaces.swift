internal import ThumbwireKit

/// How many attempts may be under way: a fixed number of places, which slow attempts give up for others.
///
/// A place is for beginning and for answers that come soon; waiting costs next to nothing. Receivers of unknown standing
/// together hold no more than three quarters of the places, doubtful ones a quarter, so that there is always one for those
/// who answer. Attempts that wait without a place are limited, too: a quarter of their number for unknown receivers, which
/// are doubtful soon when they do not answer, and half for doubtful ones; an eighth is left to those who answer.
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
    private var slow: [DeliveryID: Lane.Standing] = [:]
    private var slowOf = [Int](repeating: 0, count: Lane.Standing.allCases.count)
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

    /// When the next attempt becomes long that is not yet; `nil` when there is none.
    var nextLong: ContinuousClock.Instant? {
        let oldest = slowStarts.first { slow[$0.id] != nil } ?? starts.first { holders[$0.id] != nil }
        return oldest.map { $0.startedAt + longAfter }
    }

    /// Free places, once attempts that are slow by now have given up theirs.
    mutating func free(at moment: ContinuousClock.Instant) -> Int {
        while let first = starts.first {
            if let standing = holders[first.id] {
                guard first.startedAt + slowAfter <= moment, slow.count < slowCount else { break }
                leave(first.id)
                slow[first.id] = standing
                slowOf[standing.rawValue] += 1
                slowStarts.append(first)
            }
            starts.removeFirst()
        }
        return count - holders.count
    }

    /// True where ``newlyLong(at:)`` has something to tell.
    func hasNewlyLong(at moment: ContinuousClock.Instant) -> Bool {
        slowStarts.first { slow[$0.id] != nil }.map { $0.startedAt + longAfter <= moment } ?? false
    }

    /// Attempts that have become long since the last call; from now on they count as those of doubtful receivers.
    mutating func newlyLong(at moment: ContinuousClock.Instant) -> [DeliveryID] {
        var long: [DeliveryID] = []
        while let first = slowStarts.first {
            if let standing = slow[first.id] {
                guard first.startedAt + longAfter <= moment else { break }
                slowOf[standing.rawValue] -= 1
                slowOf[Lane.Standing.doubtful.rawValue] += 1
                slow[first.id] = .doubtful
                long.append(first.id)
            }
            slowStarts.removeFirst()
        }
        return long
    }

    /// True where receivers of that standing may take one more of the free places.
    func mayTake(_ standing: Lane.Standing) -> Bool {
        let (held, slow) = (held[standing.rawValue], slowOf[standing.rawValue])
        return switch standing {
        case .proven: true
        case .unknown:
            held < max(1, count * 3 / 4) && slow < max(1, slowCount / 4)
                && self.slow.count < max(1, slowCount * 7 / 8)
        case .doubtful: held < max(1, count / 4) && slow < max(1, slowCount / 2)
        }
    }

    mutating func take(_ id: DeliveryID, _ standing: Lane.Standing, at moment: ContinuousClock.Instant) {
        holders[id] = standing
        held[standing.rawValue] += 1
        starts.append(Taken(id: id, startedAt: moment))
    }

    mutating func leave(_ id: DeliveryID) {
        if let standing = holders.removeValue(forKey: id) { held[standing.rawValue] -= 1 }
        if let standing = slow.removeValue(forKey: id) { slowOf[standing.rawValue] -= 1 }
    }
}
