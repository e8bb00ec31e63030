/// The statements on endpoints.
enum EndpointSQL {
    static let insert: StaticString = """
        INSERT INTO endpoints
            (id, account, url, events, status, description, created_at, disabled_reason, rests_until,
            claim_limit, is_ordered, expires_at, record, has_filters, secret)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
        """

    static let one: StaticString = """
        SELECT id, account, url, events, status, description, created_at, disabled_reason, rests_until,
            claim_limit, is_ordered, expires_at, record, secret
        FROM endpoints WHERE id = ?1 AND (?2 IS NULL OR account = ?2)
        """

    static let ofAccount: StaticString = """
        SELECT id, account, url, events, status, description, created_at, disabled_reason, rests_until,
            claim_limit, is_ordered, expires_at, record, secret
        FROM endpoints WHERE account = ?1 ORDER BY number
        """

    /// ?1 account · ?2 URL · ?3 types · ?4 now. The oldest that gets the same at the same place.
    static let equal: StaticString = """
        SELECT id, account, url, events, status, description, created_at, disabled_reason, rests_until,
            claim_limit, is_ordered, expires_at, record, secret
        FROM endpoints
        WHERE account = ?1 AND url = ?2 AND events = ?3 AND (expires_at IS NULL OR expires_at > ?4)
        ORDER BY number LIMIT 1
        """

    static let setSecret: StaticString = "UPDATE endpoints SET secret = ?3 WHERE id = ?1 AND account = ?2"

    static let callbackSecret: StaticString = "SELECT callback_secret FROM accounts WHERE id = ?1"

    static let setCallbackSecret: StaticString = "UPDATE accounts SET callback_secret = ?2 WHERE id = ?1"

    static let update: StaticString = """
        UPDATE endpoints SET url = ?3, events = ?4, status = ?5, description = ?6, disabled_reason = ?7,
            rests_until = ?8, claim_limit = ?9, is_ordered = ?10, expires_at = ?11, record = ?12,
            has_filters = ?13
        WHERE id = ?1 AND account = ?2
        """

    /// What attempts change; the rest is their owner's.
    static let review: StaticString = """
        UPDATE endpoints SET status = ?2, disabled_reason = ?3, rests_until = ?4, claim_limit = ?5, record = ?6
        WHERE id = ?1
        """

    /// ?1 account · ?2 now. Those that events are kept for, with the record of those that choose among them, and before
    /// when nothing is sent; NULL where nothing is.
    static let subscribers: StaticString = """
        SELECT id, events, CASE WHEN has_filters THEN record END,
            CASE WHEN status = 'enabled' THEN coalesce(rests_until, 0) END
        FROM endpoints
        WHERE account = ?1 AND status IN ('enabled', 'paused') AND (expires_at IS NULL OR expires_at > ?2)
        ORDER BY number
        """

    static let expired: StaticString = """
        SELECT id, account FROM endpoints WHERE expires_at IS NOT NULL AND expires_at <= ?1
        """

    static let delete: StaticString = "DELETE FROM endpoints WHERE id = ?1 AND account = ?2"

    static let setFirstPending: StaticString = "UPDATE endpoints SET first_pending = ?2 WHERE id = ?1"

    /// For an endpoint that becomes ordered, whose history need not be searched then.
    static let findFirstPending: StaticString = """
        UPDATE endpoints SET first_pending = min(
            coalesce((
                SELECT min(d.event) FROM deliveries d INDEXED BY deliveries_due_endpoints
                WHERE d.status = 'pending' AND d.endpoint = ?1), 9223372036854775807),
            coalesce((SELECT max(position) FROM events), 0))
        WHERE id = ?1 AND account = ?2 AND is_ordered = 0
        """

    static let lowerFirstPending: StaticString = """
        UPDATE endpoints SET first_pending = ?2 WHERE id = ?1 AND first_pending > ?2
        """
}
