import HTTP
import TestSupport
import Testing
import ThumbwireKit

struct KeyRouteTests {
    @Test(arguments: ["Authorization", "X-Soke-Key", "X-API-Key"])
    func `takes the key in any of three headers`(header: String) async throws {
        try await withService { service in
            let value = header == "Authorization" ? "bearer \(Service.key)" : Service.key
            let response = try await service.send(.get, "/v1/me", headers: [header: value], key: nil)
            #expect(response.status == 200)
            #expect(try response.json()["account"]?["id"]?.string == service.account.id.rawValue)
        }
    }

    @Test(arguments: [
        ("Accept", "*/*", "key_missing"), ("Authorization", "Basic abc", "key_missing"),
        ("Authorization", "Bearer nope", "key_invalid"), ("X-API-Key", "nope", "key_invalid"),
    ])
    func `refuses a missing or wrong key`(header: String, value: String, code: String) async throws {
        try await withService { service in
            let response = try await service.send(.get, "/v1/me", headers: [header: value], key: nil)
            #expect(response.status == 401)
            #expect(response.headers["WWW-Authenticate"]?.hasPrefix("Bearer") == true)
            #expect(try response.json()["code"]?.string == code)
        }
    }

    @Test func `shows a new key once and refuses it after its revocation`() async throws {
        try await withService { service in
            let made = try await service.send(.post, "/v1/keys", body: #"{"name":"CI"}"#)
            #expect(made.status == 201)
            let value = try #require(try made.json()["key"]?.string)
            let id = try #require(try made.json()["id"]?.string)
            let used = try await service.send(.get, "/v1/me", key: value)
            #expect(try used.json()["key"]?["id"]?.string == id)
            let list = try await service.send(.get, "/v1/keys").text()
            #expect(list.contains(id))
            #expect(!list.contains(value))

            let revoked = try await service.send(.delete, "/v1/keys/\(id)")
            #expect(revoked.status == 204)
            let refused = try await service.send(.get, "/v1/me", key: value)
            #expect(refused.status == 401)
            #expect(try refused.json()["code"] == "key_revoked")
        }
    }

    @Test func `refuses a key from the moment it expires`() async throws {
        try await withService { service in
            let made = try await service.send(
                .post, "/v1/keys",
                body: #"{"name":"short","value":"0123456789abcdef","expiresAt":"2026-11-21T12:00:01.500Z"}"#)
            #expect(made.status == 201)
            #expect(try made.json()["expiresAt"] == "2026-11-21T12:00:01.500Z")
            #expect(try await service.send(.get, "/v1/me", key: "0123456789abcdef").status == 200)
            service.clock.advance(by: .milliseconds(1_500))
            let refused = try await service.send(.get, "/v1/me", key: "0123456789abcdef")
            #expect(refused.status == 401)
            #expect(try refused.json()["code"] == "key_expired")
        }
    }

    @Test func `gives nobody more than their own key has`() async throws {
        try await withService { service in
            let admin = try await service.send(
                .post, "/v1/keys", body: #"{"name":"root","scopes":["admin"]}"#)
            #expect(admin.status == 403)
            let foreign = #"{"name":"other","accountId":"\#(service.other.id)"}"#
            #expect(try await service.send(.post, "/v1/keys", body: foreign).status == 403)
            let byAdmin = try await service.send(.post, "/v1/keys", key: Service.adminKey, body: foreign)
            #expect(byAdmin.status == 201)
            #expect(try byAdmin.json()["accountId"]?.string == service.other.id.rawValue)
            let list = [("accountId", service.other.id.rawValue)]
            #expect(try await service.send(.get, "/v1/keys", query: list).status == 403)
            #expect(
                try await service.send(.get, "/v1/keys", query: list, key: Service.adminKey).status == 200)
        }
    }

    @Test func `lets no key revoke one that can do more`() async throws {
        try await withService { service in
            let admin = try await service.send(.get, "/v1/me", key: Service.adminKey).json()
            let id = try #require(admin["key"]?["id"]?.string)
            let account = try #require(admin["account"]?["id"]?.string)
            let lesser = try await service.send(
                .post, "/v1/keys", key: Service.adminKey,
                body: #"{"name":"app","value":"0123456789abcdef","accountId":"\#(account)"}"#)
            #expect(lesser.status == 201)

            let refused = try await service.send(.delete, "/v1/keys/\(id)", key: "0123456789abcdef")
            #expect(refused.status == 403)
            #expect(try refused.json()["code"] == "scope_missing")
            #expect(try await service.send(.get, "/v1/me", key: Service.adminKey).status == 200)
        }
    }

    @Test(arguments: [
        (#"{}"#, "/name"), (#"{"name":"a","value":"short"}"#, "/value"),
        (#"{"name":"a","expiresAt":"2026-11-21T11:59:59Z"}"#, "/expiresAt"),
        (#"{"name":"a","expiresAt":"tomorrow"}"#, "/expiresAt"),
        (#"{"name":"a","expiresAt":"300000-01-01T00:00:00Z"}"#, "/expiresAt"),
        (#"{"name":"a","scopes":["root"]}"#, "/scopes/0"), (#"{"name":"a","creditCap":-1}"#, "/creditCap"),
        (#"{"name":"a","requestsPerMinute":0}"#, "/requestsPerMinute"),
        (#"{"name":"a","limit":5}"#, "/limit"),
    ])
    func `names what is wrong with a key that is asked for`(body: String, pointer: String) async throws {
        try await withService { service in
            let response = try await service.send(.post, "/v1/keys", body: body)
            #expect(response.status == 422)
            #expect(try response.json()["errors"]?.array?.first?["pointer"]?.string == pointer)
        }
    }

    @Test func `refuses a value that exists`() async throws {
        try await withService { service in
            let body = #"{"name":"again","value":"\#(Service.otherKey)"}"#
            let response = try await service.send(.post, "/v1/keys", body: body)
            #expect(response.status == 409)
            #expect(try !response.text().contains(Service.otherKey))
        }
    }
}
