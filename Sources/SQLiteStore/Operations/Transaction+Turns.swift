internal import Persistence
internal import ThumbwireKit

/// An endpoint, before when nothing of it can be claimed, and what restricts it.
///
/// A class, as each candidate of a claim has it, and candidates are sorted.
final class EndpointTurn {
    let id: EndpointID
    let at: Timestamp
    private let isEnabled: Bool
    private let expiresAt: Timestamp?
    let restsUntil: Timestamp?
    private let claimLimit: Int?
    let isOrdered: Bool
    /// A position before which it has nothing pending.
    let firstPending: Int64

    /// Reads the columns of ``TurnSQL/due``.
    init(row: Row) {
        id = row.identifier(0)
        at = row.timestamp(1)
        isEnabled = row.optionalText(2) == Endpoint.Status.enabled.rawValue
        expiresAt = row.optionalTimestamp(3)
        restsUntil = row.optionalTimestamp(4)
        claimLimit = row.optionalInteger(5).map { Int($0) }
        isOrdered = row.bool(6)
        firstPending = row.integer(7)
    }

    func isExpired(at now: Timestamp) -> Bool { expiresAt.map { $0 <= now } ?? false }

    /// When something of it that is due then is to be sent.
    func due(_ moment: Timestamp) -> Timestamp { max(moment, restsUntil ?? moment) }

    /// How many may be leased at a time; `nil` is as many as there are.
    var limit: Int? {
        guard isEnabled else { return 0 }
        return isOrdered ? min(claimLimit ?? 1, 1) : claimLimit
    }
}

extension Connection {
    /// How many more of the endpoint's deliveries may be leased.
    func room(of turn: EndpointTurn) throws(StoreError) -> Int {
        guard let limit = turn.limit else { return .max }
        guard limit > 0 else { return 0 }
        let held = try first(DeliveryLeaseSQL.countOfEndpoint, turn.id) { Int($0.integer(0)) } ?? 0
        return max(limit - held, 0)
    }

    /// An ordered endpoint's oldest pending delivery.
    func oldest(
        of turn: EndpointTurn
    ) throws(StoreError) -> (number: Int64, event: Int64, due: Timestamp, isLeased: Bool)? {
        try first(DeliverySQL.oldestOfEndpoint, turn.id, turn.firstPending) {
            ($0.integer(0), $0.integer(1), $0.timestamp(2), $0.bool(3))
        }
    }

    /// When something of the endpoint can be claimed; `nil` when nothing can before something is written about it.
    func claimable(_ turn: EndpointTurn) throws(StoreError) -> Timestamp? {
        guard try room(of: turn) > 0 else { return nil }
        guard turn.isOrdered else {
            return try first(DeliverySQL.firstOfEndpoint, turn.id) { turn.due($0.timestamp(0)) }
        }
        guard let oldest = try oldest(of: turn), !oldest.isLeased else { return nil }
        return turn.due(oldest.due)
    }

    /// Before when no callback's delivery waits that nobody holds.
    func callbackTurn() throws(StoreError) -> Timestamp {
        try first(TurnSQL.ofCallbacks) { $0.timestamp(0) } ?? Timestamp(microseconds: 0)
    }

    /// When the next delivery becomes due that nobody holds and that may be claimed then.
    func nextDeliveryDue(now: Timestamp) throws(StoreError) -> Timestamp? {
        var next = try first(DeliverySQL.firstCallback, try callbackTurn()) { $0.timestamp(0) }
        try each(TurnSQL.due, Timestamp(microseconds: .max)) { row throws(StoreError) in
            let turn = EndpointTurn(row: row)
            if let next, turn.at >= next { return false }
            if !turn.isExpired(at: now), let due = try claimable(turn) { next = min(next ?? due, due) }
            return true
        }
        return next
    }

    /// Finds the turn of every endpoint that something waits for, and gives up what waits for those that are gone:
    /// what a process before had begun.
    func findTurns() throws(StoreError) {
        var waiting: [(endpoint: EndpointID, due: Timestamp, isGone: Bool)] = []
        var last = ""
        while let next = try first(
            DeliverySQL.nextWaiting, last,
            read: { (endpoint: $0.identifier(0) as EndpointID, due: $0.timestamp(1), isGone: $0.bool(2)) })
        {
            last = next.endpoint.rawValue
            waiting.append(next)
        }
        for next in waiting where !next.isGone { try run(TurnSQL.set, next.endpoint, next.due) }
        for next in waiting where next.isGone {
            while try giveUpWaiting(for: next.endpoint) {}
        }
    }
}

extension Transaction {
    /// Notes that something of the endpoint, or of a callback where there is none, may be claimed from that moment on.
    func giveTurn(to endpoint: EndpointID?, at moment: Timestamp) throws(StoreError) {
        if let endpoint {
            try connection.run(TurnSQL.lower, endpoint, moment)
        } else {
            try connection.run(TurnSQL.lowerOfCallbacks, moment)
        }
    }

    /// Finds out anew when something of the endpoint can be claimed: after each change but one that
    /// ``giveTurn(to:at:)`` says all about.
    func renewTurn(of endpoint: EndpointID) throws(StoreError) {
        guard let turn = try connection.first(TurnSQL.one, endpoint, read: EndpointTurn.init(row:)) else {
            return try connection.run(TurnSQL.delete, endpoint)
        }
        try renew(turn)
    }

    func renew(_ turn: EndpointTurn) throws(StoreError) {
        if let at = try connection.claimable(turn) {
            try connection.run(TurnSQL.set, turn.id, at)
        } else {
            try connection.run(TurnSQL.delete, turn.id)
        }
    }
}
