import HTTP
import ThumbwireKit

/// Finds past events in the server's list, which has them in the order in which they were written.
struct EventFinder: Sendable {
    static let idPrefix = "evt_"
    /// How far the order of writing may be from that of happening.
    private static let margin: Duration = .seconds(60)
    private static let page = 100

    let connection: ServerConnection

    /// A position that everything is behind that happened at that moment or later.
    func position(before moment: Timestamp) async throws -> Int64 {
        let early = (moment - Self.margin).description
        guard try await isBegun(before: early, behind: 0) else { return 0 }
        var low: Int64 = 0
        var high: Int64 = 1_024
        while try await isBegun(before: early, behind: high) { (low, high) = (high, high * 2) }
        while high - low > Int64(Self.page) {
            let middle = low + (high - low) / 2
            if try await isBegun(before: early, behind: middle) { low = middle } else { high = middle }
        }
        return low
    }

    /// The event with its position; throws where the server has none of that id.
    func find(_ id: String) async throws -> (event: JSONValue, position: Int64) {
        guard let moment = Self.moment(of: id) else { throw none(id) }
        let late = (moment + Self.margin).description
        var cursor = try await position(before: moment)
        while true {
            let part = try await events(behind: cursor, limit: Self.page)
            if let index = part.events.firstIndex(where: { $0["id"]?.string == id }) {
                let upToIt = try await events(behind: cursor, limit: index + 1)
                guard let position = upToIt.next, upToIt.events.last?["id"]?.string == id else {
                    throw none(id)
                }
                return (part.events[index], position)
            }
            guard let next = part.next, let last = part.events.last?["timestamp"]?.string, last <= late else {
                throw none(id)
            }
            cursor = next
        }
    }

    private func isBegun(before moment: String, behind position: Int64) async throws -> Bool {
        let first = try await events(behind: position, limit: 1).events.first
        return first?["timestamp"]?.string.map { $0 < moment } ?? false
    }

    private func events(behind position: Int64, limit: Int) async throws -> (
        events: [JSONValue], next: Int64?
    ) {
        let answer = try await connection.call(.get, "/v1/events?cursor=\(position)&limit=\(limit)")
        return (answer.items, answer["next"]?.string.flatMap { Int64($0) })
    }

    private func none(_ id: String) -> CommandFailure {
        CommandFailure("the server has no event \(id)")
    }

    /// When an event happened, which the first ten digits of its id say in milliseconds; `nil` for what is no id.
    static func moment(of id: String) -> Timestamp? {
        let digits = id.dropFirst(idPrefix.count)
        guard id.hasPrefix(idPrefix), digits.count == 26 else { return nil }
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")
        var milliseconds: Int64 = 0
        for digit in digits.prefix(10) {
            guard let value = alphabet.firstIndex(of: digit) else { return nil }
            milliseconds = milliseconds << 5 | Int64(value)
        }
        return Timestamp(microseconds: min(milliseconds, 1 << 46) * 1_000)
    }
}
