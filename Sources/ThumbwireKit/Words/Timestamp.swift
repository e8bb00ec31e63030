/// A moment of UTC wall-clock time in whole microseconds since 1970.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Microseconds since 1970-01-01T00:00:00Z.
    public var microseconds: Int64

    /// A moment from its microseconds.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Later than anything that is planned.
    public static let distantFuture = Timestamp(microseconds: .max)

    /// Whole seconds since 1970, rounded down.
    public var seconds: Int64 {
        let quotient = microseconds / 1_000_000
        return microseconds % 1_000_000 < 0 ? quotient - 1 : quotient
    }

    /// Earlier than.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    /// The moment that much later.
    public static func + (time: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(microseconds: time.microseconds + duration.wholeMicroseconds)
    }

    /// The moment that much earlier.
    public static func - (time: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(microseconds: time.microseconds - duration.wholeMicroseconds)
    }

    /// How much later the left moment is.
    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        .microseconds(left.microseconds - right.microseconds)
    }

    /// RFC 3339 in UTC with milliseconds: `2026-11-21T12:00:00.000Z`.
    public var description: String {
        let milliseconds = (microseconds - seconds * 1_000_000) / 1_000
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let second = seconds - days * 86_400
        let (year, month, day) = civilDate(days)
        let yearDigits = year > 9_999 ? String(year).utf8.count : 4
        return String(unsafeUninitializedCapacity: yearDigits + 20) { buffer in
            var end = 0
            for (value, count, mark) in [
                (year, yearDigits, "-"), (month, 2, "-"), (day, 2, "T"), (second / 3_600, 2, ":"),
                (second / 60 % 60, 2, ":"), (second % 60, 2, "."), (milliseconds, 3, "Z"),
            ] as [(Int64, Int, Unicode.Scalar)] {
                var rest = value.magnitude
                for position in (0..<count).reversed() {
                    buffer[end + position] = UInt8(ascii: "0") + UInt8(rest % 10)
                    rest /= 10
                }
                buffer[end + count] = UInt8(ascii: mark)
                end += count + 1
            }
            return end
        }
    }
}

extension Duration {
    /// Whole microseconds, the rest cut off.
    public var wholeMicroseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }

    /// Seconds as a number, for text and ratios.
    public var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}

/// The Gregorian date of a day counted from 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", `civil_from_days`).
private func civilDate(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
}

/// The wall clock, handed in so that tests own the time.
public protocol WallClock: Sendable {
    /// The current moment.
    func now() -> Timestamp
    /// Returns at that moment or soon after; throws `CancellationError` when the task is cancelled.
    func sleep(until moment: Timestamp) async throws
}
