import Documents
import Engine
import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit
import Webhooks

@testable import API

struct OpusRouteTests {
    private let path = "/api/generative-jobs"
    private let source = #""sourceUri":"https://www.youtube.com/watch?v=dQw4w9WgXcQ""#
    private var body: String { "{\(source)}" }

    @Test func `accepts what the service's own example sends, which has no job type`() async throws {
        try await withService { service in
            let response = try await service.send(
                .post, path, body: #"{\#(source),"prompt":"Bold, high-contrast"}"#)
            let answer = try response.json()
            let id = try #require(answer["jobId"]?.string)
            #expect(response.status == 201)
            #expect(answer.object?.names == ["jobId"])
            #expect(id.wholeMatch(of: /thumbnail-[0-9A-Za-z]{10}/) != nil)
            let submission = try #require(service.engine.submissions.first)
            #expect(submission.face == .opus)
            #expect(submission.request.variants == 4)
            #expect(submission.credits == 7)
            #expect(submission.key != nil)
        }
    }

    @Test func `shows a job as it goes on and four pictures at its end`() async throws {
        try await withService { service in
            let path = try await makeJob(service)
            let queued = try await service.send(.get, path)
            #expect(queued.status == 200)
            #expect(
                try queued.text() == #"{"status":"QUEUED","progress":{"status":"QUEUED","percentage":0.0}}"#)

            try await service.engine.finish(.completed) { job in
                job.outputs = (0..<4).map { variant in
                    Output(
                        artifact: .make("art_"), fileName: "f\(variant).png", size: .landscape, format: .png,
                        bytes: 9, sha256: "00", variant: variant)
                }
            }
            let links = (0..<4).map { JSONValue.string("https://thumbs.example/files/f\($0).png") }
            #expect(
                try await service.send(.get, path).json() == [
                    "status": "CONCLUDED", "result": ["generatedThumbnailUris": .array(links)],
                    "progress": ["status": "CONCLUDED", "percentage": 1],
                ])
        }
    }

    @Test(arguments: [
        ("content_rejected", "FAILED"), ("provider_outcome_unknown", "UNKNOWN"), ("made_up", "FAILED"),
    ])
    func `shows why a job failed`(code: String, status: String) async throws {
        try await withService { service in
            let path = try await makeJob(service)
            try await service.engine.finish(.failed) {
                $0.failure = Failure(.contentRejected, code: code, message: "no violence")
            }
            #expect(
                try await service.send(.get, path).json() == [
                    "status": .string(status), "error": ["type": .string(code), "message": "no violence"],
                ])
        }
    }

    @Test(arguments: [
        (JobState.queued, "QUEUED"), (.generating, "PROCESSING"), (.processing, "PROCESSING"),
        (.waiting, "PROCESSING"), (.completed, "CONCLUDED"), (.failed, "FAILED"), (.cancelled, "FAILED"),
    ])
    func `maps every state`(state: JobState, status: String) {
        let job = Job.make(account: .make("acct_")).becoming(state)
        let document = OpusDocument(document: JobDocument(publicURL: "")).json(job)
        #expect(document["status"]?.string == status)
        #expect((document["error"] != nil) == (status == "FAILED"))
        #expect((document["progress"] != nil) == (status != "FAILED"))
    }

    @Test func `progress goes from 0 to 1`() throws {
        var job = Job.make(account: .make("acct_")).becoming(.processing)
        job.progress.percent = 55
        let document = OpusDocument(document: JobDocument(publicURL: "")).json(job)
        #expect(document["progress"]?["percentage"]?.number == 0.55)
    }

    @Test func `a job of any face is shown by every face`() async throws {
        try await withService { service in
            let soke = #"{"manualTitle":"T","colorGrading":"Warm","layoutType":"TextLeft"}"#
            let ids = [
                try await service.makeJob(),
                try await service.send(.post, "/api/v1/thumbnail/generate", body: soke).json()["data"]?["id"]?
                    .string,
                try await service.send(.post, path, body: body).json()["jobId"]?.string,
            ]
            for id in ids {
                let id = try #require(id)
                for path in ["/v1/jobs/", "/api/v1/thumbnail/", "/api/v1/jobs/", "/api/generative-jobs/"] {
                    #expect(try await service.send(.get, path + id).status == 200)
                    let foreign = try await service.send(.get, path + id, key: Service.otherKey)
                    #expect(foreign.status == 404)
                }
            }
        }
    }

    @Test(arguments: [
        ("{}", "application/json", 400, "Bad Request", "sourceUri"),
        (
            #"{"sourceUri":"https://a.example","jobType":"x"}"#, "application/json", 400, "Bad Request",
            "jobType"
        ),
        ("{", "application/json", 400, "Bad Request", "byte"),
        ("{}", "text/plain", 415, "UnsupportedMediaType", "application/json"),
        (
            #"{"sourceUri":"https://a.example","webhookUrl":"http://127.0.0.1/"}"#, "application/json", 400,
            "Bad Request", "--allow-private-webhooks"
        ),
    ])
    func `refuses as Opus does`(
        body: String, mediaType: String, status: Int, name: String, words: String
    ) async throws {
        try await withService { service in
            let response = try await service.send(
                .post, path, headers: ["Content-Type": mediaType], body: body)
            try expectError(response, status, name)
            #expect(try response.json()["message"]?.string?.contains(words) == true)
            #expect(service.engine.submissions.isEmpty)
        }
    }

    @Test func `answers missing keys, jobs and scopes as Opus does`() async throws {
        try await withService { service in
            try expectError(try await service.send(.post, path, key: nil, body: body), 401, "Unauthorized")
            try expectError(try await service.send(.get, path + "/nothing"), 404, "NotFound")
            let powerless = try await service.makeKey(scopes: [])
            try expectError(try await service.send(.post, path, key: powerless, body: body), 403, "Forbidden")
        }
    }

    @Test func `a conclusion action is signed with the key that the request came with`() async throws {
        try await withService { service in
            let action = #"{"type":"WEBHOOK","url":"https://93.184.215.14/s3cret","notifyFailure":true}"#
            let response = try await service.send(
                .post, path, body: #"{\#(source),"conclusionActions":[\#(action)]}"#)
            #expect(response.status == 201)
            let sealed = try #require(service.engine.submissions.first?.callback)
            #expect(sealed.summary.events == EventType.terminal)
            let callback = try Callback(unsealing: sealed.sealed, with: service.context.sealer)
            #expect(callback.signing == .opus(key: Service.key))
            #expect(callback.url == "https://93.184.215.14/s3cret")
            let id = try #require(try response.json()["jobId"]?.string)
            #expect(try await !service.send(.get, "/v1/jobs/\(id)").text().contains("s3cret"))
        }
    }

    @Test func `takes a callback from the header`() async throws {
        try await withService { service in
            let headers: Headers = ["X-Thumbwire-Callback": "https://93.184.215.14/s3cret"]
            _ = try await service.send(.post, path, headers: headers, body: body)
            let sealed = try #require(service.engine.submissions.first?.callback?.sealed)
            #expect(try Callback(unsealing: sealed, with: service.context.sealer).signing == nil)
        }
    }

    private func makeJob(_ service: Service) async throws -> String {
        let id = try await service.send(.post, path, body: body).json()["jobId"]?.string
        return "\(path)/\(try #require(id))"
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
}
