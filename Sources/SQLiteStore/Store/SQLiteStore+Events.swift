package import Persistence
package import ThumbwireKit

extension SQLiteStore {
    private static let maximumEvents = 1_000

    package func emit(
        _ event: Event, to endpoint: EndpointID, once key: IdempotencyKey?
    ) async throws(StoreError) {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.once(key, makes: event.id) { () throws(StoreError) in
                try transaction.emit(event, to: endpoint)
            }
        }
    }

    package func emit(_ events: [Event]) async throws(StoreError) {
        try await writer.perform { transaction throws(StoreError) in
            for event in events { try transaction.emit(event) }
        }
    }

    package func events(_ query: EventQuery) async throws(StoreError) -> [PositionedEvent] {
        let limit = min(max(query.limit, 1), Self.maximumEvents)
        let types = query.types.map { ",\(commaSeparated($0))," }
        return try await readers.perform { connection throws(StoreError) in
            guard let job = query.job else {
                return try connection.all(
                    query.isNewestFirst ? EventSQL.newestOfAccount : EventSQL.ofAccount, query.account,
                    query.after, types, limit,
                    read: PositionedEvent.init(row:))
            }
            return try connection.all(
                query.isNewestFirst ? EventSQL.newestOfJob : EventSQL.ofJob, query.account, query.after,
                types, limit, job,
                read: PositionedEvent.init(row:))
        }
    }

    package func lastEventPosition() async throws(StoreError) -> Int64 {
        try await readers.perform { connection throws(StoreError) in
            try connection.first(EventSQL.lastPosition) { $0.integer(0) } ?? 0
        }
    }
}
