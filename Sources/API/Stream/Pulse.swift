import Persistence
import ThumbwireKit

/// Tells a stream's reader to look again: after a change, and from time to time.
final class Pulse: Sendable {
    /// One signal stands for any number of reasons; ends with the changes.
    let signals: AsyncStream<Void>
    private let tasks: [Task<Void, Never>]

    init(changes: AsyncStream<StoreChange>, every interval: Duration, clock: any WallClock) {
        let (signals, continuation) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.signals = signals
        tasks = [
            Task {
                for await _ in changes { continuation.yield() }
                continuation.finish()
            },
            Task {
                while (try? await clock.sleep(until: clock.now() + interval)) != nil { continuation.yield() }
            },
        ]
    }

    deinit {
        for task in tasks { task.cancel() }
    }
}
