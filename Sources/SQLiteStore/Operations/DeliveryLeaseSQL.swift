/// The statements on leases of deliveries.
enum DeliveryLeaseSQL {
    /// ?1 delivery · ?2 endpoint · ?3 due · ?4 end
    static let insert: StaticString = """
        INSERT INTO delivery_leases (delivery, endpoint, due_at, until_at) VALUES (?1, ?2, ?3, ?4)
        """

    static let end: StaticString = "DELETE FROM delivery_leases WHERE delivery = ?1"

    static let endOfEndpoint: StaticString = "DELETE FROM delivery_leases WHERE endpoint = ?1"

    static let endExpired: StaticString = """
        DELETE FROM delivery_leases WHERE until_at <= ?1 RETURNING endpoint, due_at
        """

    /// ?1 delivery, by its id · ?2 due
    static let lowerDue: StaticString = """
        UPDATE delivery_leases SET due_at = min(due_at, ?2)
        WHERE delivery = (SELECT number FROM deliveries WHERE id = ?1)
        """

    static let countOfEndpoint: StaticString = "SELECT count(*) FROM delivery_leases WHERE endpoint = ?1"
}
