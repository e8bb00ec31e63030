internal import ThumbwireKit

/// The `Retry-After` field (RFC 9110 §10.2.3).
enum RetryAfter {
    /// A receiver cannot silence us for longer.
    static let cap: Duration = .hours(24)

    /// How long the value asks to wait, at most ``cap``; `nil` when it is neither whole seconds nor a date, or lies in
    /// the past.
    static func wait(_ value: String?, now: Timestamp) -> Duration? {
        guard let value = value?.trimmed, let named = seconds(value, now: now) ?? HTTPDate.moment(value)
        else { return nil }
        return named > now ? min(named - now, cap) : nil
    }

    private static func seconds(_ value: String, now: Timestamp) -> Timestamp? {
        guard !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        // More digits than an integer holds is still a wish for later.
        let count = min(Int64(value) ?? .max, RetryAfter.cap.components.seconds)
        return now + .seconds(count)
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
