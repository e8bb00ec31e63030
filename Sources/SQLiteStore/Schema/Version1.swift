extension Schema {
    /// Times are microseconds since 1970; ids keep their prefix; `number` is the order of arrival, which lists and
    /// their cursors follow.
    ///
    /// A job that is not terminal has a row in `live_jobs`, small and gone when it ends, so that the cost of a claim
    /// does not grow with history. While that row exists, it holds the job's state and first start.
    static let version1 = """
        CREATE TABLE accounts (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            callback_secret BLOB NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE keys (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            account TEXT NOT NULL REFERENCES accounts (id),
            name TEXT NOT NULL,
            scopes TEXT NOT NULL,
            value_hash BLOB NOT NULL UNIQUE,
            created_at INTEGER NOT NULL,
            expires_at INTEGER,
            revoked_at INTEGER
        ) STRICT;
        CREATE INDEX keys_of_account ON keys (account, number);

        CREATE TABLE jobs (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            account TEXT NOT NULL REFERENCES accounts (id),
            session TEXT NOT NULL,
            final_state TEXT,
            callback_status INTEGER,
            accepted TEXT NOT NULL,
            progress TEXT NOT NULL
        ) STRICT;
        CREATE INDEX jobs_of_account ON jobs (account, number);
        CREATE INDEX jobs_of_session ON jobs (account, session, number);

        CREATE TABLE live_jobs (
            job INTEGER PRIMARY KEY REFERENCES jobs (number),
            account TEXT NOT NULL,
            state TEXT NOT NULL,
            priority INTEGER NOT NULL,
            is_ready INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            provider_succeeded INTEGER NOT NULL DEFAULT 0,
            started_at INTEGER,
            lease_id TEXT,
            lease_until INTEGER,
            cancel_requested INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE INDEX live_jobs_ready ON live_jobs (priority DESC, job)
            WHERE lease_id IS NULL AND is_ready = 1;
        CREATE INDEX live_jobs_resting ON live_jobs (due_at) WHERE lease_id IS NULL AND is_ready = 0;
        CREATE INDEX live_jobs_leased ON live_jobs (lease_until) WHERE lease_id IS NOT NULL;

        CREATE TABLE callbacks (
            job INTEGER PRIMARY KEY REFERENCES jobs (number),
            events TEXT NOT NULL,
            destination BLOB NOT NULL
        ) STRICT;

        CREATE TABLE compositions (
            job INTEGER NOT NULL REFERENCES jobs (number),
            variant INTEGER NOT NULL,
            document TEXT NOT NULL,
            UNIQUE (job, variant)
        ) STRICT;

        CREATE TABLE artifacts (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            account TEXT NOT NULL REFERENCES accounts (id),
            job TEXT,
            file_name TEXT NOT NULL UNIQUE,
            sha256 TEXT NOT NULL,
            media_type TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE events (
            position INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            account TEXT NOT NULL REFERENCES accounts (id),
            type TEXT NOT NULL,
            job INTEGER REFERENCES jobs (number),
            sequence INTEGER NOT NULL,
            occurred_at INTEGER NOT NULL,
            body BLOB NOT NULL
        ) STRICT;
        CREATE INDEX events_of_account ON events (account, position);
        CREATE INDEX events_of_job ON events (job, position) WHERE job IS NOT NULL;

        CREATE TABLE endpoints (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            account TEXT NOT NULL REFERENCES accounts (id),
            url TEXT NOT NULL,
            events TEXT NOT NULL,
            status TEXT NOT NULL,
            description TEXT,
            secret BLOB NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX endpoints_of_account ON endpoints (account, number);

        CREATE TABLE deliveries (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            account TEXT NOT NULL,
            event INTEGER NOT NULL REFERENCES events (position),
            endpoint TEXT,
            callback INTEGER REFERENCES jobs (number),
            status TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            next_attempt_at INTEGER,
            lease_until INTEGER,
            last_status_code INTEGER,
            created_at INTEGER NOT NULL,
            CHECK ((endpoint IS NULL) <> (callback IS NULL))
        ) STRICT;
        CREATE INDEX deliveries_of_account ON deliveries (account, number);
        CREATE INDEX deliveries_of_endpoint ON deliveries (endpoint, number) WHERE endpoint IS NOT NULL;
        CREATE INDEX deliveries_of_callback ON deliveries (callback, number) WHERE callback IS NOT NULL;
        CREATE INDEX deliveries_due_endpoints ON deliveries (endpoint, next_attempt_at)
            WHERE status = 'pending' AND lease_until IS NULL AND endpoint IS NOT NULL;
        CREATE INDEX deliveries_due_callbacks ON deliveries (next_attempt_at)
            WHERE status = 'pending' AND lease_until IS NULL AND callback IS NOT NULL;
        CREATE INDEX deliveries_leased ON deliveries (lease_until) WHERE lease_until IS NOT NULL;

        CREATE TABLE attempts (
            delivery INTEGER NOT NULL REFERENCES deliveries (number),
            number INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            duration INTEGER NOT NULL,
            status_code INTEGER,
            body_head TEXT,
            error_code TEXT,
            error_message TEXT,
            PRIMARY KEY (delivery, number)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE health (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            checked_at INTEGER NOT NULL
        ) STRICT
        """
}
