extension Schema {
    /// Leases of deliveries and turns of endpoints move to ``working``: the one process that owns the file knows them, and
    /// those of a process before are void. `deliveries.lease_until` is not written any more.
    static let version8 = """
        UPDATE deliveries SET lease_until = NULL WHERE lease_until IS NOT NULL;
        DROP INDEX deliveries_leased;
        DROP INDEX deliveries_held;
        DROP INDEX deliveries_due_endpoints;
        DROP INDEX deliveries_due_callbacks;
        DROP TABLE endpoint_turns;
        CREATE INDEX deliveries_due_endpoints ON deliveries (endpoint, next_attempt_at)
            WHERE status = 'pending' AND endpoint IS NOT NULL;
        CREATE INDEX deliveries_due_callbacks ON deliveries (next_attempt_at)
            WHERE status = 'pending' AND callback IS NOT NULL
        """
}
