internal import Glibc
internal import ThumbwireKit

/// Reads HTTP dates (RFC 9110 §5.6.7) in their three forms: `Sun, 06 Nov 1994 08:49:37 GMT`, and the two that old
/// servers send, `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    static func moment(_ text: String) -> Timestamp? {
        let words = text.split { " ,-".contains($0) }.map(String.init)
        if words.count == 6, words[5] == "GMT" {
            return moment(year: words[3], month: words[2], day: words[1], time: words[4])
        }
        if words.count == 5 {
            return moment(year: words[4], month: words[1], day: words[2], time: words[3])
        }
        return nil
    }

    private static func moment(year: String, month: String, day: String, time: String) -> Timestamp? {
        let clock = time.split(separator: ":").compactMap { number(String($0), digits: 2...2) }
        guard let year = number(year, digits: 2...4), let month = months.firstIndex(of: month),
            let day = number(day, digits: 1...2), (1...31).contains(day), clock.count == 3,
            clock[0] < 24, clock[1] < 60, clock[2] <= 60
        else { return nil }
        var parts = tm()
        parts.tm_year = full(year) - 1_900
        parts.tm_mon = Int32(month)
        parts.tm_mday = day
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (clock[0], clock[1], clock[2])
        return Timestamp(microseconds: Int64(timegm(&parts)) * 1_000_000)
    }

    /// Two-digit years are of this century: dates that are waited for lie ahead.
    private static func full(_ year: Int32) -> Int32 {
        year < 100 ? 2_000 + year : year
    }

    private static func number(_ text: String, digits: ClosedRange<Int>) -> Int32? {
        guard digits.contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int32(text)
    }
}
