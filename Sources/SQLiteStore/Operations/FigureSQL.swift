/// The statements behind `/metrics`: each looks only into an index of what is live, and at no more of it than a limit.
enum FigureSQL {
    /// What waits is counted up to here: a scrape costs the same however long a queue gets.
    static let countLimit = 100_000

    /// ?1 limit. How many jobs could run now, and which of them was accepted first.
    static let ready: StaticString = """
        SELECT count(*), min(job) FROM
            (SELECT job FROM live_jobs INDEXED BY live_jobs_ready WHERE lease_id IS NULL AND is_ready = 1 LIMIT ?1)
        """

    static let dueTime: StaticString = "SELECT due_at FROM live_jobs WHERE job = ?1"

    /// ?1 limit
    static let resting: StaticString = """
        SELECT count(*) FROM (SELECT 1 FROM live_jobs INDEXED BY live_jobs_resting
            WHERE lease_id IS NULL AND is_ready = 0 LIMIT ?1)
        """

    /// Few at a time: what workers hold.
    static let leased: StaticString = """
        SELECT state, count(*) FROM live_jobs WHERE lease_id IS NOT NULL GROUP BY state
        """

    /// ?1 limit
    static let pendingOfEndpoints: StaticString = """
        SELECT count(*) FROM (SELECT 1 FROM deliveries INDEXED BY deliveries_due_endpoints
            WHERE status = 'pending' AND endpoint IS NOT NULL LIMIT ?1)
        """

    /// ?1 limit
    static let pendingOfCallbacks: StaticString = """
        SELECT count(*) FROM (SELECT 1 FROM deliveries INDEXED BY deliveries_due_callbacks
            WHERE status = 'pending' AND callback IS NOT NULL LIMIT ?1)
        """

    static let endpoints: StaticString = "SELECT status, count(*) FROM endpoints GROUP BY status"

    static let artifacts: StaticString = "SELECT bytes FROM artifact_totals WHERE id = 1"

    static let requestID: StaticString =
        "SELECT json_extract(accepted, '$.requestId') FROM jobs WHERE id = ?1"
}
