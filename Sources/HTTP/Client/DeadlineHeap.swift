/// A binary min-heap of deadlines. Entries are not removed when their reason is gone: whoever pops one looks
/// whether it still matters.
struct DeadlineHeap {
    private var entries: [(deadline: ContinuousClock.Instant, id: UInt64)] = []

    var earliest: ContinuousClock.Instant? { entries.first?.deadline }

    mutating func insert(_ id: UInt64, at deadline: ContinuousClock.Instant) {
        entries.append((deadline, id))
        var child = entries.count - 1
        while child > 0, entries[child].deadline < entries[(child - 1) / 2].deadline {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes out the earliest entry if its time has come.
    mutating func popExpired(at now: ContinuousClock.Instant) -> UInt64? {
        guard let first = entries.first, first.deadline <= now else { return nil }
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var parent = 0
        while let child = earlierChild(of: parent), entries[child].deadline < entries[parent].deadline {
            entries.swapAt(child, parent)
            parent = child
        }
        return first.id
    }

    private func earlierChild(of parent: Int) -> Int? {
        let left = 2 * parent + 1
        guard left < entries.count else { return nil }
        let right = left + 1
        return right < entries.count && entries[right].deadline < entries[left].deadline ? right : left
    }
}
