import Documents
import HTTP
import Persistence
import Signing
import ThumbwireKit
import Webhooks

extension RouteTable {
    /// Accounts and their credits, for the scope `admin`.
    mutating func addAccounts() {
        admin(
            .get, "/v1/accounts",
            Operation(
                "listAccounts", "Accounts, oldest first", tag: "accounts",
                answers: [.json(200, "the list", "AccountList")])
        ) { call in
            .list(try await call.context.store.accounts().map(\.document))
        }
        admin(
            .post, "/v1/accounts",
            Operation(
                "createAccount", "Make an account; one that is metered pays for jobs with credits",
                tag: "accounts", parameters: [.idempotencyKey], body: "AccountRequest",
                answers: [.json(201, "the account", "Account")]),
            createAccount)
        admin(
            .get, "/v1/accounts/{id}",
            Operation(
                "getAccount", "An account with its credits", tag: "accounts",
                answers: [.json(200, "the account", "Account")])
        ) { call in
            .json(200, try await call.document(of: call.namedAccount()))
        }
        admin(
            .patch, "/v1/accounts/{id}",
            Operation(
                "changeAccount",
                "Rename an account, begin or end its metering, change its share of the work or limit its jobs",
                tag: "accounts",
                body: "AccountChange", answers: [.json(200, "the account", "Account")]),
            changeAccount)
        admin(
            .post, "/v1/accounts/{id}/credits",
            Operation(
                "grantCredits",
                "Add credits to the balance, or take some; it may fall below zero, and jobs that cost something are "
                    + "refused then",
                tag: "accounts", parameters: [.idempotencyKey], body: "GrantRequest",
                answers: [.json(200, "the new balance", "Credits")]),
            grantCredits)
        admin(
            .get, "/v1/accounts/{id}/ledger",
            Operation(
                "listLedger", "Every line that makes the balance, newest first", tag: "accounts",
                parameters: Operation.Parameter.list(),
                answers: [.json(200, "part of the list", "LedgerList")]),
            listLedger)
    }

    private mutating func admin(
        _ method: Method, _ pattern: String, _ operation: Operation,
        _ answer: @escaping @Sendable (Call) async throws -> Response
    ) {
        native(method, pattern, operation) { call in
            guard call.isAdmin else { throw Problem(.scopeMissing, "accounts need the scope admin") }
            return try await answer(call)
        }
    }
}

@Sendable private func createAccount(_ call: Call) async throws -> Response {
    let (asked, credits) = try AccountRequest.creation(try call.body())
    let context = call.context
    let made = try await call.once { key in
        let now = context.clock.now()
        var account = Account(
            id: AccountID(prefix: "acct_", at: now), name: asked.name ?? "", createdAt: now,
            isMetered: asked.isMetered ?? false, weight: asked.weight ?? 1,
            maximumRunningJobs: asked.maximumRunningJobs ?? nil)
        account.jobsPerMinute = asked.jobsPerMinute ?? nil
        let secret = WebhookSecrets(.generate()).sealed(with: context.sealer)
        try await context.store.insert(account, callbackSecret: secret, credits: credits, once: key)
        return account
    } find: { kept in
        try await context.store.account(AccountID(rawValue: kept.id))
    }
    return .json(201, try await call.document(of: made.resource)).marked(made)
}

@Sendable private func changeAccount(_ call: Call) async throws -> Response {
    let asked = try AccountRequest.change(try call.body())
    var account = try await call.namedAccount()
    account.name = asked.name ?? account.name
    account.isMetered = asked.isMetered ?? account.isMetered
    account.jobsPerMinute = asked.jobsPerMinute ?? account.jobsPerMinute
    account.weight = asked.weight ?? account.weight
    account.maximumRunningJobs = asked.maximumRunningJobs ?? account.maximumRunningJobs
    guard try await call.context.store.update(account) else { throw call.noAccount }
    call.context.jobLimits.forget(account.id)
    return .json(200, try await call.document(of: account))
}

@Sendable private func grantCredits(_ call: Call) async throws -> Response {
    let asked = try AccountRequest.grant(try call.body())
    let account = try await call.namedAccount()
    let context = call.context
    let balance = try await call.once { key in
        try await context.store.grant(
            asked.amount, to: account.id, note: asked.note, at: context.clock.now(), once: key)
    } find: { _ in
        try await context.store.balance(of: account.id)
    }
    let held = try await context.store.held(by: account.id)
    return .json(200, credits(balance: balance.resource, held: held)).marked(balance)
}

@Sendable private func listLedger(_ call: Call) async throws -> Response {
    let account = try await call.namedAccount()
    let limit = try call.limit()
    let page = try await call.page { () async throws(StoreError) in
        try await call.context.store.ledger(
            of: account.id, limit: limit, cursor: call.request.query("cursor"))
    }
    return .list(page.items.map(\.document), next: page.next)
}

extension Call {
    fileprivate func namedAccount() async throws -> Account {
        guard let account = try await context.store.account(AccountID(rawValue: parameter("id"))) else {
            throw noAccount
        }
        return account
    }

    fileprivate var noAccount: Problem {
        Problem(.notFound, "there is no account \(parameter("id").prefix(64))")
    }

    fileprivate func document(of account: Account) async throws -> JSONValue {
        var object = account.document.object ?? [:]
        object["credits"] = credits(
            balance: try await context.store.balance(of: account.id),
            held: try await context.store.held(by: account.id))
        return .object(object)
    }
}

extension Account {
    /// The account without its credits.
    var document: JSONValue {
        [
            "id": .string(id.rawValue), "name": .string(name), "isMetered": .bool(isMetered),
            "jobsPerMinute": jobsPerMinute.map { .integer(Int64($0)) } ?? .null,
            "weight": .integer(Int64(weight)),
            "maximumRunningJobs": maximumRunningJobs.map { .integer(Int64($0)) } ?? .null,
            "createdAt": .string(createdAt.description),
        ]
    }
}

extension LedgerEntry {
    fileprivate var document: JSONValue {
        [
            "kind": .string(kind.rawValue), "amount": .integer(Int64(amount)),
            "jobId": (job?.rawValue).json, "note": note.json, "at": .string(at.description),
        ]
    }
}

/// What is left and what unfinished jobs hold beside it.
private func credits(balance: Int, held: Int) -> JSONValue {
    ["balance": .integer(Int64(balance)), "held": .integer(Int64(held))]
}
