package import Persistence
package import ThumbwireKit

extension SQLiteStore {
    package func grant(
        _ amount: Int, to account: AccountID, note: String?, at moment: Timestamp, once key: IdempotencyKey?
    ) async throws(StoreError) -> Int {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.once(key, makes: account) { () throws(StoreError) in
                try transaction.grant(amount, to: account, note: note, at: moment)
            }
        }
    }

    package func balance(of account: AccountID) async throws(StoreError) -> Int {
        try await readers.perform { connection throws(StoreError) in try connection.balance(of: account) }
    }

    package func held(by account: AccountID) async throws(StoreError) -> Int {
        try await readers.perform { connection throws(StoreError) in
            try connection.first(LedgerSQL.held, account) { Int($0.integer(0)) } ?? 0
        }
    }

    package func spending(of key: KeyID) async throws(StoreError) -> Int {
        try await readers.perform { connection throws(StoreError) in
            guard let spent = try connection.first(LedgerSQL.spent, key, read: { Int($0.integer(0)) }) else {
                throw .missing("key \(key)")
            }
            return spent
        }
    }

    package func ledger(
        of account: AccountID, limit: Int, cursor: String?
    ) async throws(StoreError) -> Page<LedgerEntry> {
        let paging = try Paging(limit: limit, cursor: cursor)
        return try await readers.perform { connection throws(StoreError) in
            let rows = try connection.all(LedgerSQL.ofAccount, account, paging.before, paging.limit + 1) {
                row throws(StoreError) in (number: row.integer(0), entry: try LedgerEntry(row: row))
            }
            return try paging.page(of: rows, number: { $0.number }) { $0.entry }
        }
    }

    package func markAnswered(_ job: JobID) async throws(StoreError) {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.connection.run(FingerprintSQL.answer, job, transaction.clock.now())
        }
    }
}

extension LedgerEntry {
    /// Reads the columns of ``LedgerSQL/ofAccount``.
    fileprivate init(row: Row) throws(StoreError) {
        self.init(
            kind: try row.word(1), amount: Int(row.integer(2)),
            job: row.optionalText(3).map { JobID(rawValue: $0) }, note: row.optionalText(4),
            at: row.timestamp(5))
    }
}
