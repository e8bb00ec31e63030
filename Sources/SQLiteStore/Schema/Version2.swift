extension Schema {
    /// Credits, repeated requests, tickets that outlive their job, pauses, and what keys may.
    ///
    /// The ledger only grows, and a trigger keeps each account's balance its sum. A hold has a row in `holds` too,
    /// small and gone when the job ends, which also counts for accounts that are not metered where the key has a cap.
    /// Jobs that wait at a provider when this runs have no ticket of version 1, which only knew the keyless one.
    static let version2 = """
        ALTER TABLE accounts ADD COLUMN is_metered INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE accounts ADD COLUMN balance INTEGER NOT NULL DEFAULT 0;

        ALTER TABLE keys ADD COLUMN credit_cap INTEGER;
        ALTER TABLE keys ADD COLUMN requests_per_minute INTEGER;
        ALTER TABLE keys ADD COLUMN last_used_at INTEGER;
        ALTER TABLE keys ADD COLUMN spent INTEGER NOT NULL DEFAULT 0;

        CREATE TABLE ledger (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            account TEXT NOT NULL REFERENCES accounts (id),
            kind TEXT NOT NULL,
            amount INTEGER NOT NULL,
            job TEXT,
            note TEXT,
            at INTEGER NOT NULL,
            CHECK ((kind = 'grant') = (job IS NULL)),
            CHECK (CASE kind
                WHEN 'grant' THEN TRUE
                WHEN 'hold' THEN amount < 0
                WHEN 'capture' THEN amount = 0
                WHEN 'release' THEN amount > 0
                ELSE FALSE END)
        ) STRICT;
        CREATE INDEX ledger_of_account ON ledger (account, number);
        CREATE UNIQUE INDEX ledger_holds ON ledger (job) WHERE kind = 'hold';
        CREATE UNIQUE INDEX ledger_settlements ON ledger (job) WHERE kind IN ('capture', 'release');
        CREATE TRIGGER ledger_adds_up AFTER INSERT ON ledger BEGIN
            UPDATE accounts SET balance = balance + NEW.amount WHERE id = NEW.account;
        END;
        CREATE TRIGGER ledger_keeps_lines BEFORE UPDATE ON ledger BEGIN
            SELECT RAISE(ABORT, 'lines of the ledger never change');
        END;
        CREATE TRIGGER ledger_keeps_all BEFORE DELETE ON ledger BEGIN
            SELECT RAISE(ABORT, 'lines of the ledger are never removed');
        END;

        CREATE TABLE holds (
            job INTEGER PRIMARY KEY REFERENCES jobs (number),
            account TEXT NOT NULL,
            key TEXT,
            credits INTEGER NOT NULL CHECK (credits > 0),
            is_metered INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX holds_of_account ON holds (account, credits) WHERE is_metered = 1;

        CREATE TABLE fingerprints (
            job INTEGER PRIMARY KEY REFERENCES jobs (number),
            account TEXT NOT NULL,
            hash BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            answered_at INTEGER
        ) STRICT;
        CREATE INDEX fingerprints_of_hash ON fingerprints (account, hash, created_at);
        CREATE INDEX fingerprints_by_age ON fingerprints (created_at);

        ALTER TABLE live_jobs ADD COLUMN ticket_providers TEXT;
        CREATE INDEX live_jobs_with_tickets ON live_jobs (ticket_providers) WHERE ticket_providers IS NOT NULL;

        CREATE TABLE open_tickets (
            number INTEGER PRIMARY KEY,
            job INTEGER NOT NULL REFERENCES jobs (number),
            provider TEXT NOT NULL,
            ticket TEXT NOT NULL,
            record TEXT NOT NULL,
            next_poll_at INTEGER NOT NULL,
            until_at INTEGER NOT NULL,
            lease_until INTEGER,
            UNIQUE (job, provider, ticket)
        ) STRICT;
        CREATE INDEX open_tickets_due ON open_tickets (next_poll_at) WHERE lease_until IS NULL;
        CREATE INDEX open_tickets_leased ON open_tickets (lease_until) WHERE lease_until IS NOT NULL;
        CREATE INDEX open_tickets_of_provider ON open_tickets (provider);

        CREATE TABLE provider_pauses (
            provider TEXT PRIMARY KEY,
            until_at INTEGER,
            reason TEXT NOT NULL,
            at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """
}
