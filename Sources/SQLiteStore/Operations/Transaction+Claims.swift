internal import Persistence
internal import Signing
internal import ThumbwireKit

/// An endpoint that something waits for, and what of it may be claimed.
struct WaitingEndpoint {
    var id: EndpointID
    /// When the first of what waits is due.
    var due: Timestamp
    /// `nil` where the endpoint is gone.
    private var status: String?
    private var expiresAt: Timestamp?
    var restsUntil: Timestamp?
    var claimLimit: Int?
    var isOrdered: Bool
    /// A position before which it has nothing pending.
    var firstPending: Int64

    /// Reads the columns of ``DeliverySQL/nextWaiting``.
    init(row: Row) {
        id = row.identifier(0)
        due = row.timestamp(1)
        status = row.optionalText(2)
        expiresAt = row.optionalTimestamp(3)
        restsUntil = row.optionalTimestamp(4)
        claimLimit = row.optionalInteger(5).map { Int($0) }
        isOrdered = row.bool(6)
        firstPending = row.integer(7)
    }

    /// True where the endpoint was removed.
    var isOrphaned: Bool { status == nil }

    func isEnabled(at now: Timestamp) -> Bool {
        status == Endpoint.Status.enabled.rawValue && expiresAt.map { $0 > now } ?? true
    }

    var isRestricted: Bool { isOrdered || claimLimit != nil }

    /// How many more may be leased while that many are.
    func room(leased: Int) -> Int {
        if isOrdered { return leased == 0 ? min(claimLimit ?? 1, 1) : 0 }
        return claimLimit.map { max($0 - leased, 0) } ?? .max
    }
}

extension Connection {
    /// Every endpoint that something waits for.
    func waitingEndpoints() throws(StoreError) -> [WaitingEndpoint] {
        var waiting: [WaitingEndpoint] = []
        var last = ""
        while let next = try first(DeliverySQL.nextWaiting, last, read: WaitingEndpoint.init(row:)) {
            last = next.id.rawValue
            waiting.append(next)
        }
        return waiting
    }

    /// How many deliveries of each endpoint are leased; few are, whatever waits.
    func leasedOfEndpoints() throws(StoreError) -> [EndpointID: Int] {
        var counts: [EndpointID: Int] = [:]
        for id in try all(DeliverySQL.leasedOfEndpoints, read: { $0.identifier(0) as EndpointID }) {
            counts[id, default: 0] += 1
        }
        return counts
    }

    /// An ordered endpoint's oldest pending delivery.
    func oldest(
        of endpoint: WaitingEndpoint
    ) throws(StoreError) -> (number: Int64, event: Int64, due: Timestamp, isLeased: Bool)? {
        try first(DeliverySQL.oldestOfEndpoint, endpoint.id, endpoint.firstPending) {
            ($0.integer(0), $0.integer(1), $0.timestamp(2), !$0.isNull(3))
        }
    }

    /// When the next delivery becomes due that nobody holds and that may be claimed then.
    func nextDeliveryDue(now: Timestamp) throws(StoreError) -> Timestamp? {
        let waiting = try waitingEndpoints().filter { $0.isEnabled(at: now) }
        let leased = waiting.contains { $0.isRestricted } ? try leasedOfEndpoints() : [:]
        var next = try first(DeliverySQL.firstCallback) { $0.timestamp(0) }
        for endpoint in waiting where endpoint.room(leased: leased[endpoint.id] ?? 0) > 0 {
            let due = endpoint.isOrdered ? try oldest(of: endpoint)?.due : endpoint.due
            guard let due else { continue }
            let moment = max(due, endpoint.restsUntil ?? due)
            next = min(next ?? moment, moment)
        }
        return next
    }
}

extension Transaction {
    private struct Candidate {
        var number: Int64
        var due: Timestamp
    }

    func claimDeliveries(
        limit: Int, busy: Set<Delivery.Target>, leaseUntil: Timestamp, now: Timestamp
    ) throws(StoreError) -> [DueDelivery] {
        try connection.run(DeliverySQL.releaseExpired, now)
        let candidates =
            try dueCallbacks(limit: limit, busy: busy, now: now)
            + dueOfEndpoints(limit: limit, busy: busy, now: now)
        var endpoints = EndpointShelf(connection: connection)
        var claimed: [DueDelivery] = []
        for candidate in candidates.sorted(by: { ($0.due, $0.number) < ($1.due, $1.number) }).prefix(limit) {
            do throws(StoreError) {
                if let due = try due(candidate.number, &endpoints) {
                    try connection.run(DeliverySQL.lease, candidate.number, leaseUntil)
                    claimed.append(due)
                }
            } catch {
                guard error.isUnreadable else { throw error }
                try giveUp(damaged: candidate.number, because: error, now: now)
            }
        }
        return claimed
    }

