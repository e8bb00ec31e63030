internal import Synchronization
internal import ThumbwireKit

/// Warnings of one job as plugins add them, from any thread; the same one is kept once.
final class Warnings: Sendable {
    /// Documents and events stay small whatever plugins find.
    private static let maximumCount = 16
    private static let maximumMessage = 200

    private let list: Mutex<[Warning]>

    init(_ warnings: [Warning]) {
        list = Mutex(warnings)
    }

    var all: [Warning] { list.withLock { $0 } }

    func add(_ warning: Warning) {
        let warning = Warning(
            code: warning.code, message: String(warning.message.prefix(Self.maximumMessage)))
        list.withLock { list in
            if !list.contains(warning), list.count < Self.maximumCount { list.append(warning) }
        }
    }
}
