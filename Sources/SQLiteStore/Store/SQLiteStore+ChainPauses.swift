package import Persistence
package import ThumbwireKit

extension SQLiteStore {
    package func chainPauses() async throws(StoreError) -> [ChainPause] {
        try await readers.perform { connection throws(StoreError) in
            try connection.all(ChainPauseSQL.all) {
                ChainPause(
                    chain: $0.text(0), until: $0.optionalTimestamp(1), reason: $0.text(2),
                    at: $0.timestamp(3),
                    isOver: $0.bool(4))
            }
        }
    }

    package func pause(_ pause: ChainPause) async throws(StoreError) {
        try await writer.perform { transaction throws(StoreError) in try transaction.pause(pause) }
    }

    package func endPause(ofChain chain: String) async throws(StoreError) -> Bool {
        try await writer.perform { transaction throws(StoreError) in try transaction.endPause(of: chain) }
    }

    package func letGo(
        ofChain chain: String, limit: Int, now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.letGo(ofChain: chain, limit: limit, now: now)
        }
    }
}
