/// The statements on deliveries; tests look at the plans of those that must not depend on history.
enum DeliverySQL {
    /// Due when the event happened.
    static let insert: StaticString = """
        INSERT INTO deliveries
            (id, account, event, endpoint, callback, status, attempts, next_attempt_at, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5, 'pending', 0, ?6, ?6)
        """

    /// The endpoint behind ?1 that something waits for, when the first of that is due, and whether the endpoint is
    /// gone: one look into the index, however much waits.
    static let nextWaiting: StaticString = """
        SELECT d.endpoint, d.next_attempt_at, e.id IS NULL
        FROM deliveries d INDEXED BY deliveries_due_endpoints LEFT JOIN endpoints e ON e.id = d.endpoint
        WHERE d.status = 'pending' AND d.endpoint > ?1
        ORDER BY d.endpoint, d.next_attempt_at LIMIT 1
        """

    /// ?1 endpoint · ?2 a position before which nothing is pending
    static let oldestOfEndpoint: StaticString = """
        SELECT number, event, next_attempt_at,
            EXISTS (SELECT 1 FROM delivery_leases l WHERE l.delivery = deliveries.number)
        FROM deliveries
        WHERE endpoint = ?1 AND event >= ?2 AND status = 'pending' ORDER BY event LIMIT 1
        """

    static let firstOfEndpoint: StaticString = """
        SELECT next_attempt_at FROM deliveries
        WHERE status = 'pending' AND endpoint = ?1
            AND NOT EXISTS (SELECT 1 FROM delivery_leases l WHERE l.delivery = deliveries.number)
        ORDER BY next_attempt_at LIMIT 1
        """

    static let dueOfEndpoint: StaticString = """
        SELECT number, next_attempt_at FROM deliveries
        WHERE status = 'pending' AND endpoint = ?1 AND next_attempt_at <= ?2
            AND NOT EXISTS (SELECT 1 FROM delivery_leases l WHERE l.delivery = deliveries.number)
        ORDER BY next_attempt_at LIMIT ?3
        """

    /// ?1 the turn of callbacks · ?2 until then · ?3 limit
    static let dueCallbacks: StaticString = """
        SELECT d.number, d.next_attempt_at, j.id
        FROM deliveries d CROSS JOIN jobs j ON j.number = d.callback
        WHERE d.status = 'pending' AND d.callback IS NOT NULL AND d.next_attempt_at BETWEEN ?1 AND ?2
            AND NOT EXISTS (SELECT 1 FROM delivery_leases l WHERE l.delivery = d.number)
        ORDER BY d.next_attempt_at LIMIT ?3
        """

    /// ?1 the turn of callbacks
    static let firstCallback: StaticString = """
        SELECT next_attempt_at FROM deliveries
        WHERE status = 'pending' AND callback IS NOT NULL AND next_attempt_at >= ?1
            AND NOT EXISTS (SELECT 1 FROM delivery_leases l WHERE l.delivery = deliveries.number)
        ORDER BY next_attempt_at LIMIT 1
        """

    /// For what was resent while it was being attempted, where that attempt has not come to its end: the schedule begins
    /// with the next one.
    static let beginSchedule: StaticString = """
        UPDATE deliveries SET earlier_attempts = attempts WHERE number = ?1
        """

    /// A delivery to an endpoint with all that an attempt needs but the endpoint.
    static let dueToEndpoint: StaticString = """
        SELECT d.number, d.id, d.account, e.id, e.type, d.endpoint, NULL, d.status, d.attempts,
            d.next_attempt_at, d.last_status_code, d.created_at, d.earlier_attempts,
            e.account, j.id, e.sequence, e.occurred_at, e.body, e.face_data
        FROM deliveries d JOIN events e ON e.position = d.event LEFT JOIN jobs j ON j.number = e.job
        WHERE d.number = ?1
        """

