import TestSupport

/// One operation of a random sequence: what it is, and what it draws its details from. Details are drawn when it is
/// made, from what there is then, so that a sequence stays one when operations are taken out of it.
struct ModelStep: Sendable, CustomStringConvertible {
    enum Kind: String, Sendable, CaseIterable {
        case accept, request, markAnswered, takeOver, claim, renew, work, cancel, releaseExpired, pass, grant
        case claimTickets, reschedule, settle, pauseProvider, resumeProvider
        case addEndpoint, changeEndpoint, deleteEndpoint, removeExpiredEndpoints
        case claimDeliveries, record, resend, recover, emit, emitToEndpoint
        case restart

        /// How often it is made, beside the others.
        fileprivate var weight: Int {
            switch self {
            case .accept: 14
            case .work: 24
            case .claim, .claimDeliveries, .record: 12
            case .pass: 8
            case .cancel, .changeEndpoint, .request: 5
            case .restart: 6
            case .takeOver, .releaseExpired, .claimTickets, .settle, .resend: 4
            case .addEndpoint, .renew, .recover: 3
            case .markAnswered, .grant, .reschedule, .emit: 2
            case .pauseProvider, .resumeProvider, .deleteEndpoint, .removeExpiredEndpoints, .emitToEndpoint: 1
            }
        }

        /// True where the store's choice is a part of what comes after.
        var choosesForStore: Bool { self == .recover || self == .restart }

        /// What nothing happens without.
        fileprivate var isEssential: Bool {
            switch self {
            case .accept, .claim, .work, .addEndpoint, .claimDeliveries, .record, .pass, .restart: true
            default: false
            }
        }
    }

    var kind: Kind
    var seed: UInt64

    var description: String { "\(kind.rawValue)(\(seed))" }

    /// Each sequence has its own taste: it leaves some kinds out and does others often, so that rare ones meet (Groce
    /// and others, "Swarm Testing", 2012).
    static func sequence(seed: UInt64, count: Int) -> [ModelStep] {
        var random = SeededGenerator(state: seed)
        let urn = Kind.allCases.flatMap { kind in
            let liking = Int.random(in: (kind.isEssential ? 1 : 0)...3, using: &random)
            return Array(repeating: kind, count: kind.weight * liking)
        }
        return (0..<count).map { _ in
            let kind = urn.randomElement(using: &random) ?? .pass
            return ModelStep(kind: kind, seed: UInt64.random(in: 0..<1_000_000, using: &random))
        }
    }
}

/// Draws what one operation needs.
struct Dice {
    private var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(state: seed)
    }

    mutating func seed() -> UInt64 { UInt64.random(in: 0..<1_000_000, using: &random) }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func one<Element>(of elements: [Element]) -> Element? { elements.randomElement(using: &random) }

    mutating func some<Element>(_ count: Int, of elements: [Element]) -> [Element] {
        Array(elements.shuffled(using: &random).prefix(count))
    }

    mutating func happens(_ percent: Int) -> Bool { number(1...100) <= percent }
}

/// Takes operations out of a sequence that fails as long as what is left still fails: halves first, then less and less
/// (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002).
func shortened(
    _ steps: [ModelStep], within limit: Duration, fails: ([ModelStep]) async -> Bool
) async -> [ModelStep] {
    let clock = ContinuousClock()
    let end = clock.now + limit
    var shortest = steps
    var part = max(steps.count / 2, 1)
    while clock.now < end {
        var isShorter = false
        var start = 0
        while start < shortest.count, clock.now < end {
            var candidate = shortest
            candidate.removeSubrange(start..<min(start + part, shortest.count))
            if await fails(candidate) {
                shortest = candidate
                isShorter = true
            } else {
                start += part
            }
        }
        if part == 1, !isShorter { break }
        part = max(part / 2, 1)
    }
    return shortest
}
