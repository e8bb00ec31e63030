package import Persistence
package import Signing
package import ThumbwireKit

extension SQLiteStore {
    package func insert(
        _ account: Account, callbackSecret: Sealed, credits: Int, once key: IdempotencyKey?
    ) async throws(StoreError) {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.once(key, makes: account.id) { () throws(StoreError) in
                try transaction.insert(account, callbackSecret: callbackSecret)
                guard credits > 0 else { return }
                _ = try transaction.grant(credits, to: account.id, note: nil, at: account.createdAt)
            }
        }
    }

    package func account(_ id: AccountID) async throws(StoreError) -> Account? {
        try await readers.perform { connection throws(StoreError) in
            try connection.first(
                """
                SELECT id, name, created_at, is_metered, jobs_per_minute, weight, maximum_running_jobs
                FROM accounts WHERE id = ?1
                """, id
            ) { Account(row: $0) }
        }
    }

    package func accounts() async throws(StoreError) -> [Account] {
        try await readers.perform { connection throws(StoreError) in
            try connection.all(
                """
                SELECT id, name, created_at, is_metered, jobs_per_minute, weight, maximum_running_jobs
                FROM accounts ORDER BY number
                """
            ) { Account(row: $0) }
        }
    }

    package func update(_ account: Account) async throws(StoreError) -> Bool {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.connection.run(
                """
                UPDATE accounts SET name = ?2, is_metered = ?3, jobs_per_minute = ?4, weight = ?5,
                    maximum_running_jobs = ?6
                WHERE id = ?1
                """, account.id, account.name, account.isMetered, account.jobsPerMinute, account.weight,
                account.maximumRunningJobs)
            guard transaction.connection.changedRows > 0 else { return false }
            // Its jobs may wait for another share, or for a place among those that run.
            transaction.note(.jobClaimable)
            return true
        }
    }

    package func administrators(now: Timestamp) async throws(StoreError) -> [AccountID] {
        try await readers.perform { connection throws(StoreError) in
            try connection.all(
                """
                SELECT a.id FROM accounts a WHERE EXISTS (
                    SELECT 1 FROM keys k
                    WHERE k.account = a.id AND instr(',' || k.scopes || ',', ',admin,') > 0
                        AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > ?1))
                ORDER BY a.number
                """, now
            ) { $0.identifier(0) }
        }
    }

    package func callbackSecret(of account: AccountID) async throws(StoreError) -> Sealed? {
        try await readers.perform { connection throws(StoreError) in
            try connection.first("SELECT callback_secret FROM accounts WHERE id = ?1", account) {
                $0.sealed(0)
            }
        }
    }

    package func insert(
        _ key: APIKey, valueHash: [UInt8], once idempotencyKey: IdempotencyKey?
    ) async throws(StoreError) {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.once(idempotencyKey, makes: key.id) { () throws(StoreError) in
                try transaction.insert(key, valueHash: valueHash)
            }
        }
    }

    package func key(valueHash: [UInt8]) async throws(StoreError) -> APIKey? {
        try await readers.perform { connection throws(StoreError) in
            try connection.first(
                """
                SELECT id, account, name, scopes, created_at, expires_at, revoked_at, credit_cap,
                    requests_per_minute, last_used_at
                FROM keys WHERE value_hash = ?1
                """, valueHash, read: APIKey.init(row:))
        }
    }

    package func touch(_ keys: [KeyID: Timestamp]) async throws(StoreError) {
        guard !keys.isEmpty else { return }
        try await writer.perform { transaction throws(StoreError) in
            for (key, moment) in keys {
                try transaction.connection.run(
                    "UPDATE keys SET last_used_at = max(coalesce(last_used_at, 0), ?2) WHERE id = ?1", key,
                    moment)
            }
        }
    }

    package func keys(of account: AccountID) async throws(StoreError) -> [APIKey] {
        try await readers.perform { connection throws(StoreError) in
            try connection.all(
                """
                SELECT id, account, name, scopes, created_at, expires_at, revoked_at, credit_cap,
                    requests_per_minute, last_used_at
                FROM keys WHERE account = ?1 ORDER BY number
                """, account, read: APIKey.init(row:))
        }
    }

    package func revoke(
        _ key: KeyID, of account: AccountID, at moment: Timestamp
    ) async throws(StoreError) -> Bool {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.connection.run(
                """
                UPDATE keys SET revoked_at = coalesce(revoked_at, ?3) WHERE id = ?1 AND account = ?2
                """, key, account, moment)
            return transaction.connection.changedRows > 0
        }
    }
}

extension Transaction {
    fileprivate func insert(_ account: Account, callbackSecret: Sealed) throws(StoreError) {
        try naming(unique: "account \(account.id)") { () throws(StoreError) in
            try connection.run(
                """
                INSERT INTO accounts (id, name, callback_secret, created_at, is_metered, jobs_per_minute, weight,
                    maximum_running_jobs)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                """, account.id, account.name, callbackSecret, account.createdAt, account.isMetered,
                account.jobsPerMinute, account.weight, account.maximumRunningJobs)
        }
    }

    fileprivate func insert(_ key: APIKey, valueHash: [UInt8]) throws(StoreError) {
        try naming(unique: "key \(key.id) or its value", foreign: "account \(key.account)") {
            () throws(StoreError) in
            try connection.run(
                """
                INSERT INTO keys (id, account, name, scopes, value_hash, created_at, expires_at, revoked_at,
                    credit_cap, requests_per_minute, last_used_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                """,
                key.id, key.account, key.name, commaSeparated(key.scopes), valueHash, key.createdAt,
                key.expiresAt, key.revokedAt, key.creditCap, key.requestsPerMinute, key.lastUsedAt)
        }
    }
}

extension Account {
    fileprivate init(row: Row) {
        self.init(
            id: row.identifier(0), name: row.text(1), createdAt: row.timestamp(2), isMetered: row.bool(3),
            weight: Int(row.integer(5)), maximumRunningJobs: row.optionalInteger(6).map { Int($0) })
        jobsPerMinute = row.optionalInteger(4).map { Int($0) }
    }
}

extension APIKey {
    fileprivate init(row: Row) throws(StoreError) {
        self.init(
            id: row.identifier(0), account: row.identifier(1), name: row.text(2),
            scopes: Set(try row.words(3)), createdAt: row.timestamp(4), expiresAt: row.optionalTimestamp(5),
            revokedAt: row.optionalTimestamp(6))
        creditCap = row.optionalInteger(7).map { Int($0) }
        requestsPerMinute = row.optionalInteger(8).map { Int($0) }
        lastUsedAt = row.optionalTimestamp(9)
    }
}

/// Says which thing exists already, or is referred to and does not exist, where SQLite only says which constraint.
func naming<Value>(
    unique: @autoclosure () -> String, foreign: @autoclosure () -> String? = nil,
    _ body: () throws(StoreError) -> Value
) throws(StoreError) -> Value {
    do throws(StoreError) {
        return try body()
    } catch {
        if error.isUniqueViolation { throw .conflict(unique()) }
        if error.isForeignKeyViolation, let foreign = foreign() { throw .missing(foreign) }
        throw error
    }
}
