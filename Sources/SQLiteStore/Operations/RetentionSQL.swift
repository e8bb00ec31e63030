/// The statements that delete; tests look at their plans.
///
/// Lists of what is old are read from the front of a table, in the order of arrival, so that keeping time costs no index
/// on what is written all the time.
enum RetentionSQL {
    /// Jobs behind ?1, with whether they are live, whether they ended before ?2, and whether nothing keeps them. One
    /// whose record cannot be read stays.
    static let oldestJobs: StaticString = """
        SELECT j.number,
            j.final_state IS NULL,
            CASE WHEN j.final_state IS NOT NULL AND json_valid(j.progress)
                THEN j.progress ->> '$.finishedAt' < ?2 ELSE FALSE END,
            NOT EXISTS (SELECT 1 FROM open_tickets t WHERE t.job = j.number)
                AND NOT EXISTS (
                    SELECT 1 FROM events e CROSS JOIN deliveries d ON d.event = e.position
                    WHERE e.job = j.number AND d.status = 'pending')
        FROM jobs j WHERE j.number > ?1 ORDER BY j.number
        """

    static let numberOfJob: StaticString = "SELECT number FROM jobs WHERE id = ?1 AND account = ?2"

    /// Whether the job is unfinished or its provider works on it, whether an event of it waits, and its id.
    static let jobStanding: StaticString = """
        SELECT
            j.final_state IS NULL OR EXISTS (SELECT 1 FROM live_jobs l WHERE l.job = j.number)
                OR EXISTS (SELECT 1 FROM open_tickets t WHERE t.job = j.number),
            EXISTS (
                SELECT 1 FROM events e CROSS JOIN deliveries d ON d.event = e.position
                WHERE e.job = j.number AND d.status = 'pending'),
            j.id
        FROM jobs j WHERE j.number = ?1
        """

    static let attemptsOfJob: StaticString = """
        DELETE FROM attempts WHERE delivery IN (
            SELECT d.number FROM events e CROSS JOIN deliveries d ON d.event = e.position WHERE e.job = ?1)
        """

    /// Endpoints that something of the job waits for.
    static let endpointsOfJob: StaticString = """
        SELECT DISTINCT d.endpoint FROM events e CROSS JOIN deliveries d ON d.event = e.position
        WHERE e.job = ?1 AND d.status = 'pending' AND d.endpoint IS NOT NULL
        """

    static let leasesOfJob: StaticString = """
        DELETE FROM delivery_leases WHERE delivery IN (
            SELECT d.number FROM events e CROSS JOIN deliveries d ON d.event = e.position WHERE e.job = ?1)
        """

    static let deliveriesOfJob: StaticString = """
        DELETE FROM deliveries WHERE event IN (SELECT position FROM events WHERE job = ?1)
        """

    static let eventsOfJob: StaticString = "DELETE FROM events WHERE job = ?1"

    static let callback: StaticString = "DELETE FROM callbacks WHERE job = ?1"

    static let compositions: StaticString = "DELETE FROM compositions WHERE job = ?1"

    static let fingerprint: StaticString = "DELETE FROM fingerprints WHERE job = ?1"

    static let job: StaticString = "DELETE FROM jobs WHERE number = ?1"

    static let insertUse: StaticString = """
        INSERT INTO artifact_uses (job, artifact) VALUES (?1, ?2) ON CONFLICT DO NOTHING
        """

    /// ?1 artifact · ?2 account
    static let artifact: StaticString = "SELECT number FROM artifacts WHERE id = ?1 AND account = ?2"

    /// What a job uses stays as long as it, unless it stays for good.
    static let keepUpload: StaticString = """
        UPDATE artifacts SET expires_at = NULL WHERE number = ?1 AND job IS NULL AND expires_at < ?2
        """

    static let deleteUses: StaticString = "DELETE FROM artifact_uses WHERE job = ?1 RETURNING artifact"