    private func due(
        _ number: Int64, _ endpoints: inout EndpointShelf
    ) throws(StoreError) -> DueDelivery? {
        let found = try connection.first(DeliverySQL.due, number) { row throws(StoreError) in
            (
                delivery: try Delivery(row: row), event: try Event(due: row),
                callback: row.isNull(19) ? nil : row.sealed(19),
                callbackSecret: row.isNull(20) ? nil : row.sealed(20)
            )
        }
        guard let found else { throw .unreadable("the event of a delivery is gone") }
        switch found.delivery.target {
        case .callback(let job):
            guard let callback = found.callback, let secret = found.callbackSecret else {
                throw .unreadable("the callback of job \(job) is gone")
            }
            return DueDelivery(
                delivery: found.delivery, event: found.event, destination: .callback(callback, secret: secret)
            )
        case .endpoint(let id):
            let (endpoint, secret) = try endpoints.take(id)
            return DueDelivery(
                delivery: found.delivery, event: found.event, destination: .endpoint(endpoint, secret: secret)
            )
        }
    }

    /// Ends a delivery that nobody can make, so that it holds up no other, and notes why where people look for it.
    private func giveUp(damaged number: Int64, because error: StoreError, now: Timestamp) throws(StoreError) {
        let found = try connection.first(DeliverySQL.damaged, number) {
            (attempts: $0.integer(0), endpoint: $0.optionalText(1))
        }
        guard let found else { return }
        let reason = if case .database(_, let message, _) = error { message } else { "\(error)" }
        try connection.run(
            DeliverySQL.insertAttempt, number, found.attempts + 1, now, 0, nil as Int?, nil as String?,
            "record_damaged", reason, found.endpoint)
        try connection.run(DeliverySQL.exhaustDamaged, number)
        note(.deliveryDue)
    }

    private func dueCallbacks(
        limit: Int, busy: Set<Delivery.Target>, now: Timestamp
    ) throws(StoreError) -> [Candidate] {
        // A busy callback has few deliveries of its own, so that many more rows are enough.
        let rows = try connection.all(DeliverySQL.dueCallbacks, now, limit + busy.count) {
            (Candidate(number: $0.integer(0), due: $0.timestamp(1)), $0.identifier(2) as JobID)
        }
        return rows.filter { !busy.contains(.callback($0.1)) }.map { $0.0 }
    }

    private func dueOfEndpoints(
        limit: Int, busy: Set<Delivery.Target>, now: Timestamp
    ) throws(StoreError) -> [Candidate] {
        let waiting = try connection.waitingEndpoints()
            .filter { $0.due <= now && $0.isEnabled(at: now) && ($0.restsUntil ?? now) <= now }
            .filter { !busy.contains(.endpoint($0.id)) }
            .sorted { $0.due < $1.due }
        let leased = waiting.contains { $0.isRestricted } ? try connection.leasedOfEndpoints() : [:]
        var candidates: [Candidate] = []
        for endpoint in waiting {
            let isFull = candidates.count == limit
            let horizon = isFull ? candidates[limit - 1].due : now
            // Whatever the later endpoints have is due after all of these.
            if isFull, endpoint.due >= horizon { break }
            candidates += try due(
                of: endpoint, until: horizon,
                limit: min(limit, endpoint.room(leased: leased[endpoint.id] ?? 0)))
            candidates.sort { $0.due < $1.due }
            candidates.removeLast(max(candidates.count - limit, 0))
        }
        return candidates
    }

    private func due(
        of endpoint: WaitingEndpoint, until horizon: Timestamp, limit: Int
    ) throws(StoreError) -> [Candidate] {
        guard limit > 0 else { return [] }
        if endpoint.isOrdered { return try oldestDue(of: endpoint, until: horizon).map { [$0] } ?? [] }
        return try connection.all(DeliverySQL.dueOfEndpoint, endpoint.id, horizon, limit) {
            Candidate(number: $0.integer(0), due: $0.timestamp(1))
        }
    }

    private func oldestDue(
        of endpoint: WaitingEndpoint, until horizon: Timestamp
    ) throws(StoreError) -> Candidate? {
        guard let oldest = try connection.oldest(of: endpoint) else { return nil }
        if oldest.event > endpoint.firstPending {
            try connection.run(EndpointSQL.setFirstPending, endpoint.id, oldest.event)
        }
        guard !oldest.isLeased, oldest.due <= horizon else { return nil }
        return Candidate(number: oldest.number, due: oldest.due)
    }
}

/// Endpoints that one claim needs, each read once.
private struct EndpointShelf {
    let connection: Connection
    private var taken: [EndpointID: Result<(Endpoint, Sealed), StoreError>] = [:]

    init(connection: Connection) {
        self.connection = connection
    }

    mutating func take(_ id: EndpointID) throws(StoreError) -> (Endpoint, Sealed) {
        if let taken = taken[id] { return try taken.get() }
        let connection = connection
        let result = Result { () throws(StoreError) in try Self.read(id, from: connection) }
        taken[id] = result
        return try result.get()
    }

    private static func read(
        _ id: EndpointID, from connection: Connection
    ) throws(StoreError) -> (Endpoint, Sealed) {
        let found = try connection.first(EndpointSQL.one, id, nil as String?) { row throws(StoreError) in
            (try Endpoint(row: row), row.sealed(13))
        }
        guard let found else { throw .unreadable("endpoint \(id) is gone") }
        return found
    }
}
