/// The statements on deliveries; tests look at the plans of those that must not depend on history.
enum DeliverySQL {
    /// Due when the event happened.
    static let insert: StaticString = """
        INSERT INTO deliveries
            (id, account, event, endpoint, callback, status, attempts, next_attempt_at, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5, 'pending', 0, ?6, ?6)
        """

    static let voidLeases: StaticString = """
        UPDATE deliveries SET lease_until = NULL WHERE lease_until IS NOT NULL
        """

    static let releaseExpired: StaticString = """
        UPDATE deliveries SET lease_until = NULL WHERE lease_until IS NOT NULL AND lease_until <= ?1
        """

    /// Enabled endpoints with something pending and when the first of it is due: one look into the index an endpoint,
    /// however much waits for it.
    static let waitingEndpoints: StaticString = """
        WITH RECURSIVE waiting (endpoint) AS (
            SELECT min(endpoint) FROM deliveries
            WHERE status = 'pending' AND lease_until IS NULL AND endpoint IS NOT NULL
            UNION ALL
            SELECT (
                SELECT min(d.endpoint) FROM deliveries d
                WHERE d.status = 'pending' AND d.lease_until IS NULL AND d.endpoint > waiting.endpoint)
            FROM waiting WHERE waiting.endpoint IS NOT NULL
        )
        SELECT w.endpoint, (
            SELECT min(d.next_attempt_at) FROM deliveries d
            WHERE d.status = 'pending' AND d.lease_until IS NULL AND d.endpoint = w.endpoint)
        FROM waiting w CROSS JOIN endpoints e ON e.id = w.endpoint
        WHERE e.status = 'enabled'
        """

    static let dueOfEndpoint: StaticString = """
        SELECT number, next_attempt_at FROM deliveries
        WHERE status = 'pending' AND lease_until IS NULL AND endpoint = ?1 AND next_attempt_at <= ?2
        ORDER BY next_attempt_at LIMIT ?3
        """

    static let dueCallbacks: StaticString = """
        SELECT d.number, d.next_attempt_at, j.id
        FROM deliveries d CROSS JOIN jobs j ON j.number = d.callback
        WHERE d.status = 'pending' AND d.lease_until IS NULL AND d.callback IS NOT NULL
            AND d.next_attempt_at <= ?1
        ORDER BY d.next_attempt_at LIMIT ?2
        """

    static let firstCallback: StaticString = """
        SELECT next_attempt_at FROM deliveries
        WHERE status = 'pending' AND lease_until IS NULL AND callback IS NOT NULL
        ORDER BY next_attempt_at LIMIT 1
        """

    static let lease: StaticString = "UPDATE deliveries SET lease_until = ?2 WHERE number = ?1"

    /// A delivery with all that an attempt needs.
    static let due: StaticString = """
        SELECT d.number, d.id, d.account, e.id, e.type, d.endpoint, j.id, d.status, d.attempts,
            d.next_attempt_at, d.last_status_code, d.created_at,
            e.position, e.id, e.account, e.type, ej.id, e.sequence, e.occurred_at, e.body,
            p.id, p.account, p.url, p.events, p.status, p.description, p.created_at, p.secret,
            c.destination, a.callback_secret
        FROM deliveries d JOIN events e ON e.position = d.event
            LEFT JOIN jobs j ON j.number = d.callback
            LEFT JOIN jobs ej ON ej.number = e.job
            LEFT JOIN endpoints p ON p.id = d.endpoint
            LEFT JOIN callbacks c ON c.job = d.callback
            LEFT JOIN accounts a ON a.id = d.account
        WHERE d.number = ?1
        """

    static let one: StaticString = """
        SELECT d.number, d.id, d.account, e.id, e.type, d.endpoint, j.id, d.status, d.attempts,
            d.next_attempt_at, d.last_status_code, d.created_at
        FROM deliveries d JOIN events e ON e.position = d.event LEFT JOIN jobs j ON j.number = d.callback
        WHERE d.id = ?1 AND d.account = ?2
        """

    /// ?1 account · ?2 before this number · ?3 status or NULL · ?4 limit
    static let ofAccount: StaticString = """
        SELECT d.number, d.id, d.account, e.id, e.type, d.endpoint, j.id, d.status, d.attempts,
            d.next_attempt_at, d.last_status_code, d.created_at
        FROM deliveries d JOIN events e ON e.position = d.event LEFT JOIN jobs j ON j.number = d.callback
        WHERE d.account = ?1 AND d.number < ?2 AND (?3 IS NULL OR d.status = ?3)
        ORDER BY d.number DESC LIMIT ?4
        """

    /// As ``ofAccount``, ?5 being the endpoint.
    static let ofEndpoint: StaticString = """
        SELECT d.number, d.id, d.account, e.id, e.type, d.endpoint, j.id, d.status, d.attempts,
            d.next_attempt_at, d.last_status_code, d.created_at
        FROM deliveries d JOIN events e ON e.position = d.event LEFT JOIN jobs j ON j.number = d.callback
        WHERE d.endpoint = ?5 AND d.account = ?1 AND d.number < ?2 AND (?3 IS NULL OR d.status = ?3)
        ORDER BY d.number DESC LIMIT ?4
        """

    /// As ``ofAccount``, ?5 being the job.
    static let ofCallback: StaticString = """
        SELECT d.number, d.id, d.account, e.id, e.type, d.endpoint, j.id, d.status, d.attempts,
            d.next_attempt_at, d.last_status_code, d.created_at
        FROM deliveries d JOIN events e ON e.position = d.event LEFT JOIN jobs j ON j.number = d.callback
        WHERE d.callback = (SELECT number FROM jobs WHERE id = ?5) AND d.account = ?1 AND d.number < ?2
            AND (?3 IS NULL OR d.status = ?3)
        ORDER BY d.number DESC LIMIT ?4
        """

    static let exhaustEndpoint: StaticString = """
        UPDATE deliveries SET status = 'exhausted', next_attempt_at = NULL, lease_until = NULL
        WHERE endpoint = ?1 AND status = 'pending'
        """

    static let insertAttempt: StaticString = """
        INSERT INTO attempts
            (delivery, number, started_at, duration, status_code, body_head, error_code, error_message)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        """

    /// What was exhausted meanwhile, because its endpoint is gone, stays so unless this attempt has delivered it.
    static let follow: StaticString = """
        UPDATE deliveries SET
            status = CASE WHEN status = 'pending' OR ?2 = 'delivered' THEN ?2 ELSE status END,
            next_attempt_at = CASE WHEN status = 'pending' THEN ?3 END,
            attempts = max(attempts, ?4), last_status_code = coalesce(?5, last_status_code),
            lease_until = NULL
        WHERE number = ?1
        """

    static let callbackStatus: StaticString = "UPDATE jobs SET callback_status = ?2 WHERE number = ?1"

    static let attempts: StaticString = """
        SELECT a.number, a.started_at, a.duration, a.status_code, a.body_head, a.error_code, a.error_message
        FROM attempts a WHERE a.delivery = (SELECT number FROM deliveries WHERE id = ?1) ORDER BY a.number
        """
}
