extension Schema {
    /// Shares of accounts in the work, and what claims need for them.
    ///
    /// Jobs that are ready are kept by account, so that a claim takes turns over accounts; those that are leased are, too,
    /// so that an account's are counted without a look at others', and renewing a lease moves nothing in an index.
    /// `failed_reads` counts claims of a job that could not be read. What became of a job is kept in `damaged_progress`
    /// where it could not be read and the job was failed for it.
    static let version4 = """
        ALTER TABLE accounts ADD COLUMN weight INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE accounts ADD COLUMN maximum_running_jobs INTEGER;

        ALTER TABLE live_jobs ADD COLUMN failed_reads INTEGER NOT NULL DEFAULT 0;
        DROP INDEX live_jobs_ready;
        CREATE INDEX live_jobs_ready ON live_jobs (account, priority DESC, job)
            WHERE lease_id IS NULL AND is_ready = 1;
        DROP INDEX live_jobs_leased;
        CREATE INDEX live_jobs_leased ON live_jobs (account) WHERE lease_id IS NOT NULL;

        CREATE TABLE damaged_progress (
            job INTEGER PRIMARY KEY REFERENCES jobs (number) ON DELETE CASCADE,
            progress TEXT NOT NULL
        ) STRICT
        """
}
