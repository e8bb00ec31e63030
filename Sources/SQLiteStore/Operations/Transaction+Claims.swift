internal import Persistence
internal import Signing
internal import ThumbwireKit

extension Transaction {
    /// As a LIMIT.
    private static let unlimited = -1

    fileprivate struct Candidate {
        var number: Int64
        var due: Timestamp
        /// Its endpoint's turn; `nil` for a callback.
        var turn: EndpointTurn?
    }

    func claimDeliveries(
        limit: Int, busy: Set<Delivery.Target>, leaseUntil: Timestamp, now: Timestamp
    ) throws(StoreError) -> [DueDelivery] {
        try releaseExpired(now: now)
        let callbacks = try dueCallbacks(limit: limit, busy: busy, now: now)
        let candidates =
            try (callbacks.candidates + dueOfEndpoints(limit: limit, busy: busy, now: now))
            .sorted { ($0.due, $0.number) < ($1.due, $1.number) }
        var endpoints = EndpointShelf(connection: connection)
        var turns: [EndpointID: EndpointTurn] = [:]
        var claimed: [DueDelivery] = []
        for candidate in candidates.prefix(limit) {
            if let turn = candidate.turn { turns[turn.id] = turn }
            do throws(StoreError) {
                claimed.append(try lease(candidate, until: leaseUntil, &endpoints))
            } catch {
                guard error.isUnreadable else { throw error }
                try giveUp(damaged: candidate.number, because: error, now: now)
            }
        }
        for turn in turns.values { try renew(turn) }
        let notTaken = candidates.dropFirst(limit).first { $0.turn == nil }?.due
        try connection.run(TurnSQL.setOfCallbacks, min(callbacks.next, notTaken ?? callbacks.next))
        return claimed
    }

    private func releaseExpired(now: Timestamp) throws(StoreError) {
        var endpoints: Set<EndpointID> = []
        let freed = try connection.all(DeliveryLeaseSQL.endExpired, now) {
            (endpoint: $0.optionalText(0).map { EndpointID(rawValue: $0) }, due: $0.timestamp(1))
        }
        for (endpoint, due) in freed {
            if let endpoint { endpoints.insert(endpoint) } else { try giveTurn(to: nil, at: due) }
        }
        for endpoint in endpoints { try renewTurn(of: endpoint) }
    }

    private func lease(
        _ candidate: Candidate, until end: Timestamp, _ endpoints: inout EndpointShelf
    ) throws(StoreError) -> DueDelivery {
        var due = try due(candidate, &endpoints)
        if due.delivery.earlierAttempts > due.delivery.attempts {
            try connection.run(DeliverySQL.beginSchedule, candidate.number)
            due.delivery.earlierAttempts = due.delivery.attempts
        }
        try connection.run(
            DeliveryLeaseSQL.insert, candidate.number, candidate.turn?.id, candidate.due, end)
        return due
    }

    private func due(
        _ candidate: Candidate, _ endpoints: inout EndpointShelf
    ) throws(StoreError) -> DueDelivery {
        guard let turn = candidate.turn else { return try dueCallback(candidate.number) }
        let found = try connection.first(DeliverySQL.dueToEndpoint, candidate.number) {
            row throws(StoreError) in
            (delivery: try Delivery(row: row), event: try Event(due: row))
        }
        guard let found else { throw .unreadable("the event of a delivery is gone") }
        return DueDelivery(
            delivery: found.delivery, event: found.event, destination: try endpoints.take(turn.id))
    }

