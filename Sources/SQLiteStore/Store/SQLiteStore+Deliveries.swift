package import Persistence
package import ThumbwireKit

extension SQLiteStore {
    package func claimDeliveries(
        limit: Int, busy: Set<Delivery.Target>, leaseUntil: Timestamp, now: Timestamp
    ) async throws(StoreError) -> [DueDelivery] {
        try await writer.perform(goingAhead: true) { transaction throws(StoreError) in
            try transaction.claimDeliveries(limit: limit, busy: busy, leaseUntil: leaseUntil, now: now)
        }
    }

    package func record(
        _ results: [AttemptResult],
        reviewing: @escaping @Sendable (Endpoint, [AttemptResult]) -> EndpointReview?
    ) async throws(StoreError) {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.record(results, reviewing: reviewing)
        }
    }

    package func nextDeliveryDue() async throws(StoreError) -> Timestamp? {
        try await writer.perform(goingAhead: true) { transaction throws(StoreError) in
            try transaction.connection.nextDeliveryDue(now: transaction.clock.now())
        }
    }

    package func delivery(_ id: DeliveryID, of account: AccountID) async throws(StoreError) -> Delivery? {
        try await readers.perform { connection throws(StoreError) in
            try connection.first(DeliverySQL.one, id, account, read: Delivery.init(row:))
        }
    }

    package func deliveries(_ query: DeliveryQuery) async throws(StoreError) -> Page<Delivery> {
        let paging = try Paging(limit: query.limit, cursor: query.cursor)
        let sql: StaticString
        var target: String?
        switch query.target {
        case .endpoint(let id): (sql, target) = (DeliverySQL.ofEndpoint, id.rawValue)
        case .callback(let id): (sql, target) = (DeliverySQL.ofCallback, id.rawValue)
        case nil: sql = query.job == nil ? DeliverySQL.ofAccount : DeliverySQL.ofJob
        }
        var values: [any Bindable & Sendable] = [
            query.account, paging.before, query.status?.rawValue,
            query.types.map { ",\(commaSeparated($0))," }, query.statusCodes?.lowerBound,
            query.statusCodes?.upperBound, query.since, query.until, query.job, paging.limit + 1,
        ]
        if let target { values.append(target) }
        return try await readers.perform { [values] connection throws(StoreError) in
            let rows = try connection.all(sql, values) { row throws(StoreError) in
                (cursor: row.integer(13), delivery: try Delivery(row: row))
            }
            return try paging.page(of: rows, number: { $0.cursor }) { $0.delivery }
        }
    }

    package func attempts(of delivery: DeliveryID) async throws(StoreError) -> [Attempt] {
        try await readers.perform { connection throws(StoreError) in
            try connection.all(DeliverySQL.attempts, delivery) { Attempt(row: $0, delivery: delivery) }
        }
    }
}
