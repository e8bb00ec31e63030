internal import Foundation

/// Work handed from tasks to the threads of a store, in order.
final class Mailbox<Item: Sendable>: Sendable {
    // Proof of `@unchecked`: the fields are only touched between `condition.lock()` and `condition.unlock()`.
    private final class Shared: @unchecked Sendable {
        let condition = NSCondition()
        var items: [Item] = []
        var isClosed = false
    }

    private let shared = Shared()

    /// False when the mailbox is closed; the item is not taken then.
    func append(_ item: Item) -> Bool {
        shared.condition.lock()
        defer { shared.condition.unlock() }
        guard !shared.isClosed else { return false }
        shared.items.append(item)
        shared.condition.signal()
        return true
    }

    /// Waits for work and takes up to `limit` items; `nil` once the mailbox is closed and empty.
    func take(atMost limit: Int) -> [Item]? {
        shared.condition.lock()
        defer { shared.condition.unlock() }
        while shared.items.isEmpty {
            if shared.isClosed { return nil }
            shared.condition.wait()
        }
        if shared.items.count <= limit {
            defer { shared.items.removeAll(keepingCapacity: true) }
            return shared.items
        }
        let taken = Array(shared.items.prefix(limit))
        shared.items.removeFirst(limit)
        return taken
    }

    /// Refuses what comes after; what was taken in before is still handed out.
    func close() {
        shared.condition.lock()
        shared.isClosed = true
        shared.condition.broadcast()
        shared.condition.unlock()
    }
}