    /// As ``dueToEndpoint``, to a callback; what belongs to the callback is NULL where that is gone.
    static let dueToCallback: StaticString = """
        SELECT d.number, d.id, d.account, e.id, e.type, NULL, j.id, d.status, d.attempts,
            d.next_attempt_at, d.last_status_code, d.created_at, d.earlier_attempts,
            e.account, ej.id, e.sequence, e.occurred_at, e.body, e.face_data, c.destination, a.callback_secret
        FROM deliveries d JOIN events e ON e.position = d.event
            LEFT JOIN jobs j ON j.number = d.callback
            LEFT JOIN jobs ej ON ej.number = e.job
            LEFT JOIN callbacks c ON c.job = d.callback
            LEFT JOIN accounts a ON a.id = d.account
        WHERE d.number = ?1
        """

    static let one: StaticString = """
        SELECT d.number, d.id, d.account, e.id, e.type, d.endpoint, j.id, d.status, d.attempts,
            d.next_attempt_at, d.last_status_code, d.created_at, d.earlier_attempts
        FROM deliveries d JOIN events e ON e.position = d.event LEFT JOIN jobs j ON j.number = d.callback
        WHERE d.id = ?1 AND d.account = ?2
        """

    /// ?1 account · ?2 before this number · ?3 status · ?4 types between commas · ?5 and ?6 status codes from and to ·
    /// ?7 and ?8 made from and to · ?9 job · ?10 limit; each of ?3 to ?9 may be NULL
    static let ofAccount: StaticString = """
        SELECT d.number, d.id, d.account, e.id, e.type, d.endpoint, j.id, d.status, d.attempts,
            d.next_attempt_at, d.last_status_code, d.created_at, d.earlier_attempts, d.number
        FROM deliveries d JOIN events e ON e.position = d.event LEFT JOIN jobs j ON j.number = d.callback
        WHERE d.account = ?1 AND d.number < ?2 AND (?3 IS NULL OR d.status = ?3)
            AND (?4 IS NULL OR instr(?4, ',' || e.type || ',') > 0)
            AND (?5 IS NULL OR d.last_status_code BETWEEN ?5 AND ?6)
            AND (?7 IS NULL OR d.created_at >= ?7) AND (?8 IS NULL OR d.created_at <= ?8)
        ORDER BY d.number DESC LIMIT ?10
        """

    /// As ``ofAccount``, for the job, of whose few deliveries a list is sorted.
    static let ofJob: StaticString = """
        SELECT d.number, d.id, d.account, e.id, e.type, d.endpoint, j.id, d.status, d.attempts,
            d.next_attempt_at, d.last_status_code, d.created_at, d.earlier_attempts, d.number
        FROM events e CROSS JOIN deliveries d ON d.event = e.position LEFT JOIN jobs j ON j.number = d.callback
        WHERE e.job = (SELECT number FROM jobs WHERE id = ?9)
            AND +d.account = ?1 AND +d.number < ?2 AND (?3 IS NULL OR d.status = ?3)
            AND (?4 IS NULL OR instr(?4, ',' || e.type || ',') > 0)
            AND (?5 IS NULL OR d.last_status_code BETWEEN ?5 AND ?6)
            AND (?7 IS NULL OR d.created_at >= ?7) AND (?8 IS NULL OR d.created_at <= ?8)
        ORDER BY d.number DESC LIMIT ?10
        """

    /// As ``ofAccount``, ?11 being the endpoint; newest event first, before the event at position ?2.
    static let ofEndpoint: StaticString = """
        SELECT d.number, d.id, d.account, e.id, e.type, d.endpoint, j.id, d.status, d.attempts,
            d.next_attempt_at, d.last_status_code, d.created_at, d.earlier_attempts, d.event
        FROM deliveries d JOIN events e ON e.position = d.event LEFT JOIN jobs j ON j.number = d.callback
        WHERE d.endpoint = ?11 AND +d.account = ?1 AND d.event < ?2 AND (?3 IS NULL OR d.status = ?3)
            AND (?4 IS NULL OR instr(?4, ',' || e.type || ',') > 0)
            AND (?5 IS NULL OR d.last_status_code BETWEEN ?5 AND ?6)
            AND (?7 IS NULL OR d.created_at >= ?7) AND (?8 IS NULL OR d.created_at <= ?8)
            AND (?9 IS NULL OR e.job = (SELECT number FROM jobs WHERE id = ?9))
        ORDER BY d.event DESC LIMIT ?10
        """

