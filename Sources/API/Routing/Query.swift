import Documents
import HTTP
import Persistence
import ThumbwireKit

extension Request {
    /// The query parameter as an integer; `nil` where it is absent.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = query(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw Problem(
                .queryInvalid,
                "\(name) is \"\(text.prefix(64))\"; allowed are \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// The query parameter as a list of choices separated by commas; `nil` where it is absent.
    func choices<Choice: RawRepresentable & CaseIterable & Hashable>(
        _ name: String, _ type: Choice.Type
    ) throws(Problem) -> Set<Choice>? where Choice.RawValue == String {
        guard let text = query(name) else { return nil }
        var chosen: Set<Choice> = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let choice = Choice(rawValue: String(word)) else {
                let shown = String(word.prefix(64))
                throw Problem(
                    .queryInvalid,
                    "\(name) has \"\(shown)\"; "
                        + suggestion(for: shown, among: Choice.allCases.map { $0.rawValue }))
            }
            chosen.insert(choice)
        }
        return chosen
    }

    /// Status codes as `404`, `5xx` or `400-499`; `nil` where the parameter is absent.
    func statusCodes(_ name: String) throws(Problem) -> ClosedRange<Int>? {
        guard let text = query(name) else { return nil }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        let range: (Int?, Int?) =
            if text.count == 3, text.hasSuffix("xx"), let hundreds = text.first?.wholeNumberValue {
                (hundreds * 100, hundreds * 100 + 99)
            } else {
                ends.count <= 2 ? (ends[0], ends[ends.count - 1]) : (nil, nil)
            }
        guard let low = range.0, let high = range.1, low >= 100, high < 600, low <= high else {
            throw Problem(
                .queryInvalid, "\(name) is \"\(text.prefix(64))\", expected one such as 404, 5xx or 400-499")
        }
        return low...high
    }

    /// `since` and `until`, of which both may be absent.
    func period() throws(Problem) -> (since: Timestamp?, until: Timestamp?) {
        let (since, until) = (try moment("since"), try moment("until"))
        if let since, let until, since > until { throw Problem(.queryInvalid, "since is after until") }
        return (since, until)
    }

    private func moment(_ name: String) throws(Problem) -> Timestamp? {
        guard let text = query(name) else { return nil }
        guard let moment = Timestamp(rfc3339: text) else {
            throw Problem(
                .queryInvalid,
                "\(name) is \"\(text.prefix(64))\", expected a time such as 2027-01-31T12:00:00Z")
        }
        return moment
    }

    /// A position in the order of events.
    func position(_ text: String?, named name: String) throws(Problem) -> Int64? {
        guard let text else { return nil }
        guard let position = Int64(text), position >= 0 else {
            throw Problem(
                .queryInvalid, "\(name) is \"\(text.prefix(64))\", expected the id of an event seen")
        }
        return position
    }
}

extension Call {
    /// How many items a list is to have.
    func limit() throws(Problem) -> Int {
        try request.integer("limit", in: 1...context.limits.page) ?? 20
    }

    /// Part of a list; a cursor that the store never gave is the client's mistake.
    func page<Item>(
        _ read: () async throws(StoreError) -> Page<Item>
    ) async throws -> Page<Item> {
        do throws(StoreError) {
            return try await read()
        } catch {
            guard case .missing = error, let cursor = request.query("cursor") else { throw error }
            throw Problem(
                .queryInvalid, "cursor is \"\(cursor.prefix(64))\", expected `next` of the part before")
        }
    }

    /// How long to wait for the job's end: the query's `wait`, else that of `Prefer` (RFC 7240 §4.3), which is a
    /// wish and cut to what is allowed.
    func wait() throws(Problem) -> Duration {
        if let seconds = try request.integer("wait", in: 0...context.limits.wait) {
            return .seconds(seconds)
        }
        return .seconds(min(preferredWait() ?? 0, context.limits.wait))
    }

    /// The seconds that `Prefer` names; without a number it means as long as may be.
    private func preferredWait() -> Int? {
        for value in request.headers.values(of: "Prefer") {
            for preference in value.lowercased().split(separator: ",") {
                let token = preference.prefix { $0 != ";" }.filter { !" \t\"".contains($0) }
                if token == "wait" { return context.limits.wait }
                if token.hasPrefix("wait="), let seconds = Int(token.dropFirst(5)), seconds >= 0 {
                    return seconds
                }
            }
        }
        return nil
    }
}
