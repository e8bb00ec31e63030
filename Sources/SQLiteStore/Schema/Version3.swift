extension Schema {
    /// Filters, health and order of endpoints, schedules that begin anew, and lists of attempts.
    ///
    /// An endpoint's deliveries are found by their event, of which it has one at most, so that one index serves lists,
    /// recovery and endpoints that get their events in order. `first_pending` is a position before which such an
    /// endpoint has nothing pending. A row of `endpoint_turns` says before when nothing of an endpoint can be claimed;
    /// without one, nothing can until something is written about it. So a claim looks at those only whose turn it is.
    static let version3 = """
        ALTER TABLE endpoints ADD COLUMN record TEXT;
        ALTER TABLE endpoints ADD COLUMN has_filters INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE endpoints ADD COLUMN disabled_reason TEXT;
        ALTER TABLE endpoints ADD COLUMN rests_until INTEGER;
        ALTER TABLE endpoints ADD COLUMN claim_limit INTEGER;
        ALTER TABLE endpoints ADD COLUMN is_ordered INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE endpoints ADD COLUMN first_pending INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE endpoints ADD COLUMN expires_at INTEGER;
        CREATE INDEX endpoints_by_expiry ON endpoints (expires_at) WHERE expires_at IS NOT NULL;

        ALTER TABLE events ADD COLUMN face_data BLOB;
        ALTER TABLE events ADD COLUMN endpoint TEXT;

        ALTER TABLE deliveries ADD COLUMN earlier_attempts INTEGER NOT NULL DEFAULT 0;
        DROP INDEX deliveries_of_endpoint;
        CREATE UNIQUE INDEX deliveries_of_endpoint ON deliveries (endpoint, event) WHERE endpoint IS NOT NULL;
        CREATE INDEX deliveries_of_event ON deliveries (event);
        CREATE INDEX deliveries_held ON deliveries (endpoint)
            WHERE lease_until IS NOT NULL AND endpoint IS NOT NULL;
        CREATE TABLE endpoint_turns (
            endpoint TEXT PRIMARY KEY,
            at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX endpoint_turns_by_time ON endpoint_turns (at);

        ALTER TABLE attempts ADD COLUMN endpoint TEXT;
        UPDATE attempts SET endpoint = (SELECT d.endpoint FROM deliveries d WHERE d.number = attempts.delivery);
        CREATE INDEX attempts_of_endpoint ON attempts (endpoint, started_at) WHERE endpoint IS NOT NULL
        """
}
