import BuiltinPlugins
import HTTP
import TestSupport
import Testing
import ThumbwireKit

@Suite("Opus polls") struct OpusPollTests {
    private static let job = "GET /api/generative-jobs/thumbnail-1"

    private func opus(_ service: ScriptedService) throws -> OpusProvider {
        try configured(
            OpusProvider.self, ["apiKey": .string(ScriptedService.key), "baseUrl": .string(service.url)])
    }

    private func concluded(_ service: ScriptedService, _ names: [String]) -> Response {
        let urls = names.map { "\"\(service.url)/files/\($0)\"" }.joined(separator: ",")
        return .json(
            200,
            #"{"status":"CONCLUDED","progress":{"percentage":1},"result":{"generatedThumbnailUris":[\#(urls)]}}"#
        )
    }

    @Test func `four pictures become four variants in order`() async throws {
        try await ScriptedService.run { service in
            service.on(Self.job, concluded(service, ["a", "b", "b", "c", "d", "e"]))
            for name in ["a", "b", "c", "d"] { service.on("GET /files/\(name)", .picture(name)) }

            let answer = try await opus(service).poll("thumbnail-1", context: service.context())

            let result = try #require(answer.result)
            #expect(
                result.pictures.map { String(decoding: $0.bytes, as: UTF8.self) } == ["a", "b", "c", "d"])
            #expect(result.product == .composed)
            #expect(result.cost == Cost(amount: 7, unit: "credits"))
            #expect(result.provenance["opus"]?["jobId"] == "thumbnail-1")
            #expect(service.requests("GET /files/a").first?.headers["Authorization"] == nil)
        }
    }

    @Test(arguments: [
        #"{"data":{"status":"CONCLUDED","progress":100,"result":{"generatedThumbnailUris":["URL"]}}}"#,
        #"{"status":"concluded","error":null,"result":{"generatedThumbnailUris":[1,"ftp://x","URL"]}}"#,
        #"{"status":"COMPLETED","generatedThumbnailUris":["URL"]}"#,
    ])
    func `pictures are found in the shapes that were seen`(shape: String) async throws {
        try await ScriptedService.run { service in
            service.on(Self.job, .json(200, shape.replacing("URL", with: "\(service.url)/files/a")))
            service.on("GET /files/a", .picture("a"))

            let answer = try await opus(service).poll("thumbnail-1", context: service.context())

            #expect(answer.result?.pictures.count == 1)
        }
    }

    @Test(arguments: [
        (#"{"status":"QUEUED"}"#, [Double]()),
        (#"{"status":"PROCESSING","progress":{"status":"PROCESSING","percentage":0.25}}"#, [0.25]),
        (#"{"status":"PROCESSING","progress":40}"#, [0.4]),
        (#"{"data":{"status":"PROCESSING","progress":{"percentage":0.5}}}"#, [0.5]),
        (#"{"status":"PROCESSING","progress":-3}"#, [0]),
    ])
    func `work in progress stays a ticket`(body: String, progress: [Double]) async throws {
        try await ScriptedService.run { service in
            service.on(Self.job, .json(200, body))
            let context = service.context()

            let answer = try await opus(service).poll("thumbnail-1", context: context)

            #expect(answer.ticket == "thumbnail-1")
            #expect(answer.pollAfter == .seconds(5))
            #expect(context.told.progress == progress)
            #expect(context.told.warnings.isEmpty)
        }
    }

    @Test func `an unknown status is waited for and said`() async throws {
        try await ScriptedService.run { service in
            service.on(Self.job, .json(200, #"{"status":"DREAMING"}"#))
            let context = service.context()

            let answer = try await opus(service).poll("thumbnail-1", context: context)

            #expect(answer.ticket == "thumbnail-1")
            #expect(context.told.warnings.map { $0.code } == ["provider_answer_unknown"])
        }
    }

    @Test(arguments: [
        Refusal(
            200, #"{"status":"FAILED","error":{"type":"RenderError","message":"no frames"}}"#,
            is: .unavailable, "provider_failed"),
        Refusal(
            200, #"{"status":"FAILED","error":"no frames"}"#, is: .unavailable, "provider_failed"),
        Refusal(200, #"{"status":"UNKNOWN"}"#, is: .outcomeUnknown, "provider_outcome_unknown"),
        Refusal(200, #"{"status":"ERROR"}"#, is: .unavailable, "provider_failed"),
        Refusal(200, #"{"status":"ERRORED"}"#, is: .unavailable, "provider_failed"),
        Refusal(
            200, #"{"data":{"status":"CANCELED"}}"#, is: .unavailable, "provider_failed"),
        Refusal(
            200, #"{"status":"CONCLUDED","result":{"generatedThumbnailUris":[]}}"#, is: .invalidInput,
            "provider_returned_nothing"),
        Refusal(200, #"{"status":"CONCLUDED"}"#, is: .invalidInput, "provider_returned_nothing"),
        Refusal(
            200,
            #"{"status":"CONCLUDED","error":{"type":"E","message":"m"},"result":{"generatedThumbnailUris":["http://x/a"]}}"#,
            is: .unavailable, "provider_failed"),
        Refusal(
            200, #"{"status":"FAILED","error":{"type":"CONTENT_POLICY","message":"no"}}"#,
            is: .contentRejected, "content_rejected"),
        Refusal(
            200, #"{"status":"FAILED","error":{"type":"QuotaExceed","message":"no"}}"#, is: .outOfFunds,
            "provider_out_of_funds"),
    ])
    func `work that failed ends with a verdict in Opus's words`(refusal: Refusal) async throws {
        let failure = try await verdict(toPoll: refusal)

        #expect(failure.failureClass == refusal.failureClass)
        #expect(failure.code == refusal.code)
        #expect(failure.message.contains("no frames") == refusal.description.contains("no frames"))
    }

    @Test(arguments: [
        Refusal(
            401, #"{"message":"sk_live_very-secret-1"}"#, is: .unavailable, "provider_unavailable"),
        Refusal(
            403, #"{"code":"API_MONTHLY_CAP_REACHED","reset_at":"2026-11-21T12:01:00Z"}"#, is: .unavailable,
            "provider_unavailable", after: .seconds(60)),
        Refusal(404, "", is: .unavailable, "provider_unavailable"),
        Refusal(
            429, "", ["Retry-After": "2"], is: .rateLimited, "rate_limited", after: .seconds(2)),
        Refusal(500, "", is: .unavailable, "provider_unavailable"),
        Refusal(503, "", is: .unavailable, "provider_unavailable"),
        Refusal(200, "<html>", is: .internal, "plugin_error"),
        Refusal(200, #"{"result":{}}"#, is: .internal, "plugin_error"),
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
            service.on(Self.job, refusal.answer)
            let answer = try await opus(service).poll("thumbnail-1", context: service.context())
            return try #require(answer.verdict)
        }
    }

    private func answer(toPoll refusal: Refusal) async throws -> Failure {
        try await ScriptedService.run { service in
            service.on(Self.job, refusal.answer)
            let provider = try opus(service)
            return try #require(
                await failure { () async throws(Failure) in
                    try await provider.poll("thumbnail-1", context: service.context())
                })
        }
    }

    @Test func `a picture that fails once is fetched again`() async throws {
        try await ScriptedService.run { service in
            service.on(Self.job, concluded(service, ["a", "b"]))
            service.on("GET /files/a", .html(503), .picture("a"))
            service.on("GET /files/b", .picture("b"))
            let context = service.context()

            let result = try await opus(service).poll("thumbnail-1", context: context).result

            #expect(result?.pictures.map { $0.bytes } == [Array("a".utf8), Array("b".utf8)])
            #expect(context.told.warnings.isEmpty)
        }
    }

    @Test func `one lost picture does not cost the others`() async throws {
        try await ScriptedService.run { service in
            service.on(Self.job, concluded(service, ["a", "b"]))
            service.on("GET /files/a", .html(404))
            service.on("GET /files/b", .picture("b"))
            let context = service.context()

            let result = try await opus(service).poll("thumbnail-1", context: context).result

            #expect(result?.pictures.map { $0.bytes } == [Array("b".utf8)])
            #expect(context.told.warnings.isEmpty)
        }
    }

    @Test func `no picture at all is no verdict`() async throws {
        try await ScriptedService.run { service in
            service.on(Self.job, concluded(service, ["a"]))
            service.on("GET /files/a", .html(403))
            let provider = try opus(service)

            let failure = await failure { () async throws(Failure) in
                try await provider.poll("thumbnail-1", context: service.context())
            }

            #expect(failure?.failureClass == .unavailable)
        }
    }
}
