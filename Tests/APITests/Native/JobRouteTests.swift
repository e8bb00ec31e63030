import Engine
import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import API

struct JobRouteTests {
    @Test func `accepts a job and says where it is`() async throws {
        try await withService { service in
            let response = try await service.send(
                .post, "/v1/jobs",
                body: #"{"title":"A","chain":"fast","sessionId":"s","metadata":{"k":1},"deadlineSeconds":60}"#
            )
            let job = try response.json()
            let id = try #require(job["id"]?.string)
            #expect(response.status == 202)
            #expect(response.headers["Location"] == "https://thumbs.example/v1/jobs/\(id)")
            #expect(response.headers["Cache-Control"] == "no-store")
            #expect(job["status"] == "queued")
            #expect(job["metadata"] == ["k": 1])
            let submission = try #require(service.engine.submissions.first)
            #expect(submission.account == service.account.id)
            #expect(submission.face == .native)
            #expect(submission.chain == "fast")
            #expect(submission.deadline == .seconds(60))
            let read = try await service.send(.get, "/v1/jobs/\(id)")
            #expect(try read.json() == job)
        }
    }

    @Test(arguments: [
        (#"{"title":"#, "application/json", 400, "json_malformed", "byte 9"),
        (#"{"title":"a","title":"b"}"#, "application/json", 400, "json_malformed", "title"),
        ("", "application/json", 400, "json_malformed", "byte 0"),
        (#"{"title":"a"}"#, "text/plain", 415, "media_type_unsupported", "application/json"),
        (#"{"title":"a"}"#, "application/json; charset=latin1", 415, "media_type_unsupported", "latin1"),
        (#"{"title":"a","colr":1}"#, "application/json", 422, "validation_failed", "colr"),
        (#"{"title":"a","templateId":"tpl_7"}"#, "application/json", 422, "template_not_found", "tpl_7"),
        (#"{"title":"a","platform":"tiktok"}"#, "application/json", 422, "platform_not_supported", "tiktok"),
        (#"{"title":"a","chain":"slow"}"#, "application/json", 422, "chain_unknown", "slow"),
        (
            #"{"title":"a","callbackUrl":"http://127.0.0.1/x"}"#, "application/json", 422,
            "url_blocked_private_address", "--allow-private-webhooks"
        ),
        (
            #"{"title":"a","callbackUrl":"https://93.184.215.14/","callbackHeaders":{"Host":"b"}}"#,
            "application/json", 422, "callback_header_invalid", "Host"
        ),
    ])
    func `refuses what it cannot take`(
        body: String, mediaType: String, status: Int, code: String, words: String
    ) async throws {
        try await withService { service in
            let response = try await service.send(
                .post, "/v1/jobs", headers: ["Content-Type": mediaType], body: body)
            let problem = try response.json()
            #expect(response.status == status)
            #expect(response.headers["Content-Type"] == "application/problem+json")
            #expect(problem["code"]?.string == code)
            #expect(problem["status"]?.integer == Int64(status))
            #expect(problem["detail"]?.string?.contains(words) == true, "\(problem)")
            if words.hasPrefix("--") {
                #expect(problem["errors"]?.array?.first?["pointer"] == "/callbackUrl")
            }
            #expect(service.engine.submissions.isEmpty)
        }
    }

    @Test func `takes JSON with its charset named`() async throws {
        try await withService { service in
            let response = try await service.send(
                .post, "/v1/jobs", headers: ["Content-Type": "application/json; charset=utf-8"],
                body: #"{"title":"a"}"#)
            #expect(response.status == 202)
        }
    }

    @Test func `refuses a body over the limit`() async throws {
        try await withService { service in
            let body = #"{"title":"\#(String(repeating: "a", count: service.context.limits.bodyBytes))"}"#
            let response = try await service.send(.post, "/v1/jobs", body: body)
            #expect(response.status == 413)
            #expect(try response.json()["code"] == "body_too_large")
        }
    }

    @Test func `refuses queries that would have no effect`() async throws {
        try await withService { service in
            let misspelt = try await service.send(.get, "/v1/jobs", query: [("sesionId", "a")])
            #expect(misspelt.status == 422)
            #expect(try misspelt.text().contains("did you mean \\\"sessionId\\\""))
        }
    }

    @Test func `never shows the callback's path`() async throws {
        try await withService { service in
            let id = try await service.makeJob(
                #"{"title":"a","callbackUrl":"https://93.184.215.14/resume/s3cret?t=s3cret","callbackHeaders":{"X-T":"s3cret"}}"#
            )
            let text = try await service.send(.get, "/v1/jobs/\(id)").text()
            #expect(!text.contains("s3cret"))
            #expect(text.contains("93.184.215.14"))
            let events = try await service.send(.get, "/v1/events").text()
            #expect(events.contains(id))
            #expect(!events.contains("s3cret"))
        }
    }

    @Test func `tries a failed job once more, by a new job that names it`() async throws {
        try await withService { service in
            let id = try await service.makeJob()
            try await service.engine.finish(.failed) {
                $0.failure = Failure(.outcomeUnknown, code: "provider_outcome_unknown", message: "lost")
            }
            let path = "/v1/jobs/\(id)/retry"

            let undecided = try await service.send(.post, path)
            let wrong = try await service.send(.post, path, body: #"{"onUnknown":"again"}"#)
            let retried = try await service.send(.post, path, body: #"{"onUnknown":"resubmit"}"#)
            let job = try retried.json()

            #expect(undecided.status == 409)
            #expect(try undecided.json()["code"] == "retry_needs_decision")
            #expect(wrong.status == 422)
            #expect(try wrong.json()["errors"]?.array?.first?["pointer"] == "/onUnknown")
            #expect(retried.status == 202)
            #expect(job["parentId"] == .string(id))
            #expect(job["id"]?.string.map { $0 != id } == true)
        }
    }

    @Test func `hides jobs of other accounts`() async throws {
        try await withService { service in
            let id = try await service.makeJob()
            for (method, path) in [
                (Method.get, "/v1/jobs/\(id)"), (.post, "/v1/jobs/\(id)/cancel"),
                (.post, "/v1/jobs/\(id)/retry"),
                (.get, "/v1/jobs/\(id)/composition"), (.get, "/v1/jobs/\(id)/events"),
            ] {
                let response = try await service.send(method, path, key: Service.otherKey)
                #expect(response.status == 404)
            }
            let list = try await service.send(.get, "/v1/jobs", key: Service.otherKey)
            #expect(try list.json()["data"] == [])
        }
    }

    @Test func `lists jobs newest first, part by part`() async throws {
        try await withService { service in
            var ids: [String] = []
            for _ in 0..<3 { ids.append(try await service.makeJob()) }
            let first = try await service.send(.get, "/v1/jobs", query: [("limit", "2")]).json()
            #expect(first["data"]?.array?.compactMap { $0["id"]?.string } == [ids[2], ids[1]])
            let next = try #require(first["next"]?.string)
            let second = try await service.send(.get, "/v1/jobs", query: [("cursor", next)]).json()
            #expect(second["data"]?.array?.compactMap { $0["id"]?.string } == [ids[0]])
            #expect(second["next"] == .null)
            let failed = try await service.send(.get, "/v1/jobs", query: [("status", "failed,cancelled")])
            #expect(try failed.json()["data"] == [])
        }
    }

    @Test(arguments: [
        ("limit", "0"), ("limit", "101"), ("limit", "x"), ("status", "done"), ("cursor", "nonsense"),
    ])
    func `refuses list queries it does not understand`(name: String, value: String) async throws {
        try await withService { service in
            let response = try await service.send(.get, "/v1/jobs", query: [(name, value)])
            #expect(response.status == 422)
            #expect(try response.json()["code"] == "query_invalid")
            #expect(try response.json()["detail"]?.string?.contains(name) == true)
        }
    }

    @Test func `cancels what waits, once and again, and not what is finished`() async throws {
        try await withService { service in
            let id = try await service.makeJob()
            for _ in 0..<2 {
                let response = try await service.send(.post, "/v1/jobs/\(id)/cancel")
                #expect(response.status == 200)
                #expect(try response.json()["status"] == "cancelled")
            }
            let other = try await service.makeJob()
            try await service.engine.finish(.failed)
            let late = try await service.send(.post, "/v1/jobs/\(other)/cancel")
            #expect(late.status == 409)
            #expect(try late.json()["code"] == "job_finished")
        }
    }

    @Test func `answers the composition as it is stored`() async throws {
        try await withService { service in
            let id = try await service.makeJob()
            let early = try await service.send(.get, "/v1/jobs/\(id)/composition")
            #expect(early.status == 404)
            try await service.engine.finish(.completed, compositions: [0: Array(#"{"layers":[]}"#.utf8)])
            let response = try await service.send(.get, "/v1/jobs/\(id)/composition")
            #expect(response.status == 200)
            #expect(try response.text() == #"{"layers":[]}"#)
        }
    }
}