    /// As ``ofAccount``, ?11 being the job whose callback it is.
    static let ofCallback: StaticString = """
        SELECT d.number, d.id, d.account, e.id, e.type, d.endpoint, j.id, d.status, d.attempts,
            d.next_attempt_at, d.last_status_code, d.created_at, d.earlier_attempts, d.number
        FROM deliveries d JOIN events e ON e.position = d.event LEFT JOIN jobs j ON j.number = d.callback
        WHERE d.callback = (SELECT number FROM jobs WHERE id = ?11) AND d.account = ?1 AND d.number < ?2
            AND (?3 IS NULL OR d.status = ?3)
            AND (?4 IS NULL OR instr(?4, ',' || e.type || ',') > 0)
            AND (?5 IS NULL OR d.last_status_code BETWEEN ?5 AND ?6)
            AND (?7 IS NULL OR d.created_at >= ?7) AND (?8 IS NULL OR d.created_at <= ?8)
            AND (?9 IS NULL OR e.job = (SELECT number FROM jobs WHERE id = ?9))
        ORDER BY d.number DESC LIMIT ?10
        """

    /// Gives up to ?2 of what waits for an endpoint up.
    static let exhaustWaiting: StaticString = """
        UPDATE deliveries SET status = 'exhausted', next_attempt_at = NULL
        WHERE number IN (
            SELECT number FROM deliveries INDEXED BY deliveries_due_endpoints
            WHERE status = 'pending' AND endpoint = ?1 LIMIT ?2)
        """

    static let exhaustLeased: StaticString = """
        UPDATE deliveries SET status = 'exhausted', next_attempt_at = NULL
        WHERE number IN (SELECT delivery FROM delivery_leases WHERE endpoint = ?1)
        """

    static let insertAttempt: StaticString = """
        INSERT INTO attempts
            (delivery, number, started_at, duration, status_code, body_head, error_code, error_message, endpoint)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        """

    /// ?1 delivery · ?2 status · ?3 next attempt · ?4 number of the attempt · ?5 status code. What was exhausted
    /// meanwhile, because its endpoint is gone, stays so unless this attempt has delivered it; what was resent meanwhile
    /// stays due.
    static let follow: StaticString = """
        UPDATE deliveries SET
            status = CASE
                WHEN ?2 = 'delivered' OR (status = 'pending' AND earlier_attempts < ?4) THEN ?2 ELSE status END,
            next_attempt_at = CASE
                WHEN ?2 = 'delivered' OR status <> 'pending' THEN NULL
                WHEN earlier_attempts < ?4 THEN ?3 ELSE next_attempt_at END,
            attempts = max(attempts, ?4), last_status_code = coalesce(?5, last_status_code)
        WHERE id = ?1
        RETURNING number, callback, endpoint, next_attempt_at, status
        """

    /// ?1 delivery · ?2 account · ?3 now. An attempt under way is still of the schedule before.
    static let resend: StaticString = """
        UPDATE deliveries SET status = 'pending', next_attempt_at = ?3,
            earlier_attempts = attempts
                + EXISTS (SELECT 1 FROM delivery_leases l WHERE l.delivery = deliveries.number)
        WHERE id = ?1 AND account = ?2
        RETURNING endpoint, event
        """

    /// ?1 number · ?2 due · ?3 whether what was delivered is sent again. What waits or is being attempted stays as it is.
    static let resendEnded: StaticString = """
        UPDATE deliveries SET status = 'pending', next_attempt_at = ?2, earlier_attempts = attempts
        WHERE number = ?1 AND (status = 'exhausted' OR (?3 AND status = 'delivered'))
        """

