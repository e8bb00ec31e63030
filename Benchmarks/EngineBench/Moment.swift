import Foundation
import ThumbwireKit

/// A moment of the monotonic clock in nanoseconds.
struct Moment: Comparable, Sendable {
    var nanoseconds: UInt64

    static func now() -> Moment { Moment(nanoseconds: DispatchTime.now().uptimeNanoseconds) }

    static func < (left: Moment, right: Moment) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Seconds between two moments; negative where the right one is later.
    static func - (left: Moment, right: Moment) -> Double {
        (Double(left.nanoseconds) - Double(right.nanoseconds)) / 1e9
    }

    func advanced(bySeconds seconds: Double) -> Moment {
        Moment(nanoseconds: nanoseconds + UInt64(seconds * 1e9))
    }
}

/// What a measurement says of many latencies, in milliseconds.
struct Latencies {
    private let sorted: [Double]

    /// From seconds.
    init(_ seconds: [Double]) {
        sorted = seconds.map { $0 * 1_000 }.sorted()
    }

    var json: JSONValue {
        ["p50": .number(quantile(0.5)), "p95": .number(quantile(0.95)), "p99": .number(quantile(0.99))]
    }

    private func quantile(_ part: Double) -> Double {
        guard !sorted.isEmpty else { return 0 }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
    }
}
