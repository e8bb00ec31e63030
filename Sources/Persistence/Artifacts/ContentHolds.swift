internal import Synchronization
internal import ThumbwireKit

/// Decides between storing content and removing it: who stores it holds it, and what is held is not removed.
///
/// A removal marks content that nobody holds, looks whether a row names it, and removes it only if the mark is still
/// there. Whoever stores the same content takes the marks away. So a row that the look has missed was written by
/// somebody who has either taken the mark away, or stored the bytes anew after they were removed.
final class ContentHolds: Sendable {
    /// One removal's marks.
    struct Removal: Hashable {
        fileprivate var number: UInt64
    }

    private struct State {
        var holders: [String: Int] = [:]
        var marks: [String: Set<Removal>] = [:]
        var nextRemoval: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Holds the content from now on; takes away the marks of all removals.
    func take(_ content: String) -> ContentHold {
        state.withLock { state in
            state.holders[content, default: 0] += 1
            state.marks[content] = nil
        }
        return ContentHold { [self] in release(content) }
    }

    private func release(_ content: String) {
        state.withLock { state in
            let left = state.holders[content, default: 1] - 1
            state.holders[content] = left > 0 ? left : nil
        }
    }

    /// Marks those that nobody holds, and returns them.
    func mark(_ contents: [String]) -> (removal: Removal, marked: [String]) {
        state.withLock { state in
            let removal = Removal(number: state.nextRemoval)
            state.nextRemoval += 1
            let marked = contents.filter { state.holders[$0] == nil }
            for content in marked { state.marks[content, default: []].insert(removal) }
            return (removal, marked)
        }
    }

    /// Takes the removal's mark away; runs `remove` first, while nobody can take hold of the content, if `isUnnamed` and
    /// the mark is still there. The bytes that became free.
    func settle(
        _ content: String, of removal: Removal, isUnnamed: Bool, remove: () -> Int64
    ) -> Int64 {
        state.withLock { state in
            guard state.marks[content]?.contains(removal) == true else { return 0 }
            state.marks[content]?.remove(removal)
            if state.marks[content]?.isEmpty == true { state.marks[content] = nil }
            return isUnnamed ? remove() : 0
        }
    }
}
