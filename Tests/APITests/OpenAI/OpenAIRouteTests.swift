import Documents
import Engine
import HTTP
import Imaging
import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import API

@Suite(.timeLimit(.minutes(10)))
struct OpenAIRouteTests {
    private let generations = "/v1/images/generations"

    @Test func `answers a link as dall-e-2 did`() async throws {
        try await withService { service in
            let response = try await service.answer(
                .post, generations, body: #"{"prompt":"a fox","size":"512x512"}"#)
            #expect(response.status == 200)
            #expect(
                try response.text()
                    == #"{"created":1795262400,"data":[{"url":"https://thumbs.example/files/f0.png"}]}"#)
            #expect(response.headers["openai-version"] == "2020-10-01")
            #expect(response.headers["openai-processing-ms"] == "0")
            let submission = try #require(service.engine.submissions.first)
            #expect(submission.face == .openai)
            #expect(submission.request.prompt == "a fox")
            #expect(submission.request.resolution == PixelSize(width: 512, height: 512))
            #expect(submission.request.format == .png)
            #expect(submission.credits == 4)
            #expect(submission.key != nil)
        }
    }

    @Test func `answers dall-e-3 with the prompt that was used`() async throws {
        try await withService { service in
            let response = try await service.answer(
                .post, generations,
                body: #"{"prompt":"a fox","model":"dall-e-3","response_format":"b64_json"}"#)
            #expect(
                try response.text()
                    == #"{"created":1795262400,"data":[{"b64_json":"cGljdHVyZQ==","revised_prompt":"a fox"}]}"#
            )
        }
    }

    @Test func `answers gpt-image models with bytes, settings and usage`() async throws {
        try await withService { service in
            let response = try await service.answer(
                .post, generations, variants: 2,
                body:
                    #"{"prompt":"a fox","model":"gpt-image-1","n":2,"output_format":"jpeg","quality":"low"}"#)
            let usage =
                #"{"total_tokens":0,"input_tokens":0,"output_tokens":0,"input_tokens_details":{"text_tokens":0,"image_tokens":0},"output_tokens_details":{"text_tokens":0,"image_tokens":0}}"#
            #expect(
                try response.text()
                    == #"{"created":1795262400,"data":[{"b64_json":"cGljdHVyZQ=="},{"b64_json":"cGljdHVyZQ=="}],"background":"opaque","output_format":"jpeg","size":"1536x1024","quality":"low","usage":\#(usage)}"#
            )
            let submission = try #require(service.engine.submissions.first)
            #expect(submission.request.variants == 2)
            #expect(submission.credits == 8)
            #expect(submission.request.format == .jpeg)
            #expect(submission.request.quality == 100)
            #expect(submission.request.options["openai"]?["model"] == "gpt-image-1")
        }
    }

    @Test func `passes on what the provider counted and revised`() async throws {
        try await withService { service in
            let told: JSONObject = ["usage": ["total_tokens": 7], "revisedPrompts": ["a red fox"]]
            let gpt = try await service.answer(
                .post, generations, told: told, body: #"{"prompt":"a fox","model":"gpt-image-2"}"#)
            #expect(try gpt.json()["usage"] == ["total_tokens": 7])
            let dallE = try await service.answer(
                .post, generations, told: told, body: #"{"prompt":"a fox","model":"dall-e-3"}"#)
            #expect(try dallE.json()["data"]?.array?.first?["revised_prompt"] == "a red fox")
        }
    }

    @Test(arguments: [
        ("gpt-image-1", "image_generation_user_error", "moderation_blocked"),
        ("dall-e-3", "invalid_request_error", "content_policy_violation"),
    ])
    func `says a refusal in the words of the model's days`(model: String, type: String, code: String)
        async throws
    {
        try await withService { service in
            async let answer = service.send(
                .post, generations, body: #"{"prompt":"p","model":"\#(model)"}"#)
            await until { service.clock.sleeperCount == 1 }
            try await service.engine.finish(.failed) {
                $0.failure = Failure(.contentRejected, code: "content_rejected", message: "no violence")
            }
            let response = try await answer
            #expect(response.status == 400)
            #expect(
                try response.text()
                    == #"{"error":{"message":"no violence","type":"\#(type)","param":null,"code":"\#(code)"}}"#
            )
            #expect(response.headers["x-should-retry"] == "false")
        }
    }

    @Test func `a job that failed is not worth the SDK's retry`() async throws {
        try await withService { service in
            async let answer = service.send(.post, generations, body: #"{"prompt":"p"}"#)
            await until { service.clock.sleeperCount == 1 }
            try await service.engine.finish(.failed) {
                $0.failure = Failure(
                    .unavailable, code: "provider_unavailable", message: "down", retryAfter: .seconds(9))
            }
            let response = try await answer
            #expect(response.status == 502)
            #expect(response.headers["x-should-retry"] == "false")
            #expect(response.headers["Retry-After"] == nil)
            #expect(try response.json()["error"]?["type"] == "server_error")
        }
    }

    @Test func `a job that takes too long goes on, and the SDK may come back for it`() async throws {
        try await withService { service in
            async let answer = service.send(.post, generations, body: #"{"prompt":"p"}"#)
            await until { service.clock.sleeperCount == 1 }
            service.clock.advance(by: .seconds(600))
            let response = try await answer
            #expect(response.status == 504)
            #expect(response.headers["x-should-retry"] == nil)
            #expect(response.headers["Retry-After"] == "1")
            #expect(response.onSent == nil)
            let jobs = try await service.send(.get, "/v1/jobs").json()["data"]?.array
            #expect(jobs?.first?["status"] == "queued")
        }
    }

    @Test func `equal requests at the same time are wishes of their own`() async throws {
        try await withService { service in
            let body = #"{"prompt":"p"}"#
            async let first = service.send(.post, generations, body: body)
            await until { service.clock.sleeperCount == 1 }
            async let second = service.send(.post, generations, body: body)
            // It waits a moment, in case the first one's client has just left.
            await until { service.clock.sleeperCount == 2 }
            service.clock.advance(by: EqualRequests.noticeOfLeaving)
            await until { service.engine.jobs.count == 2 }
            for _ in 1...2 { try await service.complete() }
            let statuses = try await [first.status, second.status]
            #expect(statuses == [200, 200])
        }
    }

    @Test func `a request like one that went unanswered joins its job`() async throws {
        try await withService { service in
            let body = #"{"prompt":"p"}"#
            let gone = Task { try await service.send(.post, generations, body: body) }
            await until { service.clock.sleeperCount == 1 }
            gone.cancel()
            _ = await gone.result
            let again = try await service.answer(.post, generations, body: body)
            #expect(again.status == 200)
            #expect(service.engine.jobs.count == 1)
        }
    }

    @Test func `an answer that was sent ends the matter, also before that is noted`() async throws {
        try await withService { service in
            let body = #"{"prompt":"p"}"#
            let response = try await service.answer(.post, generations, body: body)
            let note = try #require(response.onSent)
            note()
            let again = try await service.answer(.post, generations, body: body)
            #expect(again.status == 200)
            #expect(service.engine.jobs.count == 2)
        }
    }

    @Test func `a failure that was told is tried anew`() async throws {
        try await withService { service in
            let body = #"{"prompt":"p"}"#
            async let answer = service.send(.post, generations, body: body)
            await until { service.clock.sleeperCount == 1 }
            try await service.engine.finish(.failed) {
                $0.failure = Failure(.unavailable, code: "provider_unavailable", message: "down")
            }
            let response = try await answer
            #expect(response.status == 502)
            let note = try #require(response.onSent)
            note()
            let again = try await service.answer(.post, generations, body: body)
            #expect(again.status == 200)
            #expect(service.engine.jobs.count == 2)
        }
    }

    @Test func `equal requests have equal fingerprints, the SDK's retries say so`() async throws {
        try await withService { service in
            let bodies = [#"{"prompt":"p"}"#, #"{"prompt":"p"}"#, #"{"prompt":"q"}"#]
            for (index, body) in bodies.enumerated() {
                let headers: Headers = ["x-stainless-retry-count": "\(index)"]
                if index == 1 {
                    // Joins the first one's job, which is done: there is nothing to wait for.
                    _ = try await service.send(.post, generations, headers: headers, body: body)
                } else {
                    _ = try await service.answer(.post, generations, headers: headers, body: body)
                }
            }
            let prints = try service.engine.submissions.map { try #require($0.fingerprint) }
            #expect(prints[0].hash == prints[1].hash)
            #expect(prints[0].hash != prints[2].hash)
            #expect(prints.map(\.isRepetition) == [false, true, true])
            #expect(prints[0].since == service.clock.now() - .seconds(900))
            _ = try await service.answer(
                .post, generations, headers: ["X-Thumbwire-Callback": "https://93.184.215.14/x"],
                body: bodies[0])
            #expect(service.engine.submissions.last?.fingerprint?.hash != prints[0].hash)
            #expect(service.engine.submissions.last?.callback?.summary.host == "93.184.215.14")
        }
    }

    @Test(arguments: [
        (#"{"prompt":"p","model":"nope"}"#, "application/json", 404, "model_not_found", "model"),
        (#"{"prompt":"p","#, "application/json", 400, "json_malformed", nil),
        (#"[]"#, "application/json", 400, "invalid_value", nil),
        (#"{}"#, "text/plain", 400, "media_type_unsupported", nil),
        (
            #"{"prompt":"p","webhookUrl":"http://[::1]/x"}"#, "application/json", 400,
            "url_blocked_private_address", "webhookUrl"
        ),
    ])
    func `refuses in OpenAI's shape`(
        body: String, type: String, status: Int, code: String, parameter: String?
    ) async throws {
        try await withService { service in
            let response = try await service.send(
                .post, generations, headers: ["Content-Type": type], body: body)
            try expectError(response, status, code, parameter)
            #expect(service.engine.submissions.isEmpty)
        }
    }

    @Test func `answers keys, paths, methods and limits in OpenAI's shape`() async throws {
        try await withService { service in
            let keyless = try await service.send(.post, generations, key: nil, body: "{}")
            try expectError(keyless, 401, "invalid_api_key")
            try expectError(try await service.send(.get, "/v1/images/nothing"), 404, "not_found")
            try expectError(try await service.send(.get, generations), 405, "method_not_allowed")
            try expectError(
                try await service.send(.get, "/v1/models/nope"), 404, "model_not_found", "model")
            let request = Request(method: .post, path: "/v1/images/edits")
            try expectError(errorResponse(.bodyTooLarge(limit: 9), request), 413, "body_too_large")
            let busy = errorResponse(.overloaded(retryAfter: .seconds(2)), request)
            #expect(busy.status == 503)
            #expect(busy.headers["x-should-retry"] == nil)
            #expect(busy.headers["Retry-After"] == "2")
        }
    }

    @Test func `too few credits end the SDK's tries`() throws {
        let response = Response.openAIProblem(Problem(.creditsInsufficient, "none left"))
        #expect(response.status == 429)
        #expect(response.headers["x-should-retry"] == "false")
        #expect(try response.json()["error"]?["code"] == "insufficient_quota")
    }

    @Test func `lists models and shows one`() async throws {
        try await withService { service in
            let list = try await service.send(.get, "/v1/models").json()
            #expect(list["object"] == "list")
            #expect(list["data"]?.array?.count == OpenAIModel.all.count)
            let one = try await service.send(.get, "/v1/models/gpt-image-1.5").json()
            #expect(
                one.object?.names == ["id", "object", "created", "owned_by", "shutdown_date"])
            #expect(one["shutdown_date"] == "2026-12-01")
        }
    }

    private func expectError(
        _ response: Response, _ status: Int, _ code: String, _ parameter: String? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let answer = try response.json()
        #expect(response.status == status, sourceLocation: location)
        #expect(
            answer["error"]?.object?.names == ["message", "type", "param", "code"], sourceLocation: location)
        #expect(answer["error"]?["code"]?.string == code, sourceLocation: location)
        #expect(answer["error"]?["param"]?.string == parameter, sourceLocation: location)
        #expect(response.headers["x-should-retry"] == "false", sourceLocation: location)
        #expect(response.headers["openai-version"] == "2020-10-01", sourceLocation: location)
    }
}

extension Service {
    /// Sends, finishes the job with pictures, and returns the answer.
    func answer(
        _ method: Method, _ path: String, headers: Headers = [:], variants: Int = 1,
        told: JSONObject = [:], body: String
    ) async throws -> Response {
        try await completing(variants: variants, told: told) {
            try await send(method, path, headers: headers, body: body)
        }
    }

    /// The answer to a request, whose job is finished with pictures as soon as there is one.
    func completing(
        variants: Int = 1, told: JSONObject = [:], _ send: @escaping @Sendable () async throws -> Response
    ) async throws -> Response {
        let isAnswered = Atomic(false)
        async let response = {
            defer { isAnswered.store(true, ordering: .releasing) }
            return try await send()
        }()
        while !isAnswered.load(ordering: .acquiring) {
            try await complete(variants: variants, told: told)
            await Task.yield()
        }
        return try await response
    }

    func complete(variants: Int = 1, told: JSONObject = [:]) async throws {
        let now = clock.now()
        try await engine.finish(.completed) { job in
            var step = Step(
                id: "studio", index: 0, attempt: 1, plugin: "studio", version: "1.0.0",
                configurationHash: "", startedAt: now)
            step.status = .succeeded
            step.provenance = ["openai": .object(told)]
            job.steps = [step]
            job.outputs = (0..<variants).map {
                Output(
                    artifact: .make("art_"), fileName: "f\($0).png", size: job.request.resolution,
                    format: .png, bytes: 7, sha256: MemoryArtifacts.sha256, variant: $0)
            }
        }
    }
}
