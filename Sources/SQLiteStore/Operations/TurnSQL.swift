/// The statements on turns: before when nothing of an endpoint, or of callbacks, can be claimed.
enum TurnSQL {
    /// ?1 endpoint · ?2 moment
    static let lower: StaticString = """
        INSERT INTO endpoint_turns (endpoint, at) VALUES (?1, ?2)
        ON CONFLICT (endpoint) DO UPDATE SET at = ?2 WHERE at > ?2
        """

    static let set: StaticString = """
        INSERT INTO endpoint_turns (endpoint, at) VALUES (?1, ?2)
        ON CONFLICT (endpoint) DO UPDATE SET at = ?2 WHERE at <> ?2
        """

    static let delete: StaticString = "DELETE FROM endpoint_turns WHERE endpoint = ?1"

    static let ofCallbacks: StaticString = "SELECT at FROM callback_turn"

    static let setOfCallbacks: StaticString = "UPDATE callback_turn SET at = ?1 WHERE at <> ?1"

    static let lowerOfCallbacks: StaticString = "UPDATE callback_turn SET at = ?1 WHERE at > ?1"

    /// Those whose turn it is at ?1, in their order, with what restricts them. What belongs to the endpoint is NULL
    /// where that is gone.
    static let due: StaticString = """
        SELECT t.endpoint, t.at, e.status, e.expires_at, e.rests_until, e.claim_limit, e.is_ordered, e.first_pending
        FROM endpoint_turns t INDEXED BY endpoint_turns_by_time LEFT JOIN endpoints e ON e.id = t.endpoint
        WHERE t.at <= ?1 ORDER BY t.at
        """

    /// As ``due``, of one endpoint, whether or not it has a turn.
    static let one: StaticString = """
        SELECT e.id, 0, e.status, e.expires_at, e.rests_until, e.claim_limit, e.is_ordered, e.first_pending
        FROM endpoints e WHERE e.id = ?1
        """
}
