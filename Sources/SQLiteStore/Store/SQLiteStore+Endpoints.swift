package import Persistence
package import Signing
package import ThumbwireKit

extension SQLiteStore {
    package func insert(_ endpoint: Endpoint, secret: Sealed) async throws(StoreError) {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.insert(endpoint, secret: secret)
        }
    }

    package func insertUnlessPresent(
        _ new: StoredEndpoint, now: Timestamp, once key: IdempotencyKey?
    ) async throws(StoreError) -> StoredEndpoint? {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.checkUnused(key)
            let endpoint = new.endpoint
            let equal = try transaction.connection.first(
                EndpointSQL.equal, endpoint.account, endpoint.url, commaSeparated(endpoint.events), now,
                read: StoredEndpoint.init(row:))
            if equal == nil { try transaction.insert(endpoint, secret: new.secret) }
            if let key {
                let id = (equal?.endpoint ?? endpoint).id.rawValue
                try transaction.keep(KeptResource(id: id, isNew: equal == nil, at: key.at), for: key)
            }
            return equal
        }
    }

    package func endpoint(_ id: EndpointID, of account: AccountID) async throws(StoreError) -> Endpoint? {
        try await readers.perform { connection throws(StoreError) in
            try connection.first(EndpointSQL.one, id, account, read: Endpoint.init(row:))
        }
    }

    package func endpoints(of account: AccountID) async throws(StoreError) -> [Endpoint] {
        try await readers.perform { connection throws(StoreError) in
            try connection.all(EndpointSQL.ofAccount, account, read: Endpoint.init(row:))
        }
    }

    package func secret(of endpoint: EndpointID) async throws(StoreError) -> Sealed? {
        try await readers.perform { connection throws(StoreError) in
            try connection.first("SELECT secret FROM endpoints WHERE id = ?1", endpoint) { $0.sealed(0) }
        }
    }

    package func storedEndpoint(
        _ id: EndpointID, of account: AccountID
    ) async throws(StoreError) -> StoredEndpoint? {
        try await readers.perform { connection throws(StoreError) in
            try connection.first(EndpointSQL.one, id, account, read: StoredEndpoint.init(row:))
        }
    }

    package func storedEndpoints(of account: AccountID) async throws(StoreError) -> [StoredEndpoint] {
        try await readers.perform { connection throws(StoreError) in
            try connection.all(EndpointSQL.ofAccount, account, read: StoredEndpoint.init(row:))
        }
    }

    package func setSecret(
        _ secret: Sealed, of endpoint: EndpointID, account: AccountID
    ) async throws(StoreError) -> Bool {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.connection.run(
                EndpointSQL.setSecret, endpoint, account, secret)
            guard transaction.connection.changedRows > 0 else { return false }
            transaction.note(.endpointChanged(endpoint))
            return true
        }
    }

    package func setCallbackSecret(
        _ secret: Sealed, of account: AccountID
    ) async throws(StoreError) -> Bool {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.connection.run(
                EndpointSQL.setCallbackSecret, account, secret)
            return transaction.connection.changedRows > 0
        }
    }

    package func reviseCallbackSecret(
        of account: AccountID, _ change: @escaping @Sendable (Sealed) -> Sealed?
    ) async throws(StoreError) -> Sealed? {
        try await writer.perform { transaction throws(StoreError) in
            let connection = transaction.connection
            let found = try connection.first(EndpointSQL.callbackSecret, account) { $0.sealed(0) }
            guard let found, let changed = change(found) else { return nil }
            try connection.run(EndpointSQL.setCallbackSecret, account, changed)
            return changed
        }
    }

    package func update(_ endpoint: Endpoint) async throws(StoreError) -> Bool {
        try await writer.perform { transaction throws(StoreError) in try transaction.update(endpoint) }
    }

    package func update(
        _ id: EndpointID, of account: AccountID, _ change: @escaping @Sendable (inout Endpoint) -> Void
    ) async throws(StoreError) -> Endpoint? {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.update(id, of: account, change)
        }
    }

    package func revise(
        _ id: EndpointID, of account: AccountID,
        _ change: @escaping @Sendable (StoredEndpoint) -> EndpointRevision?
    ) async throws(StoreError) -> StoredEndpoint? {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.revise(id, of: account, change)
        }
    }

    package func deleteEndpoint(
        _ id: EndpointID, of account: AccountID
    ) async throws(StoreError) -> Bool {
        let wasThere = try await writer.perform { transaction throws(StoreError) in
            try transaction.deleteEndpoint(id, of: account)
        }
        guard wasThere else { return false }
        while try await writer.perform({ transaction throws(StoreError) in
            try transaction.connection.giveUpWaiting(for: id)
        }) {}
        return true
    }

    package func removeExpiredEndpoints(now: Timestamp) async throws(StoreError) -> Int {
        let expired = try await readers.perform { connection throws(StoreError) in
            try connection.all(EndpointSQL.expired, now) {
                (id: $0.identifier(0) as EndpointID, account: $0.identifier(1) as AccountID)
            }
        }
        var removed = 0
        for endpoint in expired where try await deleteEndpoint(endpoint.id, of: endpoint.account) {
            removed += 1
        }
        return removed
    }
}
