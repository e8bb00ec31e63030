extension Schema {
    /// What `/metrics` shows and must not count: endpoints by status come from an index, and triggers keep the sum of
    /// all artifacts.
    static let version9 = """
        CREATE INDEX endpoints_by_status ON endpoints (status);

        CREATE TABLE artifact_totals (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            artifacts INTEGER NOT NULL,
            bytes INTEGER NOT NULL
        ) STRICT;
        INSERT INTO artifact_totals SELECT 1, count(*), coalesce(sum(bytes), 0) FROM artifacts;
        CREATE TRIGGER artifact_totals_grow AFTER INSERT ON artifacts BEGIN
            UPDATE artifact_totals SET artifacts = artifacts + 1, bytes = bytes + NEW.bytes;
        END;
        CREATE TRIGGER artifact_totals_shrink AFTER DELETE ON artifacts BEGIN
            UPDATE artifact_totals SET artifacts = artifacts - 1, bytes = bytes - OLD.bytes;
        END
        """
}
