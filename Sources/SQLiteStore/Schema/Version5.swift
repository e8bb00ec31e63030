extension Schema {
    /// What requests with an `Idempotency-Key` made. `scope` is a digest of account, method, path and key; resources are
    /// named and not referred to, so that they can be removed while the key is kept.
    static let version5 = """
        CREATE TABLE idempotency_keys (
            scope BLOB PRIMARY KEY,
            request BLOB NOT NULL,
            resource TEXT NOT NULL,
            is_new INTEGER NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at)
        """
}
