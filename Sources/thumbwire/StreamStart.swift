import ThumbwireKit

/// Where `listen` begins to read.
struct StreamStart: Sendable {
    private enum Place {
        /// With what happens from now on.
        case now
        case behind(Int64)
        case event(String)
        case moment(Timestamp)
    }

    private let place: Place

    /// The saved position where there is one, else what `--since` says, else now.
    init(_ arguments: Arguments, saved: Int64?) throws(UsageError) {
        if let saved {
            place = .behind(saved)
        } else if let text = arguments.value("since"), text.hasPrefix(EventFinder.idPrefix) {
            place = .event(text)
        } else if let moment = try arguments.moment("since") {
            place = .moment(moment)
        } else {
            place = .now
        }
    }

    /// Behind which position to read; `nil` is behind the newest event.
    func position(at connection: ServerConnection) async throws -> Int64? {
        let finder = EventFinder(connection: connection)
        switch place {
        case .now: return nil
        case .behind(let position): return position
        case .event(let id): return try await finder.find(id).position
        case .moment(let moment): return try await finder.position(before: moment)
        }
    }

    /// False for what happened before; positions of moments are not exact.
    func admits(_ event: JSONValue) -> Bool {
        guard case .moment(let moment) = place, let text = event["timestamp"]?.string else { return true }
        return text >= moment.description
    }
}
