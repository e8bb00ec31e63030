package import Persistence
package import ThumbwireKit

extension SQLiteStore {
    package func claimDeliveries(
        limit: Int, busy: Set<Delivery.Target>, leaseUntil: Timestamp, now: Timestamp
    ) async throws(StoreError) -> [DueDelivery] {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.claimDeliveries(limit: limit, busy: busy, leaseUntil: leaseUntil, now: now)
        }
    }

    package func record(
        _ results: [AttemptResult],
        reviewing: @escaping @Sendable (Endpoint, [AttemptResult]) -> EndpointReview?
    ) async throws(StoreError) {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.record(results)
        }
    }

    package func nextDeliveryDue() async throws(StoreError) -> Timestamp? {
        try await readers.perform { connection throws(StoreError) in
            let endpoints = try connection.waitingEndpoints().map { $0.due }
            let callback = try connection.first(DeliverySQL.firstCallback) { $0.timestamp(0) }
            return (endpoints + (callback.map { [$0] } ?? [])).min()
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
        let target: String?
        switch query.target {
        case .endpoint(let id): (sql, target) = (DeliverySQL.ofEndpoint, id.rawValue)
        case .callback(let id): (sql, target) = (DeliverySQL.ofCallback, id.rawValue)
        case nil: (sql, target) = (DeliverySQL.ofAccount, nil)
        }
        return try await readers.perform { connection throws(StoreError) in
            var values: [any Bindable] = [
                query.account, paging.before, query.status?.rawValue, paging.limit + 1,
            ]
            if let target { values.append(target) }
            let rows = try connection.all(sql, values) { row throws(StoreError) in
                (number: row.integer(0), delivery: try Delivery(row: row))
            }
            return try paging.page(of: rows, number: { $0.number }) { $0.delivery }
        }
    }

    package func attempts(of delivery: DeliveryID) async throws(StoreError) -> [Attempt] {
        try await readers.perform { connection throws(StoreError) in
            try connection.all(DeliverySQL.attempts, delivery) { Attempt(row: $0, delivery: delivery) }
        }
    }
}
