import BuiltinPlugins
import HTTP
import TestSupport
import Testing
import ThumbwireKit

@Suite("Soke polls") struct SokePollTests {
    private static let thumbnail = "GET /thumbnail/thumb_1"

    private func soke(_ service: ScriptedService) throws -> SokeProvider {
        try configured(
            SokeProvider.self,
            ["apiKey": .string(ScriptedService.key), "baseUrl": .string(service.url + "/")])
    }

    @Test(arguments: [
        #"{"success":true,"data":{"id":"thumb_1","status":"completed","imageUrl":"URL","editorState":{"layers":[1]}}}"#,
        #"{"data":{"status":"complete","image_url":"URL","editor_state":{"layers":[1]}}}"#,
        #"{"data":{"status":"succeeded","imageUrl":null,"thumbnailUrl":"URL","editorState":{"layers":[1]}}}"#,
        #"{"data":{"status":"ready","url":"URL","result":{"editorState":{"layers":[1]}}}}"#,
        #"{"data":{"status":"Completed","result":{"imageUrl":"URL","editorState":{"layers":[1]}}}}"#,
        #"{"data":{"status":"completed","imageUrl":"s3://x","result":{"url":"URL"},"editorState":{"layers":[1]}}}"#,
        #"{"data":{"status":"completed","backgroundUrl":"URL","editorState":{"layers":[1]}}}"#,
        #"{"status":"completed","imageUrl":"URL","editorState":{"layers":[1]}}"#,
        #"{"data":{"status":"brand-new-word","imageUrl":"URL","editorState":{"layers":[1]}}}"#,
        #"{"data":{"imageUrl":"URL","editorState":{"layers":[1]}}}"#,
    ])
    func `the picture and the editor state are found in every likely shape`(shape: String) async throws {
        try await ScriptedService.run { service in
            service.on(
                Self.thumbnail, .json(200, shape.replacing("URL", with: "\(service.url)/files/a.png")))
            service.on("GET /files/a.png", .picture("bytes"))

            let answer = try await soke(service).poll("thumb_1", context: service.context())

            let result = try #require(answer.result)
            #expect(result.pictures == [.init(bytes: Array("bytes".utf8), mediaType: "image/png")])
            #expect(result.product == .background)
            #expect(result.cost == Cost(amount: 4, unit: "credits"))
            #expect(result.provenance["editorState"] == ["layers": [1]])
            #expect(result.provenance["soke"]?["id"] == "thumb_1")
            #expect(service.requests("GET /files/a.png").first?.headers["X-Soke-Key"] == nil)
        }
    }

