extension Schema {
    /// How long files are kept, and by whom.
    ///
    /// A row of `artifact_uses` says that a job needs a file that it did not make: an upload, or a picture of the job
    /// that it retries. The file's row cannot go before. An upload that a job uses loses its own end and goes with the
    /// last such job; so does a picture whose own job was erased, which has neither job nor link then.
    static let version6 = """
        ALTER TABLE artifacts ADD COLUMN expires_at INTEGER;
        CREATE INDEX artifacts_by_expiry ON artifacts (expires_at) WHERE expires_at IS NOT NULL;
        CREATE INDEX artifacts_of_content ON artifacts (sha256, bytes);
        CREATE INDEX artifacts_of_job ON artifacts (job) WHERE job IS NOT NULL;

        CREATE TABLE artifact_uses (
            job INTEGER NOT NULL REFERENCES jobs (number),
            artifact INTEGER NOT NULL REFERENCES artifacts (number),
            PRIMARY KEY (job, artifact)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX artifact_uses_of_artifact ON artifact_uses (artifact);

        CREATE INDEX events_of_no_job ON events (occurred_at) WHERE job IS NULL
        """
}
