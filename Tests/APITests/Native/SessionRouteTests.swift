import HTTP
import Testing
import ThumbwireKit

struct SessionRouteTests {
    @Test func `shows a session's jobs from every face and how they stand`() async throws {
        try await withService { service in
            let soke =
                #"{"manualTitle":"T","colorGrading":"Warm","layoutType":"TextLeft","sessionId":"mine"}"#
            _ = try await service.send(.post, "/api/v1/thumbnail/generate", body: soke)
            try await service.engine.finish(.completed)
            let second = try await service.makeJob(#"{"title":"A","sessionId":"mine"}"#)
            _ = try await service.makeJob(#"{"title":"A","sessionId":"other"}"#)

            let answer = try await service.send(.get, "/v1/sessions/mine", query: [("limit", "1")]).json()
            #expect(answer["id"] == "mine")
            #expect(answer["counts"]?["total"] == 2)
            #expect(answer["counts"]?["completed"] == 1)
            #expect(answer["counts"]?["queued"] == 1)
            #expect(answer["counts"]?["failed"] == 0)
            #expect(answer["data"]?.array?.map { $0["id"]?.string } == [second])
            let next = try #require(answer["next"]?.string)
            let rest = try await service.send(.get, "/v1/sessions/mine", query: [("cursor", next)]).json()
            #expect(rest["data"]?.array?.count == 1)
            #expect(rest["next"] == .null)
        }
    }

    @Test func `knows no session of others`() async throws {
        try await withService { service in
            _ = try await service.makeJob(#"{"title":"A","sessionId":"mine"}"#)
            let foreign = try await service.send(.get, "/v1/sessions/mine", key: Service.otherKey)
            #expect(foreign.status == 404)
            #expect(try foreign.json()["code"] == "not_found")
        }
    }
}
