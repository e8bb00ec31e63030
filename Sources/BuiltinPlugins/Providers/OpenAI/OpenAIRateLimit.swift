import Glibc
import ThumbwireKit

/// What an answer's head says of the account's limits.
struct OpenAIRateLimit {
    /// A wait is never longer, whatever the other side says.
    static let longestWait = Duration.seconds(86_400)

    private let response: PluginResponse

    init(_ response: PluginResponse) {
        self.response = response
    }

    /// From `x-ratelimit-*-requests`, whose resets are durations as Go prints them; `nil` without a figure.
    func budget(now: Timestamp) -> Budget? {
        let limit = count("x-ratelimit-limit-requests")
        let remaining = count("x-ratelimit-remaining-requests")
        guard limit != nil || remaining != nil else { return nil }
        let reset = duration("x-ratelimit-reset-requests")
        return Budget(
            kind: .requests, limit: limit, remaining: remaining,
            resetsAt: reset.map { now + min($0, Self.longestWait) })
    }

    /// How long to wait: `retry-after-ms`, `retry-after`, the reset of the limit that is used up, the sentence of the
    /// message, or any reset; `nil` where nothing is said.
    func retryAfter(message: String, now: Timestamp) -> Duration? {
        let said =
            seconds("retry-after-ms").map { $0 / 1_000 } ?? seconds("retry-after")
            ?? date("retry-after", now) ?? exhaustedReset() ?? Self.seconds(inSentence: message)
            ?? resets().max()
        return said.map {
            min(.milliseconds(Int64((min(max($0, 0), 1e6) * 1_000).rounded(.up))), Self.longestWait)
        }
    }

    /// `try again after 51.84 seconds`, `try again in 1m12s`, `in 850ms`.
    static func seconds(inSentence message: String) -> Double? {
        let words = message.lowercased().split { $0.isWhitespace || $0 == "," }.map(String.init)
        guard
            let start = words.indices.first(where: { index in
                words[index] == "again" && index > 0 && words[index - 1] == "try" && index + 2 < words.count
            }), ["after", "in"].contains(words[start + 1])
        else { return nil }
        let value = words[start + 2].trailingDotRemoved
        if let duration = goDuration(value) { return duration.inSeconds }
        guard let number = Double(value), number >= 0, start + 3 < words.count else { return nil }
        switch words[start + 3].prefix(3) {
        case "sec", "s", "s.": return number
        case "min": return number * 60
        case "ms", "ms.", "mil": return number / 1_000
        default: return nil
        }
    }

    /// `1s`, `6m0s`, `1h2m3.5s`, `850ms`: what Go's `time.Duration` prints; `nil` for any other text.
    static func goDuration(_ text: String) -> Duration? {
        var (rest, total) = (text[...], Duration.zero)
        guard !rest.isEmpty, rest.count <= 40 else { return nil }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let value = Double(number), value < 1e9, let size = goUnits[String(unit)] else {
                return nil
            }
            total += .seconds(value * size)
        }
        return total
    }

    private static let goUnits: [String: Double] = [
        "h": 3_600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9,
    ]

    /// From 0 to a thousand million.
    private func count(_ name: String) -> Int? {
        response.header(name).flatMap { Int($0) }.flatMap { (0...1_000_000_000).contains($0) ? $0 : nil }
    }

    private func seconds(_ name: String) -> Double? {
        response.header(name).flatMap(Double.init).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    }

    private func duration(_ name: String) -> Duration? { response.header(name).flatMap(Self.goDuration) }

    private func exhaustedReset() -> Double? {
        ["requests", "tokens"].filter { count("x-ratelimit-remaining-\($0)") == 0 }
            .compactMap { duration("x-ratelimit-reset-\($0)")?.inSeconds }.max()
    }

    /// Of limits that do not say how much is left: one with something left is not what held us up.
    private func resets() -> [Double] {
        ["requests", "tokens"].filter { response.header("x-ratelimit-remaining-\($0)") == nil }
            .compactMap { duration("x-ratelimit-reset-\($0)")?.inSeconds }
    }

    /// The preferred form of RFC 9110 §5.6.7, `Sun, 06 Nov 1994 08:49:37 GMT`.
    private func date(_ name: String, _ now: Timestamp) -> Double? {
        let words = response.header(name)?.split { " ,:".contains($0) }.map(String.init) ?? []
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count == 8, words[7] == "GMT", let month = months.firstIndex(of: words[2]) else {
            return nil
        }
        let figures = [1, 3, 4, 5, 6].compactMap { Int32(words[$0]) }
        guard figures.count == 5, (1...31).contains(figures[0]), (1_970...9_999).contains(figures[1]) else {
            return nil
        }
        var parts = tm()
        (parts.tm_mday, parts.tm_mon, parts.tm_year) = (figures[0], Int32(month), figures[1] - 1_900)
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (figures[2], figures[3], figures[4])
        return (Timestamp(microseconds: Int64(timegm(&parts)) * 1_000_000) - now).inSeconds
    }
}

extension String {
    fileprivate var trailingDotRemoved: String { hasSuffix(".") ? String(dropLast()) : self }
}
