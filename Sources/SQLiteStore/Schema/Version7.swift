extension Schema {
    /// Leases that were lost, pauses of chains, and the jobs that an account may ask for in a minute.
    ///
    /// Jobs that were set aside, and those that wait for a paused chain, rest until their deadline, so that claims
    /// never meet them; a row here says what lets them go on earlier. It may outlive its job until the store is opened
    /// again.
    static let version7 = """
        CREATE TABLE lost_leases (
            job INTEGER PRIMARY KEY,
            losses INTEGER NOT NULL,
            stage TEXT NOT NULL CHECK (stage IN ('counted', 'suspect', 'tried', 'poisoned')),
            trial_lease TEXT
        ) STRICT;
        CREATE INDEX lost_leases_by_stage ON lost_leases (stage, job);

        CREATE TABLE chain_pauses (
            chain TEXT PRIMARY KEY,
            until_at INTEGER,
            reason TEXT NOT NULL,
            at INTEGER NOT NULL,
            is_over INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE paused_jobs (
            job INTEGER PRIMARY KEY,
            chain TEXT NOT NULL
        ) STRICT;
        CREATE INDEX paused_jobs_of_chain ON paused_jobs (chain, job);

        ALTER TABLE open_tickets ADD COLUMN losses INTEGER NOT NULL DEFAULT 0;

        ALTER TABLE accounts ADD COLUMN jobs_per_minute INTEGER
        """
}
