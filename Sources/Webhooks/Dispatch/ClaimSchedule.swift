internal import ThumbwireKit

/// When deliveries are to be claimed next.
struct ClaimSchedule {
    private enum Due {
        case now
        case at(Timestamp)
        /// When the store says so.
        case later
    }

    /// Ends of leases are rounded up to this.
    private static let grain: Duration = .seconds(1)

    private var due = Due.now
    /// When leases of ours end; what of them was not attempted can be claimed again then.
    private var leaseEnds: ArraySlice<Timestamp> = []

    var isNow: Bool {
        if case .now = due { true } else { false }
    }

    /// The next claim; `nil` when only the store knows.
    var moment: Timestamp? {
        switch due {
        case .now, .later: leaseEnds.first
        case .at(let moment): min(moment, leaseEnds.first ?? moment)
        }
    }

    func isReached(_ now: Timestamp) -> Bool {
        isNow || moment.map { $0 <= now } ?? false
    }

    mutating func claimNow() {
        due = .now
    }

    /// Notes that something becomes due then.
    mutating func note(_ moment: Timestamp) {
        switch due {
        case .now: break
        case .at(let known): due = .at(min(known, moment))
        case .later: due = .at(moment)
        }
    }

    /// True where leases of ours have ended since it was last asked; what they were of can be claimed now.
    mutating func endLeases(_ now: Timestamp) -> Bool {
        guard let first = leaseEnds.first, first <= now else { return false }
        leaseEnds = leaseEnds.drop { $0 <= now }
        due = .now
        return true
    }

    /// When the next lease of ours ends.
    var nextLeaseEnd: Timestamp? { leaseEnds.first }

    /// Notes that a claim is made.
    mutating func begin(_ now: Timestamp) {
        due = .later
        leaseEnds = leaseEnds.drop { $0 <= now }
    }

    /// Notes that something is ours until then.
    mutating func lease(until end: Timestamp) {
        let grain = Self.grain.wholeMicroseconds
        let rounded = Timestamp(microseconds: (end.microseconds + grain - 1) / grain * grain)
        if let last = leaseEnds.last, last >= rounded { return }
        leaseEnds.append(rounded)
    }
}
