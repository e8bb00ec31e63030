import ThumbwireKit

/// An answer of a provider's API, read tolerantly: members are looked for at several places, whatever else is there is
/// passed over, and what messages quote is short and never holds the API key.
struct ProviderReply: Sendable {
    /// Longer than any id or word of a status.
    private static let maximumWord = 256
    /// Unicode scalars of what goes into messages.
    private static let maximumComplaint = 240
    /// RFC 9110 asks for 8000; signed URLs come to about 2000.
    private static let maximumURL = 8_192
    /// Caps are monthly at the longest.
    private static let longestWait = Duration.seconds(35 * 86_400)

    let status: Int
    /// `nil` where the body is none.
    let json: JSONValue?
    private let response: PluginResponse
    private let secret: String
    private let now: Timestamp

    init(_ response: PluginResponse, hiding secret: String, now: Timestamp) {
        self.response = response
        self.secret = secret
        self.now = now
        status = response.status
        json = try? JSONValue(parsing: response.body)
    }

    var isSuccess: Bool { (200..<300).contains(status) }

    /// The first of these places, written as `data.result.url`, where something other than `null` stands.
    func value(at places: [String]) -> JSONValue? {
        for place in places {
            var value = json
            for name in place.split(separator: ".") { value = value?[String(name)] }
            if let value, value != .null { return value }
        }
        return nil
    }

    /// The first short text among these places; numbers count as text.
    func word(at places: [String]) -> String? {
        for place in places {
            let value = value(at: [place])
            guard let text = value?.string ?? value?.integer.map(String.init) else { continue }
            if !text.isEmpty, text.utf8.count <= Self.maximumWord { return text }
        }
        return nil
    }

    /// The first http or https URL among these places.
    func url(at places: [String]) -> String? {
        places.lazy.compactMap { value(at: [$0])?.string }.first(where: Self.isURL)
    }

    /// The http and https URLs of an array, each once, at most so many.
    func urls(at places: [String], atMost count: Int) -> [String] {
        var found: [String] = []
        for text in (value(at: places)?.array ?? []).lazy.compactMap({ $0.string }) where Self.isURL(text) {
            if !found.contains(text) { found.append(text) }
            if found.count == count { break }
        }
        return found
    }

    private static func isURL(_ text: String) -> Bool {
        let start = text.prefix(8).lowercased()
        return (start.hasPrefix("http://") || start.hasPrefix("https://")) && text.utf8.count <= maximumURL
    }

    /// A whole number from 0 to a thousand million in a header.
    func count(header name: String) -> Int? {
        response.header(name).flatMap { Int($0.trimmingWhitespace) }.flatMap {
            (0...1_000_000_000).contains($0) ? $0 : nil
        }
    }

    /// A header as it stands.
    func header(_ name: String) -> String? { response.header(name) }

    /// The moment in a header: Unix seconds or milliseconds, or RFC 3339.
    func moment(header name: String) -> Timestamp? {
        response.header(name).flatMap { moment($0.trimmingWhitespace) }
    }

    private func moment(_ text: String) -> Timestamp? {
        guard let number = Double(text) else { return Timestamp(rfc3339: text) }
        // The year 2001, and the year 5138 in seconds: what is larger counts milliseconds.
        guard (1e9...1e14).contains(number) else { return nil }
        return Timestamp(microseconds: Int64(number < 1e11 ? number * 1e6 : number * 1e3))
    }

    /// How long the other side wants to be left alone: `Retry-After` (RFC 9110 §10.2.3), else the wait or the moment
    /// that the body names.
    var retryAfter: Duration? {
        if let header = response.header("Retry-After")?.trimmingWhitespace {
            if let wait = Double(header).flatMap({ wait($0) }) { return wait }
            if let date = Timestamp(httpDate: header) { return wait(until: date) }
        }
        let seconds = value(at: ["error.details.retryAfter", "error.retryAfter", "retryAfter", "retry_after"])
        return seconds?.number.flatMap { wait($0) } ?? resetsIn
    }

    /// How long until `reset_at`, where the body names it.
    var resetsIn: Duration? {
        word(at: ["reset_at", "resetAt", "error.reset_at", "error.details.resetAt", "data.reset_at"])
            .flatMap { moment($0) }.map { wait(until: $0) }
    }

    /// How long until then: nothing for the past, and no longer than a cap lasts.
    func wait(until moment: Timestamp) -> Duration {
        min(Self.longestWait, max(.zero, moment - now))
    }

    private func wait(_ seconds: Double) -> Duration? {
        guard seconds.isFinite, seconds >= 0 else { return nil }
        return .seconds(min(seconds, Self.longestWait.inSeconds))
    }

    /// The error's machine code or type, whichever shape of body has one.
    var code: String? {
        word(at: ["error.code", "data.error.code", "error.type", "data.error.type", "code", "errorName"])
    }

    /// What the other side says is wrong, in its words and fit for a message; `nil` where it says nothing.
    var complaint: String? {
        let places = [
            "error.message", "data.error.message", "errorMessage", "message", "error", "data.error", "detail",
        ]
        // NestJS lists what is wrong with a body as an array.
        let texts = places.lazy.compactMap { place -> String? in
            guard let value = value(at: [place]) else { return nil }
            return value.string ?? value.array?.compactMap { $0.string }.joined(separator: ", ")
        }
        let text = texts.first { !$0.isEmpty }.map(clean)
        return text.map { words in code.map { "\(words) (\(clean($0)))" } ?? words } ?? code.map(clean)
    }

    /// True where the words say that a safety system refused the content. No provider of these documents its codes for
    /// that.
    var isContentRefusal: Bool {
        let words = [code, complaint].compactMap { $0?.lowercased() }.joined(separator: " ")
        let marks = [
            "moderation", "content_policy", "content policy", "policy_violation", "safety", "nsfw",
            "content_rejected",
        ]
        return marks.contains { words.contains($0) }
    }

    private func clean(_ text: String) -> String {
        let shown = text.replacing(secret, with: "•••").unicodeScalars.lazy.filter {
            !$0.properties.isNoncharacterCodePoint && $0.properties.generalCategory != .control
        }
        return String(String.UnicodeScalarView(shown.prefix(Self.maximumComplaint)))
    }

    /// The names of members without their values, two levels deep: what is needed to teach the reader a new shape.
    var shape: String {
        guard let json else { return "no JSON, \(response.body.count) bytes" }
        func names(_ value: JSONValue, _ depth: Int) -> String {
            guard let object = value.object, depth > 0 else { return "" }
            let members = object.members.prefix(20).map {
                clean(String($0.name.prefix(40))) + names($0.value, depth - 1)
            }
            return "{\(members.joined(separator: ","))}"
        }
        return json.object == nil ? json.kindName : names(json, 3)
    }
}

extension Timestamp {
    /// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7, the form that servers must send).
    fileprivate init?(httpDate text: String) {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = text.split { " ,".contains($0) }.map(String.init)
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: words[2]) else {
            return nil
        }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        self.init(rfc3339: "\(words[3])-\(number)-\(words[1])T\(words[4])Z")
    }
}
