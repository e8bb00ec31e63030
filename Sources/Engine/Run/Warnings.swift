internal import Synchronization
internal import ThumbwireKit

/// Warnings of one job as plugins add them, from any thread; the same one is kept once.
final class Warnings: Sendable {
    private let list: Mutex<[Warning]>

    init(_ warnings: [Warning]) {
        list = Mutex(warnings)
    }

    var all: [Warning] { list.withLock { $0 } }

    func add(_ warning: Warning) {
        list.withLock { list in
            if !list.contains(warning) { list.append(warning) }
        }
    }
}
