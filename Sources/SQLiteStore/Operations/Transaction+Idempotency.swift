internal import Persistence
internal import ThumbwireKit

/// The statements on idempotency keys.
enum IdempotencySQL {
    /// ?2 is the moment that keys are kept since.
    static let one: StaticString = """
        SELECT request, resource, is_new, created_at FROM idempotency_keys WHERE scope = ?1 AND created_at > ?2
        """

    /// In the place of one whose life is over, which may still be there.
    static let keep: StaticString = """
        INSERT OR REPLACE INTO idempotency_keys (scope, request, resource, is_new, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5)
        """

    static let removeExpired: StaticString = """
        DELETE FROM idempotency_keys WHERE scope IN (
            SELECT scope FROM idempotency_keys WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)
        """
}

extension Connection {
    /// What the key's first request made; throws ``StoreError/keyReused`` where that was another request.
    func resource(of key: IdempotencyKey) throws(StoreError) -> KeptResource? {
        let kept = try first(IdempotencySQL.one, key.scope, key.at - IdempotencyKey.life) {
            (
                request: $0.bytes(0),
                resource: KeptResource(id: $0.text(1), isNew: $0.bool(2), at: $0.timestamp(3))
            )
        }
        guard let kept else { return nil }
        guard kept.request == key.request else { throw .keyReused }
        return kept.resource
    }
}

extension Transaction {
    /// Throws where the key was used before.
    func checkUnused(_ key: IdempotencyKey?) throws(StoreError) {
        guard let key, let earlier = try connection.resource(of: key) else { return }
        throw .repeated(earlier)
    }

    func keep(_ resource: KeptResource, for key: IdempotencyKey) throws(StoreError) {
        try connection.run(
            IdempotencySQL.keep, key.scope, key.request, resource.id, resource.isNew, resource.at)
    }

    /// Does what makes a resource, unless the key was used before, and keeps the resource's id.
    func once<Owner, Value>(
        _ key: IdempotencyKey?, makes id: Identifier<Owner>, _ body: () throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        guard let key else { return try body() }
        try checkUnused(key)
        let value = try body()
        try keep(KeptResource(id: id.rawValue, at: key.at), for: key)
        return value
    }
}
