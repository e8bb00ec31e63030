internal import Persistence
internal import Signing
internal import ThumbwireKit

extension Transaction {
    func insert(_ endpoint: Endpoint, secret: Sealed) throws(StoreError) {
        try naming(unique: "endpoint \(endpoint.id)", foreign: "account \(endpoint.account)") {
            () throws(StoreError) in
            try connection.run(
                EndpointSQL.insert, endpoint.id, endpoint.account, endpoint.url,
                commaSeparated(endpoint.events),
                endpoint.status.rawValue, endpoint.description, endpoint.createdAt, endpoint.disabledReason,
                endpoint.health.restsUntil, endpoint.health.claimLimit, endpoint.sending.isOrdered,
                endpoint.expiresAt, EndpointRecord.write(endpoint).map { UTF8Text(bytes: $0) },
                endpoint.hasFilters, secret)
        }
    }

    func update(_ endpoint: Endpoint) throws(StoreError) -> Bool {
        if endpoint.sending.isOrdered {
            try connection.run(EndpointSQL.findFirstPending, endpoint.id, endpoint.account)
        }
        try connection.run(
            EndpointSQL.update, endpoint.id, endpoint.account, endpoint.url, commaSeparated(endpoint.events),
            endpoint.status.rawValue, endpoint.description, endpoint.disabledReason,
            endpoint.health.restsUntil, endpoint.health.claimLimit, endpoint.sending.isOrdered,
            endpoint.expiresAt, EndpointRecord.write(endpoint).map { UTF8Text(bytes: $0) },
            endpoint.hasFilters)
        guard connection.changedRows > 0 else { return false }
        try renewTurn(of: endpoint.id)
        note(.endpointChanged(endpoint.id))
        if endpoint.status == .enabled { note(.deliveryDue) }
        return true
    }

    func update(
        _ id: EndpointID, of account: AccountID, _ change: (inout Endpoint) -> Void
    ) throws(StoreError) -> Endpoint? {
        guard let found = try connection.first(EndpointSQL.one, id, account, read: Endpoint.init(row:)) else {
            return nil
        }
        var changed = found
        change(&changed)
        (changed.id, changed.account, changed.createdAt) = (found.id, found.account, found.createdAt)
        if changed != found { _ = try update(changed) }
        return changed
    }

    func revise(
        _ id: EndpointID, of account: AccountID, _ change: (StoredEndpoint) -> EndpointRevision?
    ) throws(StoreError) -> StoredEndpoint? {
        let found = try connection.first(EndpointSQL.one, id, account, read: StoredEndpoint.init(row:))
        guard let found, let revision = change(found) else { return nil }
        var changed = revision.stored
        changed.endpoint.id = id
        changed.endpoint.account = account
        changed.endpoint.createdAt = found.endpoint.createdAt
        if changed.endpoint != found.endpoint { _ = try update(changed.endpoint) }
        if changed.secret != found.secret {
            try connection.run(EndpointSQL.setSecret, id, account, changed.secret)
            note(.endpointChanged(id))
        }
        for event in revision.events { try emit(event, about: id) }
        return changed
    }

    /// Removes the endpoint and gives up what is being attempted for it, and as much of what waits as one commit should;
    /// ``giveUpWaiting(for:)`` does the rest.
    func deleteEndpoint(_ id: EndpointID, of account: AccountID) throws(StoreError) -> Bool {
        try connection.run(EndpointSQL.delete, id, account)
        guard connection.changedRows > 0 else { return false }
        try connection.run(DeliverySQL.exhaustLeased, id)
        try connection.run(DeliveryLeaseSQL.endOfEndpoint, id)
        try connection.run(TurnSQL.delete, id)
        note(.endpointChanged(id))
        return true
    }
}

extension Connection {
    private static let maximumGivenUp = 500

    /// Gives up part of what waits for an endpoint that is gone; false when nothing is left.
    func giveUpWaiting(for endpoint: EndpointID) throws(StoreError) -> Bool {
        try run(DeliverySQL.exhaustWaiting, endpoint, Self.maximumGivenUp)
        return changedRows == Self.maximumGivenUp
    }
}

extension Endpoint {
    fileprivate var hasFilters: Bool { filters != Filters() }
}
