internal import Synchronization
package import ThumbwireKit

/// A log that a test can read.
package final class KeptLog: Sendable {
    private let kept = Mutex<[Log.Entry]>([])

    package init() {}

    package var entries: [Log.Entry] { kept.withLock { $0 } }

    package var log: Log {
        Log { [self] entry in kept.withLock { $0.append(entry) } }
    }
}
