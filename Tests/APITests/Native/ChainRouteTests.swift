import Engine
import HTTP
import TestSupport
import Testing
import ThumbwireKit

struct ChainRouteTests {
    @Test func `lists chains with their providers, in the order of the file`() async throws {
        try await withService { service in
            let list = try await service.send(.get, "/v1/chains").json()["data"]?.array ?? []

            #expect(list.map { $0["name"]?.string } == ["default", "fast"])
            #expect(list.map { $0["providers"] } == [["studio"], ["studio"]])
            #expect(list.allSatisfy { $0["pause"] == .null })
        }
    }

    @Test func `pauses a chain with a reason and an end, and resumes it`() async throws {
        try await withService { service in
            let paused = try await service.send(
                .post, "/v1/chains/fast/pause", key: Service.adminKey,
                body: #"{"reason":"the font server is down","seconds":90}"#)

            #expect(paused.status == 200)
            #expect(
                try paused.json()["pause"] == [
                    "until": "2026-11-21T12:01:30.000Z", "reason": "the font server is down",
                    "pausedAt": "2026-11-21T12:00:00.000Z",
                ])
            let resumed = try await service.send(.post, "/v1/chains/fast/resume", key: Service.adminKey)
            #expect(resumed.status == 200)
            #expect(try resumed.json() == ["name": "fast", "providers": ["studio"], "pause": .null])
        }
    }

    @Test(arguments: ["pause", "resume"])
    func `needs the scope admin`(verb: String) async throws {
        try await withService { service in
            let response = try await service.send(.post, "/v1/chains/fast/\(verb)")

            #expect(response.status == 403)
            #expect(try response.json()["code"] == "scope_missing")
            #expect(service.engine.chains().allSatisfy { $0.pause == nil })
        }
    }

    @Test(arguments: ["pause", "resume"])
    func `guesses what a wrong name means`(verb: String) async throws {
        try await withService { service in
            let response = try await service.send(.post, "/v1/chains/fats/\(verb)", key: Service.adminKey)

            #expect(response.status == 404)
            #expect(try response.text().contains(#"did you mean \"fast\"?"#))
        }
    }
}
