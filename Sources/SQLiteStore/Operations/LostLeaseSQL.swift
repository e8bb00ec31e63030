/// The statements on leases that were lost. They count before the leases end, and set aside after it.
enum LostLeaseSQL {
    /// Of leases that ended by ?1; ?2 is ``LostLeases/limit``.
    static let countExpired: StaticString = """
        INSERT INTO lost_leases (job, losses, stage)
        SELECT job, 1, 'counted' FROM live_jobs WHERE lease_id IS NOT NULL AND lease_until <= ?1
        ON CONFLICT (job) DO UPDATE SET losses = losses + 1, trial_lease = NULL, stage = CASE
            WHEN stage = 'poisoned' THEN stage
            WHEN trial_lease = (SELECT l.lease_id FROM live_jobs l WHERE l.job = lost_leases.job) THEN 'poisoned'
            WHEN losses + 1 >= ?2 THEN 'suspect'
            ELSE stage END
        """

    /// As ``countExpired``, of every lease; ?1 is ``LostLeases/limit``.
    static let countAll: StaticString = """
        INSERT INTO lost_leases (job, losses, stage)
        SELECT job, 1, 'counted' FROM live_jobs WHERE lease_id IS NOT NULL
        ON CONFLICT (job) DO UPDATE SET losses = losses + 1, trial_lease = NULL, stage = CASE
            WHEN stage = 'poisoned' THEN stage
            WHEN trial_lease = (SELECT l.lease_id FROM live_jobs l WHERE l.job = lost_leases.job) THEN 'poisoned'
            WHEN losses + 1 >= ?1 THEN 'suspect'
            ELSE stage END
        """

    static let setAside: StaticString = """
        UPDATE live_jobs SET is_ready = 0, due_at = coalesce(
            (SELECT CASE WHEN json_valid(j.accepted) THEN
                CASE WHEN json_type(j.accepted, '$.deadline') = 'integer'
                    THEN json_extract(j.accepted, '$.deadline') END END
            FROM jobs j WHERE j.number = live_jobs.job), due_at)
        WHERE lease_id IS NULL
            AND job IN (SELECT s.job FROM lost_leases s WHERE s.stage IN ('suspect', 'poisoned'))
        """

    static let forgetEnded: StaticString = """
        DELETE FROM lost_leases WHERE NOT EXISTS (SELECT 1 FROM live_jobs l WHERE l.job = lost_leases.job)
        """

    /// ?1 is the stage.
    static let first: StaticString = """
        SELECT s.job, l.cancel_requested, s.losses
        FROM lost_leases s CROSS JOIN live_jobs l ON l.job = s.job
        WHERE s.stage = ?1 AND l.lease_id IS NULL ORDER BY s.job LIMIT 1
        """

    static let forget: StaticString = "DELETE FROM lost_leases WHERE job = ?1"

    static let lease: StaticString = """
        UPDATE live_jobs SET lease_id = ?2, lease_until = ?3, started_at = coalesce(started_at, ?4),
            state = CASE WHEN provider_succeeded OR state = 'processing' THEN 'processing' ELSE 'generating' END
        WHERE job = ?1
        """

    static let beginTrial: StaticString = """
        UPDATE lost_leases SET stage = 'tried', trial_lease = ?2 WHERE job = ?1
        """

    static let endTrial: StaticString = """
        UPDATE lost_leases SET trial_lease = NULL WHERE job = (SELECT number FROM jobs WHERE id = ?1)
        """
}
