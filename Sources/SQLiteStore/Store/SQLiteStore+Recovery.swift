package import Persistence
package import ThumbwireKit

extension SQLiteStore {
    /// Recovered deliveries are due one microsecond after the other over this time before now, so that they keep their
    /// order and take no place of other endpoints' older ones.
    private static let recoverySpan: Duration = .seconds(1)

    package func resend(
        _ id: DeliveryID, of account: AccountID, now: Timestamp, once key: IdempotencyKey?
    ) async throws(StoreError) -> Delivery? {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.checkUnused(key)
            let delivery = try transaction.resend(id, of: account, now: now)
            if let key, delivery != nil {
                try transaction.keep(KeptResource(id: id.rawValue, at: key.at), for: key)
            }
            return delivery
        }
    }

    /// Events are looked up by readers and sent in commits of 500, so that nobody waits for a large recovery.
    package func recover(_ query: RecoveryQuery, now: Timestamp) async throws(StoreError) -> Int {
        let (endpoint, last) = try await readers.perform { connection throws(StoreError) in
            (
                try connection.first(
                    EndpointSQL.one, query.endpoint, query.account, read: Endpoint.init(row:)),
                try connection.first(EventSQL.lastPosition) { $0.integer(0) } ?? 0
            )
        }
        guard let endpoint else { throw .missing("endpoint \(query.endpoint)") }
        var start = now - Self.recoverySpan
        var position: Int64? = 0
        var count = 0
        while let after = position {
            let part = try await readers.perform { connection throws(StoreError) in
                try connection.recoveryPart(query, for: endpoint, after: after, upTo: last)
            }
            position = part.next
            guard !part.items.isEmpty else { continue }
            let from = start
            count += try await writer.perform { transaction throws(StoreError) in
                try transaction.send(part, again: query, from: from, now: now)
            }
            start = start + .microseconds(part.items.count)
        }
        return count
    }

    package func attempts(_ query: AttemptQuery) async throws(StoreError) -> Page<Attempt> {
        let limit = min(max(query.limit, 1), 100)
        let before = try AttemptCursor(query.cursor)
        return try await readers.perform { connection throws(StoreError) in
            let rows = try connection.all(
                DeliverySQL.attemptsOfEndpoint, query.endpoint, query.account, before.startedAt,
                before.delivery,
                before.number, query.statusCodes?.lowerBound, query.statusCodes?.upperBound, query.errorCode,
                query.minimumDuration?.wholeMicroseconds, query.since, query.until, limit + 1
            ) { row in
                (
                    attempt: Attempt(row: row, delivery: row.identifier(7)),
                    cursor: AttemptCursor(row.timestamp(1), row.integer(8), row.integer(0))
                )
            }
            return Page(
                items: rows.prefix(limit).map(\.attempt),
                next: rows.count > limit ? rows[limit - 1].cursor.text : nil)
        }
    }
}

/// A place in the list of an endpoint's attempts, which is by time: they are recorded in another order.
private struct AttemptCursor {
    var startedAt: Int64
    var delivery: Int64
    var number: Int64

    init(_ startedAt: Timestamp, _ delivery: Int64, _ number: Int64) {
        self.startedAt = startedAt.microseconds
        self.delivery = delivery
        self.number = number
    }

    /// Throws ``StoreError/missing(_:)`` for a text that no page gave.
    init(_ text: String?) throws(StoreError) {
        guard let text else {
            (startedAt, delivery, number) = (.max, .max, .max)
            return
        }
        let parts = text.split(separator: ".").compactMap { Int64($0) }
        guard parts.count == 3 else { throw .missing("cursor \(text.prefix(40))") }
        (startedAt, delivery, number) = (parts[0], parts[1], parts[2])
    }

    var text: String { "\(startedAt).\(delivery).\(number)" }
}
