internal import ThumbwireKit

/// How many attempts may be under way: a fixed number of places, which slow attempts give up for others.
struct AttemptPlaces {
    private struct Taken {
        var id: DeliveryID
        var startedAt: ContinuousClock.Instant
    }

    private let count: Int
    private let slowAfter: Duration
    private let slowCount: Int
    private var holders: Set<DeliveryID> = []
    private var slow: Set<DeliveryID> = []
    /// In the order of their start; those that left are skipped when their turn comes.
    private var starts: ArraySlice<Taken> = []

    /// Up to `slowCount` slow attempts may be under way without a place.
    init(count: Int, slowAfter: Duration, slowCount: Int) {
        self.count = count
        self.slowAfter = slowAfter
        self.slowCount = slowCount
    }

    /// When the oldest holder becomes slow; `nil` when there is none, or no more may be slow.
    var nextSlow: ContinuousClock.Instant? {
        guard slow.count < slowCount else { return nil }
        return starts.first { holders.contains($0.id) }.map { $0.startedAt + slowAfter }
    }

    /// Free places, once attempts that are slow by now have given up theirs.
    mutating func free(at moment: ContinuousClock.Instant) -> Int {
        while let first = starts.first {
            if holders.contains(first.id) {
                guard first.startedAt + slowAfter <= moment, slow.count < slowCount else { break }
                holders.remove(first.id)
                slow.insert(first.id)
            }
            starts.removeFirst()
        }
        return count - holders.count
    }

    mutating func take(_ id: DeliveryID, at moment: ContinuousClock.Instant) {
        holders.insert(id)
        starts.append(Taken(id: id, startedAt: moment))
    }

    mutating func leave(_ id: DeliveryID) {
        holders.remove(id)
        slow.remove(id)
    }
}
