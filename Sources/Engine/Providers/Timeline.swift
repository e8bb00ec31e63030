internal import ThumbwireKit

/// What was sent and what is planned, second by second: finds the next second in which a call fits.
///
/// A limit per minute is kept in every window of ``windowLength`` seconds, past and future, so that it holds however
/// the other side counts: by fixed minutes, by a sliding minute, or by a bucket of that size.
struct Timeline {
    /// A minute of the other side touches 61 of our seconds; one more is for calls that arrive late.
    static let windowLength: Int64 = 62
    /// Nothing is planned further ahead than this many seconds.
    static let horizon: Int64 = 3_600

    /// What a call takes.
    struct Cost: Hashable {
        var requests: Int
        /// Of the requests, what creates leave to polls besides their own; 0 for polls, which take what is left.
        var share: Int
        var pictures: Int
    }

    /// What a window may hold; `nil` is no limit.
    struct Limits: Hashable {
        var requests: Int?
        var pictures: Int?
    }

    private struct Second {
        var planned = Cost(requests: 0, share: 0, pictures: 0)
        var sent = Cost(requests: 0, share: 0, pictures: 0)
        var calls = 0
    }

    private var first: Int64 = 0
    private var seconds: [Second] = []

    /// The first second, from that one on, in which the call fits beside everything sent and planned; with `spread`,
    /// one that holds fewer calls than that. `nil` when there is none before the horizon.
    func earliest(
        _ cost: Cost, from start: Int64, limits: Limits, spread: Int? = nil,
        atMost ahead: Int64 = Self.horizon
    ) -> Int64? {
        guard limits.requests != nil || limits.pictures != nil || spread != nil else { return start }
        let length = Self.windowLength
        var window = Cost(requests: 0, share: 0, pictures: 0)
        var opening = start - length + 1
        for second in opening..<start { window.add(self[second]) }
        // A second is free when all windows over it have room: so many in a row, the last of which it opens.
        var free: Int64 = 0
        while opening <= start + ahead {
            window.add(self[opening + length - 1])
            free = window.hasRoom(for: cost, within: limits) ? free + 1 : 0
            if free >= length, spread.map({ calls(in: opening) < $0 }) ?? true { return opening }
            window.remove(self[opening])
            opening += 1
        }
        return nil
    }

    /// True when what was really sent in the window before leaves room for it.
    func allows(_ cost: Cost, at second: Int64, limits: Limits, unaccounted: Int) -> Bool {
        var window = Cost(requests: unaccounted, share: 0, pictures: 0)
        for index in (second - Self.windowLength + 1)...second {
            if let known = at(index) { window.add(known.sent) }
        }
        return limits.requests.map { window.requests + cost.requests <= $0 } ?? true
            && limits.pictures.map { window.pictures + cost.pictures <= $0 } ?? true
    }

    /// Requests sent in the window that ends with that second.
    func sentRequests(before second: Int64) -> Int {
        (second - Self.windowLength + 1...second).reduce(0) { $0 + (at($1)?.sent.requests ?? 0) }
    }

    /// Requests planned in these seconds.
    func plannedRequests(_ range: Range<Int64>) -> Int {
        let known = first..<(first + Int64(seconds.count))
        return range.clamped(to: known).reduce(0) { $0 + (at($1)?.planned.requests ?? 0) }
    }

    func calls(in second: Int64) -> Int { at(second)?.calls ?? 0 }

    mutating func plan(_ cost: Cost, in second: Int64) {
        change(second) {
            $0.planned.add(cost)
            $0.calls += 1
        }
    }

    mutating func unplan(_ cost: Cost, in second: Int64) {
        guard at(second) != nil else { return }
        change(second) {
            $0.planned.remove(cost)
            $0.calls -= 1
        }
    }

    mutating func send(_ cost: Cost, in second: Int64) {
        change(second) {
            $0.sent.add(cost)
            $0.calls += 1
        }
    }

    /// Says that a call reached the other side later than it was sent.
    mutating func move(_ cost: Cost, from early: Int64, to late: Int64) {
        guard late > early else { return }
        if at(early) != nil {
            change(early) {
                $0.sent.remove(cost)
                $0.calls -= 1
            }
        }
        send(cost, in: late)
    }

    /// Forgets what no window reaches any more.
    mutating func forget(before now: Int64) {
        let kept = now - Self.windowLength
        guard kept - first >= 2 * Self.windowLength else { return }
        seconds.removeFirst(min(seconds.count, Int(kept - first)))
        first = kept
    }

    var isEmpty: Bool { seconds.allSatisfy { $0.calls == 0 } }

    private func at(_ second: Int64) -> Second? {
        let index = second - first
        return index >= 0 && index < Int64(seconds.count) ? seconds[Int(index)] : nil
    }

    private subscript(second: Int64) -> Cost {
        guard let known = at(second) else { return Cost(requests: 0, share: 0, pictures: 0) }
        var both = known.planned
        both.add(known.sent)
        return both
    }

    private mutating func change(_ second: Int64, _ body: (inout Second) -> Void) {
        if seconds.isEmpty { first = second }
        if second < first {
            // A clock that went back: what lies before is kept apart no longer.
            return body(&seconds[0])
        }
        let missing = second - first - Int64(seconds.count) + 1
        if missing > 2 * Self.horizon {
            seconds = []
            first = second
        }
        if missing > 0 {
            seconds += Array(repeating: Second(), count: Int(second - first) - seconds.count + 1)
        }
        body(&seconds[Int(second - first)])
    }
}

extension Timeline.Cost {
    mutating func add(_ other: Self) {
        requests += other.requests
        share += other.share
        pictures += other.pictures
    }

    mutating func remove(_ other: Self) {
        requests -= other.requests
        share -= other.share
        pictures -= other.pictures
    }

    fileprivate func hasRoom(for cost: Self, within limits: Timeline.Limits) -> Bool {
        if let limit = limits.requests {
            if requests + cost.requests > limit { return false }
            if cost.share > 0, share + cost.share > limit { return false }
        }
        return limits.pictures.map { pictures + cost.pictures <= $0 } ?? true
    }
}
