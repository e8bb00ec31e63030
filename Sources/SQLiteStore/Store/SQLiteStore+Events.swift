package import Persistence
package import Signing
package import ThumbwireKit

extension SQLiteStore {
    private static let maximumEvents = 1_000

    package func emit(_ event: Event, to endpoint: EndpointID) async throws(StoreError) {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.emit(event, to: endpoint)
        }
    }

    package func emit(_ events: [Event]) async throws(StoreError) {
        try await writer.perform { transaction throws(StoreError) in try transaction.emit(events) }
    }

    package func events(_ query: EventQuery) async throws(StoreError) -> [PositionedEvent] {
        let limit = min(max(query.limit, 1), Self.maximumEvents)
        let types = query.types.map { ",\(commaSeparated($0))," }
        return try await readers.perform { connection throws(StoreError) in
            guard let job = query.job else {
                return try connection.all(
                    EventSQL.ofAccount, query.account, query.after, types, limit,
                    read: PositionedEvent.init(row:))
            }
            return try connection.all(
                EventSQL.ofJob, query.account, query.after, types, limit, job,
                read: PositionedEvent.init(row:))
        }
    }

    package func lastEventPosition() async throws(StoreError) -> Int64 {
        try await readers.perform { connection throws(StoreError) in
            try connection.first("SELECT coalesce(max(position), 0) FROM events") { $0.integer(0) } ?? 0
        }
    }

    package func insert(_ endpoint: Endpoint, secret: Sealed) async throws(StoreError) {
        try await writer.perform { transaction throws(StoreError) in
            try naming(unique: "endpoint \(endpoint.id)", foreign: "account \(endpoint.account)") {
                () throws(StoreError) in
                try transaction.connection.run(
                    """
                    INSERT INTO endpoints (id, account, url, events, status, description, secret, created_at)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                    """,
                    endpoint.id, endpoint.account, endpoint.url, commaSeparated(endpoint.events),
                    endpoint.status.rawValue, endpoint.description, secret, endpoint.createdAt)
            }
        }
    }

    package func endpoint(_ id: EndpointID, of account: AccountID) async throws(StoreError) -> Endpoint? {
        try await readers.perform { connection throws(StoreError) in
            try connection.first(
                """
                SELECT id, account, url, events, status, description, created_at
                FROM endpoints WHERE id = ?1 AND account = ?2
                """, id, account
            ) { row throws(StoreError) in try Endpoint(row: row, from: 0) }
        }
    }

    package func endpoints(of account: AccountID) async throws(StoreError) -> [Endpoint] {
        try await readers.perform { connection throws(StoreError) in
            try connection.all(
                """
                SELECT id, account, url, events, status, description, created_at
                FROM endpoints WHERE account = ?1 ORDER BY number
                """, account
            ) { row throws(StoreError) in try Endpoint(row: row, from: 0) }
        }
    }

    package func secret(of endpoint: EndpointID) async throws(StoreError) -> Sealed? {
        try await readers.perform { connection throws(StoreError) in
            try connection.first("SELECT secret FROM endpoints WHERE id = ?1", endpoint) { $0.sealed(0) }
        }
    }

    package func update(_ endpoint: Endpoint) async throws(StoreError) -> Bool {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.connection.run(
                """
                UPDATE endpoints SET url = ?3, events = ?4, status = ?5, description = ?6
                WHERE id = ?1 AND account = ?2
                """,
                endpoint.id, endpoint.account, endpoint.url, commaSeparated(endpoint.events),
                endpoint.status.rawValue, endpoint.description)
            guard transaction.connection.changedRows > 0 else { return false }
            if endpoint.status == .enabled { transaction.note(.deliveryDue) }
            return true
        }
    }

    package func deleteEndpoint(
        _ id: EndpointID, of account: AccountID
    ) async throws(StoreError) -> Bool {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.deleteEndpoint(id, of: account)
        }
    }
}
