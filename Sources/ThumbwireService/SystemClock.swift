internal import Foundation
package import ThumbwireKit

/// The machine's clock.
package struct SystemClock: WallClock {
    /// Sleeps are cut into pieces, so that a wall clock that is set forward is noticed within this time.
    private static let longestSleep = Duration.seconds(60)

    package init() {}

    package func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    package func sleep(until moment: Timestamp) async throws {
        while true {
            let left = moment - now()
            guard left > .zero else { return }
            try await Task.sleep(for: min(left, Self.longestSleep))
        }
    }
}
