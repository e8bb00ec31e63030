import Documents
import Engine
import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import API

@Suite(.timeLimit(.minutes(10)))
struct OpusLimitTests {
    private let path = "/api/generative-jobs"
    private let body = #"{"sourceUri":"https://www.youtube.com/watch?v=dQw4w9WgXcQ"}"#

    @Test func `says on every answer what the key may still spend this month`() async throws {
        try await withService { service in
            let free = try await service.send(.post, path, body: body)
            expectCap(free, limit: 1_000_000_000, remaining: 1_000_000_000)

            try await service.meter(credits: 15)
            let key = try await service.makeKey(creditCap: 10)
            expectCap(try await service.send(.get, path + "/x", key: key), limit: 10, remaining: 10)
            expectCap(try await service.send(.post, path, key: key, body: body), limit: 10, remaining: 3)
            let uncapped = try await service.send(.post, path, body: body)
            expectCap(uncapped, limit: 8, remaining: 1)
            expectCap(try await service.send(.get, path + "/x", key: nil), limit: 0, remaining: 0)
        }
    }

    @Test func `without credits it is over quota, and a failure gives them back`() async throws {
        try await withService { service in
            try await service.meter(credits: 7)
            _ = try await service.send(.post, path, body: body)
            let refused = try await service.send(.post, path, body: body)
            try expectError(refused, 402, "QuotaExceed")
            #expect(try refused.json()["required"] == 7)
            #expect(try refused.json()["available"] == 0)

            try await service.engine.finish(.failed) {
                $0.failure = Failure(.internal, code: "internal_error", message: "no")
            }
            #expect(try await service.send(.post, path, body: body).status == 201)
        }
    }

    @Test func `beyond the key's minute it says when to come again`() async throws {
        try await withService { service in
            let key = try await service.makeKey(requestsPerMinute: 1)
            _ = try await service.send(.get, path + "/x", key: key)
            let response = try await service.send(.get, path + "/x", key: key)
            try expectError(response, 429, "TooManyRequests")
            #expect(response.headers["Retry-After"] == "60")
            expectCap(response, limit: 1_000_000_000, remaining: 1_000_000_000)
        }
    }

    @Test func `switched off, it takes no jobs and shows those there are`() async throws {
        try await withService { service in
            let job = try await makeJob(service)
            service.engine.settle(.opus, FaceSettings(isEnabled: false))
            for asked in [body, "{"] {
                let response = try await service.send(.post, path, body: asked)
                try expectError(response, 503, "ServiceUnavailable")
                #expect(try response.json()["message"]?.string?.contains("paused") == true)
            }
            #expect(try await service.send(.get, job).status == 200)
            #expect(service.engine.submissions.count == 1)
        }
    }

    @Test func `takes a day's jobs and no more until the next day begins`() async throws {
        try await withService { service in
            try await makeJobs(2, service)
            service.engine.settle(.opus, FaceSettings(dailyCap: 3))
            #expect(try await service.send(.post, path, body: body).status == 201)
            let refused = try await service.send(.post, path, body: body)
            try expectError(refused, 429, "TooManyRequests")
            #expect(try refused.json()["code"] == "API_DAILY_CAP_REACHED")
            #expect(try refused.json()["reset_at"] == "2026-11-22T00:00:00.000Z")
            #expect(try refused.json()["upgrade_url"] == "https://thumbs.example")
            #expect(refused.headers["Retry-After"] == "\(12 * 3_600)")
            #expect(try await service.send(.post, path, key: Service.otherKey, body: body).status == 201)
            _ = try await service.makeJob()

            service.clock.advance(by: .seconds(12 * 3_600))
            #expect(try await service.send(.post, path, body: body).status == 201)
        }
    }

    @Test func `many at once get no more than the day's places`() async throws {
        try await withService { service in
            try await makeJobs(1, service)
            service.engine.settle(.opus, FaceSettings(dailyCap: 5))
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await service.send(.post, path, body: body).status }
                }
                return try await group.reduce(into: [:]) { counts, status in counts[status, default: 0] += 1 }
            }
            #expect(statuses == [201: 4, 429: 16])
        }
    }

    @Test func `a job that is refused takes no place of the day`() async throws {
        try await withService { service in
            service.engine.settle(.opus, FaceSettings(dailyCap: 1))
            try await service.meter(credits: 0)
            try expectError(try await service.send(.post, path, body: body), 402, "QuotaExceed")
            _ = try await service.store.grant(7, to: service.account.id, note: nil, at: service.clock.now())
            #expect(try await service.send(.post, path, body: body).status == 201)
            try expectError(try await service.send(.post, path, body: body), 429, "TooManyRequests")
        }
    }

    @Test func `a month ends where the next begins`() {
        let cases = [
            ("2026-11-21T12:00:00Z", "2026-12-01T00:00:00.000Z"),
            ("2026-12-31T23:59:59Z", "2027-01-01T00:00:00.000Z"),
            ("2028-02-29T00:00:00Z", "2028-03-01T00:00:00.000Z"),
        ]
        for (now, next) in cases {
            #expect(Timestamp(rfc3339: now)?.startOfNextMonth.description == next)
        }
    }

    private func makeJob(_ service: Service) async throws -> String {
        let id = try await service.send(.post, path, body: body).json()["jobId"]?.string
        return "\(path)/\(try #require(id))"
    }

    private func makeJobs(_ count: Int, _ service: Service) async throws {
        for _ in 0..<count { _ = try await makeJob(service) }
    }

    private func expectError(
        _ response: Response, _ status: Int, _ name: String, _ location: SourceLocation = #_sourceLocation
    ) throws {
        let answer = try response.json()
        #expect(response.status == status, sourceLocation: location)
        #expect(answer["statusCode"]?.integer == Int64(status), sourceLocation: location)
        #expect(answer["errorName"]?.string == name, sourceLocation: location)
        #expect(answer["errorMessage"]?.string?.isEmpty == false, sourceLocation: location)
        #expect(response.headers["X-RateLimit-Reset"] == "1796083200", sourceLocation: location)
    }

    private func expectCap(
        _ response: Response, limit: Int, remaining: Int, _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(response.headers["X-RateLimit-Limit"] == "\(limit)", sourceLocation: location)
        #expect(response.headers["X-RateLimit-Remaining"] == "\(remaining)", sourceLocation: location)
        // 2026-12-01T00:00:00Z.
        #expect(response.headers["X-RateLimit-Reset"] == "1796083200", sourceLocation: location)
    }
}
