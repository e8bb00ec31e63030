internal import Persistence
internal import ThumbwireKit

/// Part of a recovery: events of an endpoint in the order they happened, and where the next part begins.
struct RecoveryPart {
    struct Item {
        var event: Int64
        /// The endpoint's delivery of it; `nil` where one is to be made.
        var delivery: Int64?
    }

    var items: [Item] = []
    /// The position of the newest event that was looked at; `nil` at the end.
    var next: Int64?
}

extension Connection {
    private static let maximumPart = 500

    /// What a recovery sends next, of events behind one position and not behind another.
    func recoveryPart(
        _ query: RecoveryQuery, for endpoint: Endpoint, after position: Int64, upTo last: Int64
    ) throws(StoreError) -> RecoveryPart {
        guard query.scope != .failed else {
            let items = try all(
                DeliverySQL.failedOfEndpoint, query.endpoint, position, last, query.since, query.until,
                Self.maximumPart
            ) { RecoveryPart.Item(event: $0.integer(0), delivery: $0.integer(1)) }
            return RecoveryPart(items: items, next: items.count < Self.maximumPart ? nil : items.last?.event)
        }
        let rows = try all(
            DeliverySQL.eventsForEndpoint, query.endpoint, position, last, query.since, query.until,
            Self.maximumPart, query.account, read: EventForEndpoint.init(row:))
        var part = RecoveryPart(next: rows.count < Self.maximumPart ? nil : rows.last?.position)
        for row in rows where try isWanted(row, query.scope, by: endpoint) {
            part.items.append(RecoveryPart.Item(event: row.position, delivery: row.delivery?.number))
        }
        return part
    }

    private func isWanted(
        _ event: EventForEndpoint, _ scope: RecoveryQuery.Scope, by endpoint: Endpoint
    ) throws(StoreError) -> Bool {
        if let delivery = event.delivery {
            return delivery.status == Delivery.Status.exhausted.rawValue
                || (scope == .all && delivery.status == Delivery.Status.delivered.rawValue)
        }
        guard let type = EventType(rawValue: event.type), endpoint.events.contains(type) else { return false }
        guard let job = event.job, endpoint.filters != Endpoint.Filters() else { return true }
        // A job that cannot be read is filtered by nobody, as when its events happened.
        guard let stored = try first(JobSQL.byNumber, job, read: StoredJob.init(row:)),
            let job = try? stored.job()
        else { return true }
        return endpoint.filters.admits(job)
    }
}

extension Transaction {
    /// Sends a part of a recovery: everything is due, and its events one after the other, from that moment on.
    func send(
        _ part: RecoveryPart, again query: RecoveryQuery, from start: Timestamp, now: Timestamp
    ) throws(StoreError) -> Int {
        let isThere = try connection.first(EndpointSQL.one, query.endpoint, query.account) { _ in true }
        guard isThere == true else { throw .missing("endpoint \(query.endpoint)") }
        var sent = 0
        for (index, item) in part.items.enumerated() {
            let due = min(start + .microseconds(index), now)
            if let delivery = item.delivery {
                try connection.run(DeliverySQL.resendEnded, delivery, due, query.scope == .all)
            } else {
                try connection.run(
                    DeliverySQL.insertMissing, DeliveryID(prefix: "dlv_", at: clock.now()), query.account,
                    item.event, query.endpoint, due, now)
            }
            sent += connection.changedRows
        }
        if let oldest = part.items.first {
            try connection.run(EndpointSQL.lowerFirstPending, query.endpoint, oldest.event)
        }
        if sent > 0 {
            try giveTurn(to: query.endpoint, at: min(start, now))
            note(.deliveryDue)
        }
        return sent
    }

    func resend(_ id: DeliveryID, of account: AccountID, now: Timestamp) throws(StoreError) -> Delivery? {
        guard let found = try connection.first(DeliverySQL.one, id, account, read: Delivery.init(row:)) else {
            return nil
        }
        if case .endpoint(let endpoint) = found.target {
            let isThere = try connection.first(EndpointSQL.one, endpoint, account) { _ in true }
            guard isThere == true else { throw .missing("endpoint \(endpoint)") }
        }
        let changed = try connection.first(DeliverySQL.resend, id, account, now) {
            (endpoint: $0.optionalText(0).map { EndpointID(rawValue: $0) }, event: $0.integer(1))
        }
        if let changed {
            if let endpoint = changed.endpoint {
                try connection.run(EndpointSQL.lowerFirstPending, endpoint, changed.event)
            }
            try connection.run(DeliveryLeaseSQL.lowerDue, id, now)
            try giveTurn(to: changed.endpoint, at: now)
        }
        note(.deliveryDue)
        return try connection.first(DeliverySQL.one, id, account, read: Delivery.init(row:))
    }
}

/// An event of an account as one of its endpoints has it.
private struct EventForEndpoint {
    var position: Int64
    var delivery: (number: Int64, status: String)?
    var type: String
    var job: Int64?

    /// Reads the columns of ``DeliverySQL/eventsForEndpoint``.
    init(row: Row) {
        position = row.integer(0)
        delivery = row.isNull(1) ? nil : (row.integer(1), row.text(2))
        type = row.text(3)
        job = row.optionalInteger(4)
    }
}
