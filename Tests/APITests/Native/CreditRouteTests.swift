import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite(.timeLimit(.minutes(10)))
struct CreditRouteTests {
    @Test func `an admin makes an account, grants credits and reads its ledger`() async throws {
        try await withService { service in
            let made = try await service.admin(
                .post, "/v1/accounts", #"{"name":"Shop","isMetered":true,"credits":10}"#)
            #expect(made.status == 201)
            let id = try #require(try made.json()["id"]?.string)
            #expect(try made.json()["credits"] == ["balance": 10, "held": 0])

            let granted = try await service.admin(
                .post, "/v1/accounts/\(id)/credits", #"{"amount":-14,"note":"refund"}"#)
            #expect(try granted.json() == ["balance": -4, "held": 0])

            let first = try await service.admin(.get, "/v1/accounts/\(id)/ledger", query: [("limit", "1")])
            let line = try #require(try first.json()["data"]?.array?.first)
            #expect(line["kind"] == "grant")
            #expect(line["amount"] == -14)
            #expect(line["note"] == "refund")
            let cursor = try #require(try first.json()["next"]?.string)
            let rest = try await service.admin(
                .get, "/v1/accounts/\(id)/ledger", query: [("cursor", cursor)])
            #expect(try rest.json()["data"]?.array?.count == 1)
            #expect(try rest.json()["next"] == .null)
        }
    }

    @Test func `an account is renamed and its metering switched`() async throws {
        try await withService { service in
            let path = "/v1/accounts/\(service.other.id)"
            let changed = try await service.admin(.patch, path, #"{"name":"New","isMetered":true}"#)
            #expect(changed.status == 200)
            #expect(try changed.json()["isMetered"] == true)

            let read = try await service.admin(.get, path).json()
            #expect(read["name"] == "New")
            let list = try await service.admin(.get, "/v1/accounts").json()["data"]?.array ?? []
            #expect(list.map { $0["name"]?.string } == [service.account.name, "New"])
        }
    }

    @Test func `an account's share of the work is set, changed, and its maximum taken away`() async throws {
        try await withService { service in
            let made = try await service.admin(
                .post, "/v1/accounts", #"{"name":"Shop","weight":5,"maximumRunningJobs":8}"#)
            #expect(made.status == 201)
            let path = "/v1/accounts/\(try #require(try made.json()["id"]?.string))"
            #expect(try made.json()["weight"] == 5)
            #expect(try made.json()["maximumRunningJobs"] == 8)

            _ = try await service.admin(.patch, path, #"{"weight":7}"#)
            let weighted = try await service.admin(.get, path).json()
            #expect(weighted["weight"] == 7)
            #expect(weighted["maximumRunningJobs"] == 8)

            let changed = try await service.admin(.patch, path, #"{"maximumRunningJobs":null}"#)
            #expect(try changed.json()["maximumRunningJobs"] == .null)
            #expect(try changed.json()["weight"] == 7)
        }
    }

    @Test(arguments: [
        ("POST", "/v1/accounts", #"{}"#, "/name"),
        ("POST", "/v1/accounts", #"{"name":"a","credits":-1}"#, "/credits"),
        ("POST", "/v1/accounts", #"{"name":"a","isMetered":"yes"}"#, "/isMetered"),
        ("POST", "/v1/accounts", #"{"name":"a","weight":0}"#, "/weight"),
        ("PATCH", "/v1/accounts/ID", #"{"weight":101}"#, "/weight"),
        ("PATCH", "/v1/accounts/ID", #"{"maximumRunningJobs":0}"#, "/maximumRunningJobs"),
        ("PATCH", "/v1/accounts/ID", #"{"credits":5}"#, "/credits"),
        ("POST", "/v1/accounts/ID/credits", #"{"note":"x"}"#, "/amount"),
        ("POST", "/v1/accounts/ID/credits", #"{"amount":0}"#, "/amount"),
        ("POST", "/v1/accounts/ID/credits", #"{"amount":1e30}"#, "/amount"),
        ("POST", "/v1/accounts/ID/credits", #"{"amount":2000000000}"#, "/amount"),
    ])
    func `names what is wrong with what is asked`(
        method: String, path: String, body: String, pointer: String
    ) async throws {
        try await withService { service in
            let path = path.replacing("ID", with: service.other.id.rawValue)
            let response = try await service.admin(try #require(Method(rawValue: method)), path, body)
            #expect(response.status == 422)
            #expect(try response.json()["errors"]?.array?.first?["pointer"]?.string == pointer)
        }
    }

    @Test(arguments: ["", "/x", "/x/ledger"])
    func `accounts are for admins, and unknown ones are said to be`(path: String) async throws {
        try await withService { service in
            let refused = try await service.send(.get, "/v1/accounts\(path)")
            #expect(refused.status == 403)
            #expect(try refused.json()["code"] == "scope_missing")

            let found = try await service.admin(.get, "/v1/accounts\(path)")
            #expect(found.status == (path.isEmpty ? 200 : 404))
        }
    }

    @Test func `a job costs its account 4 credits, which come back when it fails`() async throws {
        try await withService { service in
            try await service.meter(balance: 5)
            let made = try await service.send(.post, "/v1/jobs", body: #"{"title":"A"}"#)
            #expect(made.status == 202)
            #expect(try await service.credits()["balance"] == 1)
            #expect(try await service.credits()["held"] == 4)

            let refused = try await service.send(.post, "/v1/jobs", body: #"{"title":"B"}"#)
            #expect(refused.status == 402)
            #expect(try refused.json()["code"] == "credits_insufficient")

            try await service.engine.finish(.failed)
            #expect(try await service.credits()["balance"] == 5)
            let again = try await service.send(.post, "/v1/jobs", body: #"{"title":"B"}"#)
            #expect(again.status == 202)
        }
    }

    @Test func `a key's cap refuses before the account's balance does`() async throws {
        try await withService { service in
            let value = "sk_live_0123456789abcdef"
            let made = try await service.send(
                .post, "/v1/keys", body: #"{"name":"capped","value":"\#(value)","creditCap":7}"#)
            #expect(made.status == 201)
            #expect(try made.json()["key"]?.string == value)
            #expect(try made.json()["creditCap"] == 7)

            let first = try await service.send(.post, "/v1/jobs", key: value, body: #"{"title":"A"}"#)
            let second = try await service.send(.post, "/v1/jobs", key: value, body: #"{"title":"A"}"#)
            let other = try await service.send(.post, "/v1/jobs", body: #"{"title":"A"}"#)

            #expect([first.status, second.status, other.status] == [202, 402, 202])
            let me = try await service.send(.get, "/v1/me", key: value).json()
            #expect(me["credits"]?["spentByKey"] == 4)
            #expect(me["credits"]?["metered"] == false)
            let list = try await service.send(.get, "/v1/keys").text()
            #expect(!list.contains(value))
        }
    }

    @Test(arguments: [#""creditCap":100"#, #""requestsPerMinute":100"#])
    func `a key with limits makes no keys`(limit: String) async throws {
        try await withService { service in
            let value = "sk_live_0123456789abcdef"
            _ = try await service.send(
                .post, "/v1/keys", body: #"{"name":"limited","value":"\#(value)",\#(limit)}"#)

            let refused = try await service.send(.post, "/v1/keys", key: value, body: #"{"name":"more"}"#)

            #expect(refused.status == 403)
            #expect(try refused.json()["code"] == "scope_missing")
        }
    }

    @Test func `a key's requests of a minute are counted on every face`() async throws {
        try await withService { service in
            let value = "sk_live_0123456789abcdef"
            _ = try await service.send(
                .post, "/v1/keys", body: #"{"name":"slow","value":"\#(value)","requestsPerMinute":2}"#)
            _ = try await service.send(.get, "/v1/me", key: value)
            _ = try await service.send(.get, "/api/v1/thumbnail/x", key: value)
            service.clock.advance(by: .milliseconds(18_500))

            let native = try await service.send(.get, "/v1/me", key: value)
            let soke = try await service.send(.get, "/api/v1/thumbnail/x", key: value)
            let unlimited = try await service.send(.get, "/v1/me")
            service.clock.advance(by: .milliseconds(41_500))
            let later = try await service.send(.get, "/v1/me", key: value)

            #expect(native.status == 429)
            #expect(native.headers["Retry-After"] == "42")
            #expect(try native.json()["code"] == "rate_limited")
            #expect(soke.status == 429)
            #expect(soke.headers["Retry-After"] == "42")
            #expect(try soke.json()["error"]?["details"]?["retryAfter"] == 42)
            #expect(unlimited.status == 200)
            #expect(later.status == 200)
        }
    }

    @Test func `the use of a key is noted once a minute`() async throws {
        try await withService { service in
            _ = try await service.send(.get, "/v1/me")
            let first = try await service.lastUse { $0 != nil }
            service.clock.advance(by: .seconds(59))
            _ = try await service.send(.get, "/v1/me")
            service.clock.advance(by: .seconds(1))
            _ = try await service.send(.get, "/v1/me")
            let second = try await service.lastUse { $0 != first }

            #expect(first == "2026-11-21T12:00:00.000Z")
            #expect(second == "2026-11-21T12:01:00.000Z")
        }
    }
}

extension Service {
    fileprivate func admin(
        _ method: Method, _ path: String, _ body: String? = nil, query: [(String, String)] = []
    ) async throws -> Response {
        try await send(method, path, query: query, key: Service.adminKey, body: body)
    }

    fileprivate func meter(balance: Int) async throws {
        var metered = account
        metered.isMetered = true
        _ = try await store.update(metered)
        _ = try await store.grant(balance, to: account.id, note: nil, at: .noon)
    }

    fileprivate func credits() async throws -> JSONValue {
        try await send(.get, "/v1/me").json()["credits"] ?? .null
    }

    /// The last use of the usual key as soon as it is what the test waits for.
    fileprivate func lastUse(where isMet: (String?) -> Bool) async throws -> String? {
        while true {
            let keys = try await store.keys(of: account.id)
            let use = keys.first { !$0.scopes.contains(.admin) }?.lastUsedAt?.description
            if isMet(use) { return use }
            await Task.yield()
        }
    }
}
