import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit

/// `jobsPerMinute` of an account, on every face.
struct JobLimitTests {
    /// The same wish on each face, and where its answer says which error it is.
    static let faces: [(path: String, body: String, code: [String], name: String)] = [
        ("/v1/jobs", #"{"title":"A"}"#, ["code"], "rate_limited"),
        (
            "/api/v1/thumbnail/generate",
            #"{"manualTitle":"T","colorGrading":"Warm","layoutType":"TextLeft"}"#, ["error", "code"],
            "RATE_LIMIT_EXCEEDED"
        ),
        (
            "/api/generative-jobs",
            #"{"jobType":"thumbnail","sourceUri":"https://youtu.be/dQw4w9WgXcQ"}"#, ["errorName"],
            "TooManyRequests"
        ),
        ("/v1/images/generations", #"{"prompt":"A"}"#, ["error", "code"], "rate_limit_exceeded"),
    ]

    @Test(arguments: faces.indices)
    func `the account's job too many is refused in the face's own words`(index: Int) async throws {
        let face = Self.faces[index]
        try await withService { service in
            try await service.limit(jobsPerMinute: 1)
            _ = try await service.makeJob()
            service.clock.advance(by: .seconds(20))

            let refused = try await service.send(.post, face.path, body: face.body)
            let other = try await service.send(
                .post, "/v1/jobs", key: Service.otherKey, body: #"{"title":"A"}"#)

            #expect(refused.status == 429)
            #expect(refused.headers["Retry-After"] == "40")
            let body = try refused.json()
            #expect(face.code.reduce(body) { $0[$1] ?? .null }.string == face.name, "\(body)")
            #expect(try refused.text().contains("1 jobs a minute"))
            #expect(other.status == 202)
            #expect(service.engine.submissions.count == 2)
        }
    }

    @Test func `the next minute has room again, for every key of the account`() async throws {
        try await withService { service in
            try await service.limit(jobsPerMinute: 2)
            let key = try await service.makeKey()
            _ = try await service.makeJob()
            _ = try await service.send(.post, "/v1/jobs", key: key, body: #"{"title":"A"}"#)
            let third = try await service.send(.post, "/v1/jobs", key: key, body: #"{"title":"A"}"#)

            service.clock.advance(by: .seconds(60))
            let next = try await service.send(.post, "/v1/jobs", key: key, body: #"{"title":"A"}"#)

            #expect(third.status == 429)
            #expect(next.status == 202)
        }
    }

    @Test func `what makes no job does not count, and a retry does`() async throws {
        try await withService { service in
            try await service.limit(jobsPerMinute: 2)
            let unknown = try await service.send(
                .post, "/v1/jobs", body: #"{"title":"A","chain":"unknown"}"#)
            let id = try await service.makeJob()
            let missing = try await service.send(.post, "/v1/jobs/job_none/retry")
            try await service.engine.finish(.failed)

            let retry = try await service.send(.post, "/v1/jobs/\(id)/retry")
            let another = try await service.send(.post, "/v1/jobs/\(id)/retry")

            #expect(unknown.status == 422)
            #expect(missing.status == 404)
            #expect(retry.status == 202)
            #expect(another.status == 429)
        }
    }

    @Test func `an administrator sets, changes and lifts the limit at once`() async throws {
        try await withService { service in
            let path = "/v1/accounts/\(service.account.id)"
            let set = try await service.send(
                .patch, path, key: Service.adminKey, body: #"{"jobsPerMinute":1}"#)
            _ = try await service.makeJob()
            let refused = try await service.send(.post, "/v1/jobs", body: #"{"title":"A"}"#)
            let renamed = try await service.send(
                .patch, path, key: Service.adminKey, body: #"{"name":"New"}"#)
            let lifted = try await service.send(
                .patch, path, key: Service.adminKey, body: #"{"jobsPerMinute":null}"#)
            let accepted = try await service.send(.post, "/v1/jobs", body: #"{"title":"A"}"#)

            #expect(try set.json()["jobsPerMinute"] == 1)
            #expect(refused.status == 429)
            #expect(try renamed.json()["jobsPerMinute"] == 1)
            #expect(try lifted.json()["jobsPerMinute"] == .null)
            #expect(accepted.status == 202)
        }
    }

    @Test func `an account is made with a limit, and a senseless one is refused`() async throws {
        try await withService { service in
            let made = try await service.send(
                .post, "/v1/accounts", key: Service.adminKey, body: #"{"name":"B","jobsPerMinute":30}"#)
            let refused = try await service.send(
                .post, "/v1/accounts", key: Service.adminKey, body: #"{"name":"B","jobsPerMinute":0}"#)

            #expect(try made.json()["jobsPerMinute"] == 30)
            #expect(refused.status == 422)
            #expect(try refused.json()["errors"]?.array?.first?["pointer"] == "/jobsPerMinute")
        }
    }
}

/// A key needs a scope for whatever it asks, on every face.
struct ScopeTests {
    @Test(arguments: [
        "/v1/jobs", "/v1/models", "/v1/webhook-endpoints", "/api/v1/jobs/x", "/api/generative-jobs/x",
    ])
    func `a key without a scope is refused`(path: String) async throws {
        try await withService { service in
            let key = try await service.makeKey(scopes: [])

            let refused = try await service.send(.get, path, key: key)

            #expect(refused.status == 403)
        }
    }
}

extension Service {
    fileprivate func limit(jobsPerMinute: Int) async throws {
        var limited = account
        limited.jobsPerMinute = jobsPerMinute
        _ = try await store.update(limited)
    }
}