    @Test(arguments: [
        (#"{"data":{"status":"processing"}}"#, [Double]()),
        (#"{"data":{"status":"queued","progress":0}}"#, [0]),
        (#"{"data":{"status":"processing","progress":40}}"#, [0.4]),
        (#"{"data":{"status":"processing","progress":1e9}}"#, [1]),
        (#"{"data":{"status":"processing","imageUrl":"http://early.example/a"}}"#, []),
    ])
    func `work in progress stays a ticket`(body: String, progress: [Double]) async throws {
        try await ScriptedService.run { service in
            service.on(Self.thumbnail, .json(200, body))
            let context = service.context()

            let answer = try await soke(service).poll("thumb_1", context: context)

            #expect(answer.ticket == "thumb_1")
            #expect(answer.pollAfter == .seconds(2))
            #expect(context.told.progress == progress)
            #expect(context.told.warnings.isEmpty)
        }
    }

    @Test func `an unknown status is waited for and said`() async throws {
        try await ScriptedService.run { service in
            service.on(Self.thumbnail, .json(200, #"{"data":{"status":"pondering"}}"#))
            let context = service.context()

            let answer = try await soke(service).poll("thumb_1", context: context)

            #expect(answer.ticket == "thumb_1")
            #expect(context.told.warnings.map { $0.code } == ["provider_answer_unknown"])
        }
    }

    @Test func `an id unknown as a thumbnail is asked for as a job`() async throws {
        try await ScriptedService.run { service in
            service.on(Self.thumbnail, .json(404, #"{"success":false,"error":{"code":"NOT_FOUND"}}"#))
            service.on(
                "GET /jobs/thumb_1", .json(200, #"{"data":{"jobId":"thumb_1","status":"processing"}}"#))

            let answer = try await soke(service).poll("thumb_1", context: service.context())

            #expect(answer.ticket == "thumb_1")
            #expect(service.allRequests.count == 2)
        }
    }

    @Test func `an id is one segment of the path whatever it holds`() async throws {
        try await ScriptedService.run { service in
            service.on("GET /thumbnail/a%2Fb?c", .json(200, #"{"data":{"status":"processing"}}"#))

            let answer = try await soke(service).poll("a/b?c", context: service.context())

            #expect(answer.ticket == "a/b?c")
        }
    }

    @Test(arguments: [
        Refusal(
            200,
            #"{"success":true,"data":{"status":"failed","error":{"code":"PROCESSING_ERROR","message":"no luck"}}}"#,
            is: .invalidInput, "provider_returned_nothing"),
        Refusal(200, #"{"data":{"status":"error"}}"#, is: .invalidInput, "provider_returned_nothing"),
        Refusal(
            200, #"{"success":false,"error":{"code":"PROCESSING_ERROR","message":"no luck"}}"#,
            is: .invalidInput, "provider_returned_nothing"),
        Refusal(
            200, #"{"data":{"status":"failed","error":{"code":"MODERATION_BLOCKED","message":"no"}}}"#,
            is: .contentRejected, "content_rejected"),
        Refusal(
            200, #"{"data":{"status":"failed","error":{"code":"INSUFFICIENT_CREDITS","message":"no"}}}"#,
            is: .outOfFunds, "provider_out_of_funds"),
    ])
    func `work that failed ends with a verdict`(refusal: Refusal) async throws {
        let failure = try await verdict(toPoll: refusal)

        #expect(failure.failureClass == refusal.failureClass)
        #expect(failure.code == refusal.code)
    }

    @Test(arguments: [
        Refusal(
            401, #"{"success":false,"error":{"code":"UNAUTHORIZED","message":"sk_live_very-secret-1"}}"#,
            is: .unavailable, "provider_unavailable"),
        Refusal(402, "{}", is: .unavailable, "provider_unavailable"),
        Refusal(404, "{}", is: .unavailable, "provider_unavailable"),
        Refusal(
            429, #"{"success":false,"error":{"code":"RATE_LIMIT_EXCEEDED"}}"#, ["Retry-After": "3"],
            is: .rateLimited, "rate_limited", after: .seconds(3)),
        Refusal(
            429, #"{"success":false,"error":{"code":"RATE_LIMIT_EXCEEDED","message":"monthly"}}"#,
            is: .rateLimited, "rate_limited"),
        Refusal(500, "<html>", is: .unavailable, "provider_unavailable"),
        Refusal(503, "", ["Retry-After": "9"], is: .unavailable, "provider_unavailable", after: .seconds(9)),
        Refusal(
            200, #"{"success":false,"error":{"code":"INTERNAL_ERROR"}}"#, is: .unavailable,
            "provider_unavailable"),
        Refusal(200, "not json", is: .internal, "plugin_error"),
        Refusal(200, #"{"data":[]}"#, is: .internal, "plugin_error"),
        Refusal(200, #"{"data":{"status":"completed"}}"#, is: .internal, "provider_returned_nothing"),
    ])
    func `a question that fails leaves the work alone`(refusal: Refusal) async throws {
        let failure = try await answer(toPoll: refusal)

        #expect(failure.failureClass == refusal.failureClass)
        #expect(failure.code == refusal.code)
        #expect(failure.retryAfter == refusal.retryAfter)
        #expect(!"\(failure)\(failure.detail ?? "")".contains(ScriptedService.key))
    }

    private func verdict(toPoll refusal: Refusal) async throws -> Failure {
        try await ScriptedService.run { service in
            service.on(Self.thumbnail, refusal.answer)
            let answer = try await soke(service).poll("thumb_1", context: service.context())
            return try #require(answer.verdict)
        }
    }

    private func answer(toPoll refusal: Refusal) async throws -> Failure {
        try await ScriptedService.run { service in
            service.on(Self.thumbnail, refusal.answer)
            service.on("GET /jobs/thumb_1", refusal.answer)
            let provider = try soke(service)
            return try #require(
                await failure { () async throws(Failure) in
                    try await provider.poll("thumb_1", context: service.context())
                })
        }
    }

    @Test func `a finished picture under an unknown name is said with the names that there are`() async throws
    {
        try await ScriptedService.run { service in
            service.on(Self.thumbnail, .json(200, #"{"data":{"status":"completed","pictureLink":"x"}}"#))
            let context = service.context()
            let provider = try soke(service)

            let failure = await failure { () async throws(Failure) in
                try await provider.poll("thumb_1", context: context)
            }

            #expect(failure?.detail == "{data{status,pictureLink}}")
            #expect(context.told.warnings.first?.message.contains("pictureLink") == true)
        }
    }

    @Test func `a picture that cannot be fetched is no verdict`() async throws {
        try await ScriptedService.run { service in
            service.on(
                Self.thumbnail,
                .json(200, #"{"data":{"status":"completed","imageUrl":"\#(service.url)/files/a"}}"#))
            service.on("GET /files/a", .html(503), .picture("late"))
            let provider = try soke(service)

            let failure = await failure { () async throws(Failure) in
                try await provider.poll("thumb_1", context: service.context())
            }
            let result = try await provider.poll("thumb_1", context: service.context()).result

            #expect(failure?.failureClass == .unavailable)
            #expect(result?.pictures.first?.bytes == Array("late".utf8))
        }
    }

    @Test func `an editor state of any size does not cost the picture`() async throws {
        try await ScriptedService.run { service in
            let state = String(repeating: "x", count: 300_000)
            service.on(
                Self.thumbnail,
                .json(
                    200,
                    #"{"data":{"status":"completed","imageUrl":"\#(service.url)/files/a","editorState":"\#(state)"}}"#
                ))
            service.on("GET /files/a", .picture("bytes"))
            let context = service.context()

            let result = try await soke(service).poll("thumb_1", context: context).result

            #expect(result?.pictures.count == 1)
            #expect(result?.provenance["editorState"] == nil)
            #expect(context.told.warnings.map { $0.code } == ["editor_state_dropped"])
        }
    }

    @Test func `the account's budgets are told from every answer`() async throws {
        try await ScriptedService.run { service in
            service.on(
                Self.thumbnail,
                .json(
                    200, #"{"data":{"status":"processing"}}"#,
                    [
                        "X-Soke-Limit": "30", "X-Soke-Remaining": "7", "X-Soke-Reset": "1795262440",
                        "X-Soke-Credits-Remaining": "496",
                    ]))
            let context = service.context()

            _ = try await soke(service).poll("thumb_1", context: context)

            #expect(
                context.told.budgets == [
                    Budget(kind: .requests, limit: 30, remaining: 7, resetsAt: .noon + .seconds(40)),
                    Budget(kind: .credits, remaining: 496),
                ])
        }
    }

    @Test func `a reset that no window has does not stop the account for ever`() async throws {
        try await ScriptedService.run { service in
            service.on(
                Self.thumbnail,
                .json(
                    200, #"{"data":{"status":"processing"}}"#,
                    [
                        "X-Soke-Remaining": "0", "X-Soke-Reset": "99999999999",
                        "X-Soke-Credits-Remaining": "-4",
                    ]))
            let context = service.context()

            _ = try await soke(service).poll("thumb_1", context: context)

            #expect(
                context.told.budgets == [
                    Budget(kind: .requests, remaining: 0, resetsAt: .noon + .seconds(3_600))
                ])
        }
    }
}