    static let deleteIfUnused: StaticString = """
        DELETE FROM artifacts WHERE number = ?1 AND job IS NULL AND expires_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM artifact_uses u WHERE u.artifact = artifacts.number)
        RETURNING sha256
        """

    /// ?1 job by its id. Its link ends at once: nobody knows the new name.
    static let orphanUsedArtifacts: StaticString = """
        UPDATE artifacts SET job = NULL, expires_at = NULL, file_name = hex(randomblob(16))
        WHERE job = ?1 AND EXISTS (SELECT 1 FROM artifact_uses u WHERE u.artifact = artifacts.number)
        """

    static let artifactsOfJob: StaticString = "DELETE FROM artifacts WHERE job = ?1 RETURNING sha256"

    /// ?1 now · ?2 limit
    static let expiredArtifacts: StaticString = """
        DELETE FROM artifacts WHERE number IN (
            SELECT a.number FROM artifacts a INDEXED BY artifacts_by_expiry
            WHERE a.expires_at <= ?1
                AND NOT EXISTS (SELECT 1 FROM artifact_uses u WHERE u.artifact = a.number)
                AND NOT EXISTS (
                    SELECT 1 FROM jobs j CROSS JOIN live_jobs l ON l.job = j.number WHERE j.id = a.job)
            ORDER BY a.expires_at LIMIT ?2)
        RETURNING sha256
        """

    /// Files of ended jobs behind ?1; ?2 limit.
    static let oldestArtifacts: StaticString = """
        SELECT a.number, a.id FROM artifacts a
        WHERE a.number > ?1 AND a.job IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM artifact_uses u WHERE u.artifact = a.number)
            AND NOT EXISTS (SELECT 1 FROM jobs j CROSS JOIN live_jobs l ON l.job = j.number WHERE j.id = a.job)
        ORDER BY a.number LIMIT ?2
        """

    /// As ``oldestArtifacts`` chooses, by its id: a number may come again.
    static let artifactOfEndedJob: StaticString = """
        DELETE FROM artifacts WHERE id = ?1 AND job IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM artifact_uses u WHERE u.artifact = artifacts.number)
            AND NOT EXISTS (
                SELECT 1 FROM jobs j CROSS JOIN live_jobs l ON l.job = j.number WHERE j.id = artifacts.job)
        RETURNING sha256
        """

    static let content: StaticString = "SELECT 1 FROM artifacts WHERE sha256 = ?1 LIMIT 1"

    /// Events about no job before ?1 that nothing waits of; ?2 limit.
    static let oldestEvents: StaticString = """
        SELECT e.position FROM events e INDEXED BY events_of_no_job
        WHERE e.job IS NULL AND e.occurred_at < ?1
            AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event = e.position AND d.status = 'pending')
        ORDER BY e.occurred_at LIMIT ?2
        """

    static let attemptsOfEvent: StaticString = """
        DELETE FROM attempts WHERE delivery IN (SELECT number FROM deliveries WHERE event = ?1)
        """

    static let deliveriesOfEvent: StaticString = "DELETE FROM deliveries WHERE event = ?1"

    static let event: StaticString = "DELETE FROM events WHERE position = ?1"

    /// Deliveries behind ?1, with whether they were made before ?2 and whether they have ended.
    static let oldestDeliveries: StaticString = """
        SELECT number, created_at < ?2, status <> 'pending' FROM deliveries WHERE number > ?1 ORDER BY number
        """

    static let attemptsOfDelivery: StaticString = "DELETE FROM attempts WHERE delivery = ?1"

    static let endedDelivery: StaticString =
        "DELETE FROM deliveries WHERE number = ?1 AND status <> 'pending'"

    static let isPending: StaticString = "SELECT 1 FROM deliveries WHERE number = ?1 AND status = 'pending'"

    static let contentBytes: StaticString = """
        SELECT coalesce(sum(bytes), 0) FROM (SELECT max(bytes) AS bytes FROM artifacts GROUP BY sha256)
        """

    static let databaseBytes: StaticString = """
        SELECT (p.page_count - f.freelist_count) * s.page_size
        FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s
        """
}
