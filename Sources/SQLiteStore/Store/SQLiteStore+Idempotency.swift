package import Persistence
package import ThumbwireKit

extension SQLiteStore {
    package func resource(of key: IdempotencyKey) async throws(StoreError) -> KeptResource? {
        try await readers.perform { connection throws(StoreError) in try connection.resource(of: key) }
    }

    package func keep(_ resource: KeptResource, for key: IdempotencyKey) async throws(StoreError) {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.checkUnused(key)
            try transaction.keep(resource, for: key)
        }
    }

    package func removeExpiredIdempotencyKeys(
        before moment: Timestamp, limit: Int
    ) async throws(StoreError) -> Int {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.connection.run(IdempotencySQL.removeExpired, moment, limit)
            return transaction.connection.changedRows
        }
    }
}
