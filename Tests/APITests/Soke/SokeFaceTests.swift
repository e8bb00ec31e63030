import Engine
import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit

struct SokeFaceTests {
    private let generate = "/api/v1/thumbnail/generate"
    private let background = "/api/v1/thumbnail/generate-background"
    private let body = #"{"manualTitle":"T","colorGrading":"Warm","layoutType":"TextLeft"}"#

    @Test func `a background is a job of its own chain`() async throws {
        try await withService { service in
            let response = try await service.send(
                .post, background, body: #"{"manualTitle":"T","overrideTitle":true,"sessionId":"s"}"#)
            #expect(response.status == 202)
            #expect(try response.json()["data"]?["status"] == "processing")
            #expect(try response.json()["data"]?["sessionId"] == "s")
            let submission = try #require(service.engine.submissions.first)
            #expect(submission.face == .sokeBackground)
            #expect(submission.credits == 4)
            let platform = try await service.send(
                .post, background, body: #"{"manualTitle":"T","platform":"x"}"#)
            #expect(platform.status == 501)
        }
    }

    @Test func `the generic job shows the same with its own names`() async throws {
        try await withService { service in
            let id = try #require(
                try await service.send(.post, generate, body: body).json()["data"]?["id"]?.string)
            let queued = try await service.send(.get, "/api/v1/jobs/\(id)").json()["data"]
            #expect(queued?["jobId"]?.string == id)
            #expect(queued?["id"]?.string == id)
            #expect(queued?["status"] == "queued")
            #expect(queued?["progress"] == 0)
            let thumbnail = try await service.send(.get, "/api/v1/thumbnail/\(id)").json()["data"]
            #expect(thumbnail?["status"] == "processing")

            try await service.engine.finish(.completed) {
                $0.outputs = [
                    Output(
                        artifact: .make("art_"), fileName: "f.jpg", size: .landscape, format: .jpeg, bytes: 9,
                        sha256: "00", variant: 0)
                ]
            }
            let done = try await service.send(.get, "/api/v1/jobs/\(id)").json()["data"]
            #expect(done?["status"] == "completed")
            #expect(done?["progress"] == 100)
            #expect(done?["result"]?["imageUrl"] == "https://thumbs.example/files/f.jpg")
            #expect(try await service.send(.get, "/api/v1/jobs/none").status == 404)
        }
    }

    @Test func `every answer says where the key stands`() async throws {
        try await withService { service in
            let key = try await service.makeKey(creditCap: 10, requestsPerMinute: 3)
            let noon = 1_795_262_400
            let accepted = try await service.send(.post, generate, key: key, body: body)
            expectStanding(accepted, limit: 3, remaining: 2, reset: noon + 60, credits: 6)
            let refused = try await service.send(.post, generate, key: key, body: "{}")
            expectStanding(refused, limit: 3, remaining: 1, reset: noon + 60, credits: 6)
            let missing = try await service.send(.get, "/api/v1/thumbnail/none", key: key)
            expectStanding(missing, limit: 3, remaining: 0, reset: noon + 60, credits: 6)

            service.clock.advance(by: .seconds(15))
            let limited = try await service.send(.get, "/api/v1/thumbnail/none", key: key)
            #expect(limited.status == 429)
            #expect(limited.headers["Retry-After"] == "45")
            #expect(try limited.json()["error"]?["code"] == "RATE_LIMIT_EXCEEDED")
            #expect(try limited.json()["error"]?["details"]?["retryAfter"] == 45)
            expectStanding(limited, limit: 3, remaining: 0, reset: noon + 60, credits: 6)
        }
    }

    @Test func `without limits the figures are large, without a key nothing is left`() async throws {
        try await withService { service in
            let free = try await service.send(.get, "/api/v1/thumbnail/none")
            expectStanding(
                free, limit: 1_000_000, remaining: 1_000_000, reset: 1_795_262_460, credits: 1_000_000_000)
            let nobody = try await service.send(.get, "/api/v1/thumbnail/none", key: nil)
            #expect(nobody.status == 401)
            expectStanding(nobody, limit: 0, remaining: 0, reset: 1_795_262_460, credits: 0)
        }
    }

    @Test func `thumbnails cost four credits, which a failure gives back`() async throws {
        try await withService { service in
            try await service.meter(credits: 7)
            let first = try await service.send(.post, generate, body: body)
            #expect(first.headers["X-Soke-Credits-Remaining"] == "3")
            let refused = try await service.send(.post, background, body: body)
            #expect(refused.status == 402)
            #expect(try refused.json()["error"]?["code"] == "INSUFFICIENT_CREDITS")
            #expect(try refused.json()["error"]?["details"]?["required"] == 4)
            #expect(try refused.json()["error"]?["details"]?["available"] == 3)

            try await service.engine.finish(.failed) {
                $0.failure = Failure(.internal, code: "internal_error", message: "no")
            }
            let id = try #require(try first.json()["data"]?["id"]?.string)
            let failed = try await service.send(.get, "/api/v1/thumbnail/\(id)")
            #expect(failed.headers["X-Soke-Credits-Remaining"] == "7")
            #expect(try await service.send(.post, background, body: body).status == 202)
        }
    }

    @Test func `a key imported by its value works in Soke's header`() async throws {
        try await withService { service in
            let value = "sk_live_0123456789abcdef"
            let made = try await service.send(
                .post, "/v1/keys", key: Service.adminKey, body: #"{"name":"shop","value":"\#(value)"}"#)
            #expect(made.status == 201)
            let response = try await service.send(
                .post, generate, headers: ["X-Soke-Key": value], key: nil, body: body)
            #expect(response.status == 202)
        }
    }

    @Test func `a key without the scope is forbidden`() async throws {
        try await withService { service in
            let key = try await service.makeKey(scopes: [])
            let response = try await service.send(.post, generate, key: key, body: body)
            #expect(response.status == 403)
            #expect(try response.json()["error"]?["code"] == "FORBIDDEN")
        }
    }

    @Test func `switched off or at its cap, the face says so`() async throws {
        try await withService { service in
            service.engine.settle(.soke, FaceSettings(isEnabled: false))
            let off = try await service.send(.post, generate, body: body)
            #expect(off.status == 503)
            #expect(try off.json()["error"]?["details"]?["code"] == "face_disabled")
            #expect(try await service.send(.post, background, body: body).status == 202)
            service.engine.settle(.soke, FaceSettings(dailyCap: 0))
            let capped = try await service.send(.post, generate, body: body)
            #expect(capped.status == 429)
            #expect(try capped.json()["error"]?["details"]?["retryAfter"] == 43_200)
        }
    }

    private func expectStanding(
        _ response: Response, limit: Int, remaining: Int, reset: Int, credits: Int,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(response.headers["X-Soke-Limit"] == "\(limit)", sourceLocation: location)
        #expect(response.headers["X-Soke-Remaining"] == "\(remaining)", sourceLocation: location)
        #expect(response.headers["X-Soke-Reset"] == "\(reset)", sourceLocation: location)
        #expect(response.headers["X-Soke-Credits-Remaining"] == "\(credits)", sourceLocation: location)
    }
}
