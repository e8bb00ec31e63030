import Documents
import HTTP
import Persistence
import Signing
import ThumbwireKit

extension RouteTable {
    mutating func addKeys() {
        native(
            .get, "/v1/me",
            Operation(
                "getMe", "The account and key of this request", tag: "keys",
                answers: [.json(200, "who asks", "Me")])
        ) { call in
            guard let account = try await call.context.store.account(call.account) else {
                throw Problem(.notFound, "the key's account does not exist")
            }
            let store = call.context.store
            return .json(
                200,
                [
                    "account": account.document, "key": .object(document(of: call.key)),
                    "credits": [
                        "metered": .bool(account.isMetered),
                        "balance": .integer(Int64(try await store.balance(of: account.id))),
                        "held": .integer(Int64(try await store.held(by: account.id))),
                        "spentByKey": .integer(Int64(try await store.spending(of: call.key.id))),
                    ],
                ])
        }
        native(
            .get, "/v1/keys",
            Operation(
                "listKeys", "Keys without their values, oldest first", tag: "keys", parameters: [.account],
                answers: [.json(200, "the list", "KeyList")])
        ) { call in
            let keys = try await call.context.store.keys(of: try call.queriedAccount())
            return .list(keys.map { .object(document(of: $0)) })
        }
        native(
            .post, "/v1/keys",
            Operation(
                "createKey", "Make a key; its value is shown this once", tag: "keys",
                parameters: [.idempotencyKey], body: "KeyRequest",
                answers: [.json(201, "the key with its value", "KeyWithValue")]),
            createKey)
        native(
            .delete, "/v1/keys/{id}",
            Operation(
                "revokeKey", "Refuse a key from now on", tag: "keys", parameters: [.account],
                answers: [Operation.Answer(status: 204, summary: "revoked")])
        ) { call in
            let id = KeyID(rawValue: call.parameter("id"))
            let account = try call.queriedAccount()
            try await call.checkRevocation(of: id, in: account)
            let now = call.context.clock.now()
            guard try await call.context.store.revoke(id, of: account, at: now) else {
                throw Problem(.notFound, "there is no key \(id.rawValue.prefix(64))")
            }
            call.keys.forget(id)
            return Response(status: 204)
        }
    }
}

@Sendable private func createKey(_ call: Call) async throws -> Response {
    let now = call.context.clock.now()
    let asked = try KeyRequest(try call.body(), now: now)
    try call.checkGrant(asked)
    let account = asked.account ?? call.account
    let made = try await call.once { key in
        try await call.make(asked, for: account, now: now, once: key)
    } find: { kept in
        let keys = try await call.context.store.keys(of: account)
        return keys.first { $0.id.rawValue == kept.id }.map { NewKey(key: $0) }
    }
    var answer = document(of: made.resource.key)
    answer["key"] = made.resource.value.json
    return .json(201, .object(answer)).marked(made)
}

private struct NewKey {
    var key: APIKey
    /// Known only to the request that made it.
    var value: String?
}

extension Call {
    fileprivate func make(
        _ asked: KeyRequest, for account: AccountID, now: Timestamp, once idempotencyKey: IdempotencyKey?
    ) async throws -> NewKey {
        guard try await context.store.account(account) != nil else {
            throw Problem([FieldError(pointer: "/accountId", detail: "is no account")])
        }
        let value = asked.value ?? "tw_" + hexadecimal(randomBytes(24))
        var key = APIKey(
            id: KeyID(prefix: "key_", at: now), account: account, name: asked.name, scopes: Set(asked.scopes),
            createdAt: now, expiresAt: asked.expiresAt)
        key.creditCap = asked.creditCap
        key.requestsPerMinute = asked.requestsPerMinute
        try await context.store.insert(
            key, valueHash: Hash.sha256(Array(value.utf8)), once: idempotencyKey)
        return NewKey(key: key, value: value)
    }

    /// The account that the query names, for admins; this key's own otherwise.
    fileprivate func queriedAccount() throws(Problem) -> AccountID {
        let named = request.query("accountId").map(AccountID.init(rawValue:)) ?? account
        guard named == account || isAdmin else {
            throw Problem(.scopeMissing, "keys of another account need the scope admin")
        }
        return named
    }

    /// A key takes no more than it has: otherwise a leaked app key could lock its account's admin out.
    fileprivate func checkRevocation(of id: KeyID, in account: AccountID) async throws {
        guard !isAdmin else { return }
        let revoked = try await context.store.keys(of: account).first { $0.id == id }
        guard let missing = revoked?.scopes.first(where: { !key.scopes.contains($0) }) else { return }
        throw Problem(.scopeMissing, "to revoke this key needs the scope \(missing.rawValue)")
    }

    /// A key gives no more than it has: neither scopes, nor time, nor other accounts. What it may spend and how often
    /// it may ask would be its own again with each key that it makes.
    fileprivate func checkGrant(_ asked: KeyRequest) throws(Problem) {
        guard !isAdmin else { return }
        guard asked.account ?? account == account else {
            throw Problem(.scopeMissing, "a key for another account needs the scope admin")
        }
        if let missing = asked.scopes.first(where: { !key.scopes.contains($0) }) {
            throw Problem(.scopeMissing, "this key has not the scope \(missing.rawValue) to give")
        }
        if key.creditCap != nil || key.requestsPerMinute != nil {
            throw Problem(
                .scopeMissing, "a key with a credit cap or a rate limit makes no keys; ask with another")
        }
        if let expiry = key.expiresAt, asked.expiresAt.map({ $0 > expiry }) ?? true {
            throw Problem(.scopeMissing, "this key expires at \(expiry); expiresAt must not be later")
        }
    }
}

private func document(of key: APIKey) -> JSONObject {
    [
        "id": .string(key.id.rawValue), "accountId": .string(key.account.rawValue),
        "name": .string(key.name),
        "scopes": .array(APIKey.Scope.allCases.filter(key.scopes.contains).map { .string($0.rawValue) }),
        "createdAt": .string(key.createdAt.description), "expiresAt": (key.expiresAt?.description).json,
        "revokedAt": (key.revokedAt?.description).json,
        "creditCap": key.creditCap.map { .integer(Int64($0)) } ?? .null,
        "requestsPerMinute": key.requestsPerMinute.map { .integer(Int64($0)) } ?? .null,
        "lastUsedAt": (key.lastUsedAt?.description).json,
    ]
}