    private func dueCallback(_ number: Int64) throws(StoreError) -> DueDelivery {
        let due = try connection.first(DeliverySQL.dueToCallback, number) { row throws(StoreError) in
            let delivery = try Delivery(row: row)
            guard !row.isNull(19), !row.isNull(20) else {
                throw .unreadable("the callback of job \(row.text(6)) is gone")
            }
            return DueDelivery(
                delivery: delivery, event: try Event(due: row),
                destination: .callback(row.sealed(19), secret: row.sealed(20)))
        }
        guard let due else { throw .unreadable("the event of a delivery is gone") }
        return due
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

    /// What is due first of callbacks, and their next turn once all that is taken.
    private func dueCallbacks(
        limit: Int, busy: Set<Delivery.Target>, now: Timestamp
    ) throws(StoreError) -> (candidates: [Candidate], next: Timestamp) {
        let first = try connection.callbackTurn()
        var found: [Candidate] = []
        var oldestBusy: Timestamp?
        var isFull = false
        try connection.each(DeliverySQL.dueCallbacks, first, now, Self.unlimited) { row throws(StoreError) in
            let due = row.timestamp(1)
            if busy.contains(.callback(row.identifier(2))) {
                oldestBusy = oldestBusy ?? due
            } else {
                found.append(Candidate(number: row.integer(0), due: due))
            }
            isFull = found.count == limit
            return !isFull
        }
        // Others may be due at the same moment as the last one.
        let end = isFull ? found.last?.due ?? now : now
        return (found, max(first, min(oldestBusy ?? end, end)))
    }

    /// What is due first of the endpoints whose turn it is, what rested from the end of the rest. Looks at as many
    /// endpoints as it finds deliveries, and those that are busy.
    private func dueOfEndpoints(
        limit: Int, busy: Set<Delivery.Target>, now: Timestamp
    ) throws(StoreError) -> [Candidate] {
        var candidates: [Candidate] = []
        var early: [EndpointTurn] = []
        try connection.each(TurnSQL.due, now) { row throws(StoreError) in
            let turn = EndpointTurn(row: row)
            let isFull = candidates.count == limit
            let horizon = isFull ? candidates[limit - 1].due : now
            // Whatever the later endpoints have is due after all of these.
            if isFull, turn.at >= horizon { return false }
            guard !busy.contains(.endpoint(turn.id)), !turn.isExpired(at: now) else { return true }
            let found = try due(of: turn, until: horizon, limit: limit)
            if found.first?.due != turn.at { early.append(turn) }
            candidates.merge(found, limit: limit)
            return true
        }
        for turn in early { try renew(turn) }
        return candidates
    }

    private func due(
        of turn: EndpointTurn, until horizon: Timestamp, limit: Int
    ) throws(StoreError) -> [Candidate] {
        let limit = min(limit, try connection.room(of: turn))
        guard limit > 0, (turn.restsUntil ?? horizon) <= horizon else { return [] }
        if turn.isOrdered { return try oldestDue(of: turn, until: horizon).map { [$0] } ?? [] }
        return try connection.all(DeliverySQL.dueOfEndpoint, turn.id, horizon, limit) {
            Candidate(number: $0.integer(0), due: turn.due($0.timestamp(1)), turn: turn)
        }
    }

    private func oldestDue(
        of turn: EndpointTurn, until horizon: Timestamp
    ) throws(StoreError) -> Candidate? {
        guard let oldest = try connection.oldest(of: turn) else { return nil }
        if oldest.event > turn.firstPending {
            try connection.run(EndpointSQL.setFirstPending, turn.id, oldest.event)
        }
        guard !oldest.isLeased, oldest.due <= horizon else { return nil }
        return Candidate(number: oldest.number, due: turn.due(oldest.due), turn: turn)
    }
}

extension [Transaction.Candidate] {
    /// Takes sorted candidates into sorted ones and keeps the first `limit`; of what is due at the same time, what was
    /// there before.
    fileprivate mutating func merge(_ others: [Element], limit: Int) {
        guard let first = others.first else { return }
        let kept = last.map { $0.due <= first.due } ?? true
        append(contentsOf: others)
        if !kept { sort { $0.due < $1.due } }
        removeLast(Swift.max(count - limit, 0))
    }
}

/// Endpoints that one claim needs, each read once.
private struct EndpointShelf {
    let connection: Connection
    private var taken: [EndpointID: Result<DueDelivery.Destination, StoreError>] = [:]

    init(connection: Connection) {
        self.connection = connection
    }

    mutating func take(_ id: EndpointID) throws(StoreError) -> DueDelivery.Destination {
        if let taken = taken[id] { return try taken.get() }
        let connection = connection
        let result = Result { () throws(StoreError) in try Self.read(id, from: connection) }
        taken[id] = result
        return try result.get()
    }

    private static func read(
        _ id: EndpointID, from connection: Connection
    ) throws(StoreError) -> DueDelivery.Destination {
        let found = try connection.first(EndpointSQL.one, id, nil as String?) { row throws(StoreError) in
            DueDelivery.Destination.endpoint(try Endpoint(row: row), secret: row.sealed(13))
        }
        guard let found else { throw .unreadable("endpoint \(id) is gone") }
        return found
    }
}