    /// ?1 id · ?2 account · ?3 event · ?4 endpoint · ?5 due · ?6 now
    static let insertMissing: StaticString = """
        INSERT INTO deliveries (id, account, event, endpoint, status, attempts, next_attempt_at, created_at)
        VALUES (?1, ?2, ?3, ?4, 'pending', 0, ?5, ?6)
        ON CONFLICT (endpoint, event) WHERE endpoint IS NOT NULL DO NOTHING
        """

    /// ?1 endpoint · ?2 behind this position · ?3 not behind that · ?4 and ?5 happened from and to · ?6 limit. What was
    /// sent as a test begins its data so, whatever its type; in a string the quotation marks would be escaped.
    static let failedOfEndpoint: StaticString = """
        SELECT d.event, d.number FROM deliveries d JOIN events e ON e.position = d.event
        WHERE d.endpoint = ?1 AND d.event > ?2 AND d.event <= ?3 AND d.status = 'exhausted'
            AND e.occurred_at BETWEEN ?4 AND ?5 AND e.type <> 'webhook.test'
            AND (e.job IS NOT NULL OR instr(e.body, '"data":{"test":true') = 0)
        ORDER BY d.event LIMIT ?6
        """

    /// As ``failedOfEndpoint``, ?7 being the account: each of its events, with the endpoint's delivery and the job.
    static let eventsForEndpoint: StaticString = """
        SELECT e.position, d.number, d.status, e.type, e.job
        FROM events e LEFT JOIN deliveries d ON d.endpoint = ?1 AND d.event = e.position
        WHERE e.account = ?7 AND e.position > ?2 AND e.position <= ?3 AND e.occurred_at BETWEEN ?4 AND ?5
            AND e.type <> 'webhook.test' AND e.endpoint IS NOT ?1
            AND (e.job IS NOT NULL OR instr(e.body, '"data":{"test":true') = 0)
        ORDER BY e.position LIMIT ?6
        """

    static let damaged: StaticString = "SELECT attempts, endpoint FROM deliveries WHERE number = ?1"

    static let exhaustDamaged: StaticString = """
        UPDATE deliveries SET status = 'exhausted', next_attempt_at = NULL, attempts = attempts + 1
        WHERE number = ?1
        """

    static let callbackStatus: StaticString = "UPDATE jobs SET callback_status = ?2 WHERE number = ?1"

    static let attempts: StaticString = """
        SELECT a.number, a.started_at, a.duration, a.status_code, a.body_head, a.error_code, a.error_message
        FROM attempts a WHERE a.delivery = (SELECT number FROM deliveries WHERE id = ?1) ORDER BY a.number
        """

    /// ?1 endpoint · ?2 account · ?3, ?4 and ?5 before the attempt that began then, of that delivery, of that number ·
    /// ?6 and ?7 status codes from and to · ?8 error code · ?9 shortest duration · ?10 and ?11 begun from and to ·
    /// ?12 limit; each of ?6 to ?11 may be NULL
    static let attemptsOfEndpoint: StaticString = """
        SELECT a.number, a.started_at, a.duration, a.status_code, a.body_head, a.error_code, a.error_message,
            d.id, a.delivery
        FROM attempts a CROSS JOIN deliveries d ON d.number = a.delivery
        WHERE a.endpoint = ?1 AND d.account = ?2
            AND a.started_at <= ?3 AND (a.started_at, a.delivery, a.number) < (?3, ?4, ?5)
            AND (?6 IS NULL OR a.status_code BETWEEN ?6 AND ?7) AND (?8 IS NULL OR a.error_code = ?8)
            AND (?9 IS NULL OR a.duration >= ?9)
            AND (?10 IS NULL OR a.started_at >= ?10) AND (?11 IS NULL OR a.started_at <= ?11)
        ORDER BY a.started_at DESC, a.delivery DESC, a.number DESC LIMIT ?12
        """
}
