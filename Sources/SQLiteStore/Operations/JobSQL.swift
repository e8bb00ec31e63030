/// The statements on jobs; tests look at the plans of those that must not depend on history.
enum JobSQL {
    static let insert: StaticString = """
        INSERT INTO jobs (id, account, session, accepted, progress) VALUES (?1, ?2, ?3, ?4, ?5)
        """

    static let insertLive: StaticString = """
        INSERT INTO live_jobs (job, account, state, priority, is_ready, due_at, ticket_providers)
        VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6)
        """

    static let insertCallback: StaticString = """
        INSERT INTO callbacks (job, events, destination) VALUES (?1, ?2, ?3)
        """

    static let callback: StaticString = """
        SELECT destination FROM callbacks WHERE job = (SELECT number FROM jobs WHERE id = ?1)
        """

    static let one: StaticString = """
        SELECT j.number, j.id, j.account, j.session, coalesce(l.state, j.final_state), l.started_at,
            j.callback_status, j.accepted, j.progress
        FROM jobs j LEFT JOIN live_jobs l ON l.job = j.number
        WHERE j.id = ?1 AND (?2 IS NULL OR j.account = ?2)
        """

    static let byNumber: StaticString = """
        SELECT j.number, j.id, j.account, j.session, coalesce(l.state, j.final_state), l.started_at,
            j.callback_status, j.accepted, j.progress
        FROM jobs j LEFT JOIN live_jobs l ON l.job = j.number
        WHERE j.number = ?1
        """

    /// ?1 account · ?2 before this number · ?3 states between commas, or NULL · ?4 limit
    static let ofAccount: StaticString = """
        SELECT j.number, j.id, j.account, j.session, coalesce(l.state, j.final_state), l.started_at,
            j.callback_status, j.accepted, j.progress
        FROM jobs j LEFT JOIN live_jobs l ON l.job = j.number
        WHERE j.account = ?1 AND j.number < ?2
            AND (?3 IS NULL OR instr(?3, ',' || coalesce(l.state, j.final_state) || ',') > 0)
        ORDER BY j.number DESC LIMIT ?4
        """

    /// As ``ofAccount``, ?5 being the session.
    static let ofSession: StaticString = """
        SELECT j.number, j.id, j.account, j.session, coalesce(l.state, j.final_state), l.started_at,
            j.callback_status, j.accepted, j.progress
        FROM jobs j LEFT JOIN live_jobs l ON l.job = j.number
        WHERE j.account = ?1 AND j.session = ?5 AND j.number < ?2
            AND (?3 IS NULL OR instr(?3, ',' || coalesce(l.state, j.final_state) || ',') > 0)
        ORDER BY j.number DESC LIMIT ?4
        """

    static let renew: StaticString = """
        UPDATE live_jobs SET lease_until = ?3
        WHERE job = (SELECT number FROM jobs WHERE id = ?1) AND lease_id = ?2
        RETURNING cancel_requested
        """

    static let releaseExpired: StaticString = """
        UPDATE live_jobs SET lease_id = NULL, lease_until = NULL, is_ready = 1, due_at = ?1
        WHERE lease_id IS NOT NULL AND lease_until <= ?1
        """

    static let voidLeases: StaticString = """
        UPDATE live_jobs SET lease_id = NULL, lease_until = NULL, is_ready = 1, due_at = ?1
        WHERE lease_id IS NOT NULL
        """

    static let live: StaticString = """
        SELECT l.job, l.state, l.lease_id, l.cancel_requested
        FROM jobs j JOIN live_jobs l ON l.job = j.number WHERE j.id = ?1
        """

    static let writeProgress: StaticString = """
        UPDATE jobs SET progress = ?2, final_state = ?3 WHERE number = ?1
        """

    static let deleteLive: StaticString = "DELETE FROM live_jobs WHERE job = ?1"

    static let keepLease: StaticString = """
        UPDATE live_jobs SET state = ?2, provider_succeeded = ?3, ticket_providers = ?4 WHERE job = ?1
        """

    static let rest: StaticString = """
        UPDATE live_jobs SET state = ?2, provider_succeeded = ?3, is_ready = 0, due_at = ?4, lease_id = NULL,
            lease_until = NULL, ticket_providers = ?5
        WHERE job = ?1
        """

    static let requestCancel: StaticString = "UPDATE live_jobs SET cancel_requested = 1 WHERE job = ?1"

    static let insertArtifact: StaticString = """
        INSERT INTO artifacts (id, account, job, file_name, sha256, media_type, bytes, created_at, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        """

    static let artifact: StaticString = """
        SELECT id, account, job, file_name, sha256, media_type, bytes, created_at, expires_at
        FROM artifacts WHERE id = ?1 AND account = ?2
        """

    /// ?1 file name · ?2 now
    static let linkedArtifact: StaticString = """
        SELECT id, account, job, file_name, sha256, media_type, bytes, created_at, expires_at
        FROM artifacts WHERE file_name = ?1 AND (expires_at IS NULL OR expires_at > ?2)
        """

    static let writeComposition: StaticString = """
        INSERT INTO compositions (job, variant, document) VALUES (?1, ?2, ?3)
        ON CONFLICT (job, variant) DO UPDATE SET document = ?3
        """
}
