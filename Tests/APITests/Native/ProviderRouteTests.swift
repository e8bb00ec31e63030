import Engine
import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit

struct ProviderRouteTests {
    private func script(_ service: Service) {
        var opus = ProviderStatus(name: "opus", plugin: "opus", isEnabled: true)
        opus.circuit = .open
        opus.openUntil = .noon + .seconds(30)
        opus.reason = Failure(.unavailable, code: "provider_unavailable", message: "opus answered 503")
        opus.budgets = [Budget(kind: .credits, limit: 900, remaining: 12, resetsAt: .noon + .seconds(60))]
        opus.openTickets = 3
        opus.recent.creates = 6
        opus.recent.failures = 5
        var dalle = ProviderStatus(name: "dalle", plugin: "dalle", isEnabled: false)
        dalle.disabledReason = "OPENAI_API_KEY is not set"
        service.engine.script([opus, dalle])
    }

    @Test func `shows every provider to any key`() async throws {
        try await withService { service in
            script(service)

            let list = try await service.send(.get, "/v1/providers").json()

            #expect(
                list["data"]?.array?.first == [
                    "name": "opus", "plugin": "opus", "enabled": true, "circuit": "open",
                    "openUntil": "2026-11-21T12:00:30.000Z",
                    "reason": [
                        "code": "provider_unavailable", "class": "unavailable",
                        "message": "opus answered 503",
                    ],
                    "pause": .null,
                    "budgets": [
                        [
                            "kind": "credits", "limit": 900, "remaining": 12,
                            "resetsAt": "2026-11-21T12:01:00.000Z",
                        ]
                    ],
                    "openTickets": 3, "recent": ["creates": 6, "failures": 5], "creating": 0, "waiting": 0,
                ])
            let disabled = list["data"]?.array?.last
            #expect(disabled?["enabled"] == false)
            #expect(disabled?["disabledReason"] == "OPENAI_API_KEY is not set")
        }
    }

    @Test func `lets an administrator pause and resume`() async throws {
        try await withService { service in
            script(service)

            let paused = try await service.send(
                .post, "/v1/providers/opus/pause", key: Service.adminKey,
                body: #"{"seconds":90,"reason":"too slow"}"#)
            #expect(paused.status == 200)
            #expect(
                try paused.json()["pause"] == [
                    "until": "2026-11-21T12:01:30.000Z", "reason": "too slow",
                    "pausedAt": "2026-11-21T12:00:00.000Z",
                ])
            let resumed = try await service.send(
                .post, "/v1/providers/opus/resume", key: Service.adminKey)
            #expect(resumed.status == 200)
            #expect(try resumed.json()["pause"] == .null)
        }
    }

    @Test func `pauses for good without a body`() async throws {
        try await withService { service in
            script(service)

            let paused = try await service.send(
                .post, "/v1/providers/dalle/pause", key: Service.adminKey)

            #expect(try paused.json()["pause"]?["until"] == .null)
        }
    }

    @Test(arguments: ["pause", "resume"])
    func `needs the scope admin`(verb: String) async throws {
        try await withService { service in
            script(service)

            let response = try await service.send(.post, "/v1/providers/opus/\(verb)", body: "{}")

            #expect(response.status == 403)
            #expect(try response.json()["code"] == "scope_missing")
            #expect(try await service.engine.providers().allSatisfy { $0.pause == nil })
        }
    }

    @Test(arguments: ["pause", "resume"])
    func `guesses what a wrong name means`(verb: String) async throws {
        try await withService { service in
            script(service)

            let response = try await service.send(
                .post, "/v1/providers/opsu/\(verb)", key: Service.adminKey)

            #expect(response.status == 404)
            #expect(try response.text().contains(#"did you mean \"opus\"?"#))
        }
    }

    @Test(arguments: [
        (#"{"until":"2026-11-21T11:59:59Z"}"#, "/until"), (#"{"seconds":0}"#, "/seconds"),
        (#"{"seconds":5,"until":"2026-11-21T12:59:59Z"}"#, "/seconds"), (#"{"reason":""}"#, "/reason"),
        (#"{"untill":1}"#, "/untill"),
    ])
    func `names what is wrong with a pause`(body: String, pointer: String) async throws {
        try await withService { service in
            script(service)

            let response = try await service.send(
                .post, "/v1/providers/opus/pause", key: Service.adminKey, body: body)

            #expect(response.status == 422)
            #expect(try response.json()["errors"]?.array?.first?["pointer"]?.string == pointer)
        }
    }

    @Test func `subscribes endpoints to providers and lets no callback ask for them`() async throws {
        try await withService { service in
            let callback = try await service.send(
                .post, "/v1/jobs",
                body: #"""
                    {"title":"A","callbackUrl":"https://192.0.2.1/",
                     "callbackEvents":["thumbnail.progress","provider.degraded"]}
                    """#)

            #expect(callback.status == 422)
            let error = try callback.json()["errors"]?.array?.first
            #expect(error?["pointer"] == "/callbackEvents/1")
            #expect(error?["detail"]?.string?.contains("subscribe a webhook endpoint") == true)
            let endpoint = try await service.send(
                .post, "/v1/webhook-endpoints", body: #"{"events":["provider.degraded"]}"#)
            #expect(try endpoint.json()["errors"]?.array?.map { $0["pointer"] } == ["/url"])
        }
    }
}
