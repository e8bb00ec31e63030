internal import ThumbwireKit

/// What the other side says is left of its running window, as far as we have not used it since.
struct Allowance {
    /// Windows that end later than this are no minutes: their rest is used up and not spread.
    static let longestSpread = Duration.seconds(120)
    /// Two answers that name nearly the same end speak of the same window.
    private static let tolerance = Duration.milliseconds(1_500)

    private(set) var left: Int
    let resetsAt: Timestamp
    /// Little is left: it is spread over the rest of the window, one call at a time.
    private let isTight: Bool
    /// The next moment for a call while it is tight.
    private(set) var next: Timestamp

    /// `underWay` requests may not be counted yet by the other side.
    init?(_ budget: Budget, underWay: Int, before: Allowance?, at now: Timestamp) {
        guard let remaining = budget.remaining else { return nil }
        resetsAt = budget.resetsAt ?? now + .seconds(60)
        guard resetsAt > now else { return nil }
        left = max(0, max(0, remaining) - underWay)
        next = now
        if let before, max(resetsAt - before.resetsAt, before.resetsAt - resetsAt) <= Self.tolerance {
            // Answers overtake each other: within one window less is newer.
            left = min(left, before.left)
            next = before.next
        }
        isTight = left <= max(1, (budget.limit ?? 0) / 5) && resetsAt - now <= Self.longestSpread
    }

    /// When a call may go at the earliest, with so many requests planned before the window ends.
    func earliest(_ requests: Int, planned: Int, at now: Timestamp) -> Timestamp {
        guard now < resetsAt else { return now }
        guard left - planned >= requests else { return resetsAt }
        return isTight ? max(now, next) : now
    }

    mutating func take(_ requests: Int, at now: Timestamp) {
        guard now < resetsAt else { return }
        left = max(0, left - requests)
        next = now + (resetsAt - now) / (left + 1)
    }
}

extension Budget {
    /// More than any account has: what is larger says that there is no limit.
    private static let largestFigure = 1_000_000_000

    /// Without what cannot be true: negative figures, and a window that ends later than any cap, before whose end
    /// nobody could even ask about what was bought.
    func plausible(at now: Timestamp) -> Budget {
        func figure(_ value: Int?) -> Int? { value.flatMap { $0 < 0 ? nil : min($0, Self.largestFigure) } }
        let latest = now + Circuit.longestAsked
        return Budget(
            kind: kind, limit: figure(limit), remaining: figure(remaining),
            resetsAt: resetsAt.flatMap { $0 > latest ? nil : $0 })
    }
}
