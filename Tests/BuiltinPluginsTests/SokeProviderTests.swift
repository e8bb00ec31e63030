import BuiltinPlugins
import HTTP
import TestSupport
import Testing
import ThumbwireKit

@Suite("Soke provider") struct SokeProviderTests {
    private static let background = "POST /thumbnail/generate-background"
    private static let accepted = Response.json(
        202,
        #"{"success":true,"data":{"id":"thumb_1","status":"processing","sessionId":"session_1"},"meta":{}}"#)

    private func soke(_ service: ScriptedService, _ more: JSONObject = [:]) throws -> SokeProvider {
        var given: JSONObject = ["apiKey": .string(ScriptedService.key), "baseUrl": .string(service.url)]
        for member in more.members { given[member.name] = member.value }
        return try configured(SokeProvider.self, given)
    }

    @Test func `a chain that draws the title gets a background without text`() async throws {
        try await ScriptedService.run { service in
            service.on(Self.background, Self.accepted)
            var thumbnail = ThumbnailRequest(title: "Ten rules", prompt: "a tidy desk")
            thumbnail.videoURL = "https://youtu.be/dQw4w9WgXcQ"
            thumbnail.colorGrading = .warm

            let answer = try await soke(service).create(.make(thumbnail), context: service.context())

            #expect(answer.ticket == "thumb_1")
            #expect(answer.pollAfter == .seconds(2))
            let request = try #require(service.requests(Self.background).first)
            #expect(request.headers["X-Soke-Key"] == ScriptedService.key)
            #expect(request.headers["Content-Type"] == "application/json")
            let body = try #require(request.json?.object)
            #expect(
                body.names == ["platform", "videoUrl", "manualTitle", "manualPrompt", "resolution"])
            #expect(body["videoUrl"] == "https://youtu.be/dQw4w9WgXcQ")
            #expect(body["manualTitle"] == "Ten rules")
            #expect(body["resolution"] == "1280x720")
            let prompt = try #require(body["manualPrompt"]?.string)
            #expect(prompt.hasPrefix("a tidy desk"))
            #expect(prompt.contains("no text at all"))
            #expect(prompt.contains("Keep the left half"))
        }
    }

    @Test(arguments: [
        (LayoutType?.none, ColorGrading?.none, "TextLeft", "None"),
        (.textBottom, .neon, "TextBottom", "Neon"),
    ])
    func `a chain that draws nothing gets a finished thumbnail with both required choices`(
        layout: LayoutType?, grading: ColorGrading?, sentLayout: String, sentGrading: String
    ) async throws {
        try await ScriptedService.run { service in
            service.on("POST /thumbnail/generate", Self.accepted)
            service.on(
                "GET /thumbnail/thumb_1",
                .json(200, #"{"data":{"status":"completed","imageUrl":"\#(service.url)/files/a"}}"#))
            service.on("GET /files/a", .picture("bytes"))
            var thumbnail = ThumbnailRequest(title: "Ten rules", resolution: .portrait)
            thumbnail.layoutType = layout
            thumbnail.colorGrading = grading
            let provider = try soke(service)

            let answer = try await provider.create(
                .make(thumbnail, purpose: .finished), context: service.context())
            let ticket = try #require(answer.ticket)
            let result = try await provider.poll(ticket, context: service.context()).result

            let body = service.requests("POST /thumbnail/generate").first?.json
            #expect(body?["layoutType"]?.string == sentLayout)
            #expect(body?["colorGrading"]?.string == sentGrading)
            #expect(body?["resolution"] == "1080x1920")
            #expect(body?["manualPrompt"] == nil)
            #expect(result?.product == .composed)
        }
    }

    @Test(arguments: [
        ("generate", GenerationRequest.Purpose.background(.textRight), "POST /thumbnail/generate"),
        ("generate-background", .finished, "POST /thumbnail/generate-background"),
    ])
    func `the operator can choose the endpoint`(
        endpoint: String, purpose: GenerationRequest.Purpose, expected: String
    ) async throws {
        try await ScriptedService.run { service in
            service.on(expected, Self.accepted)

            _ = try await soke(service, ["endpoint": .string(endpoint)])
                .create(.make(purpose: purpose), context: service.context())

            #expect(service.requests(expected).count == 1)
        }
    }

    @Test func `several variants are one order`() async throws {
        try await ScriptedService.run { service in
            service.on(Self.background, Self.accepted)
            var thumbnail = ThumbnailRequest(title: "Ten rules")
            thumbnail.variants = 4
            let context = service.context()

            _ = try await soke(service).create(.make(thumbnail), context: context)

            #expect(service.allRequests.count == 1)
            #expect(context.told.warnings.isEmpty)
        }
    }

    @Test func `a page that is no video is told in words and not as a URL`() async throws {
        try await ScriptedService.run { service in
            service.on(Self.background, Self.accepted)
            var thumbnail = ThumbnailRequest()
            thumbnail.videoURL = "https://example.com/article"
            let context = service.context(video: .make(.page, title: "How bread rises"))

            _ = try await soke(service).create(.make(thumbnail), context: context)

            let body = service.requests(Self.background).first?.json
            #expect(body?["videoUrl"] == nil)
            #expect(body?["manualPrompt"]?.string?.contains("“How bread rises”") == true)
        }
    }

    @Test(arguments: [
        #"{"success":true,"data":{"id":"thumb_1"}}"#, #"{"data":{"jobId":"thumb_1"}}"#, #"{"id":"thumb_1"}"#,
    ])
    func `the id is found wherever it stands`(body: String) async throws {
        try await ScriptedService.run { service in
            service.on(Self.background, .json(202, body))

            let answer = try await soke(service).create(.make(), context: service.context())

            #expect(answer.ticket == "thumb_1")
        }
    }

    private static func envelope(_ code: String, _ details: String = "{}") -> String {
        #"{"success":false,"error":{"code":"\#(code)","message":"no: \#(ScriptedService.key)","details":\#(details)}}"#
    }

    static let refusals: [Refusal] = [
        Refusal(400, envelope("BAD_REQUEST"), is: .invalidInput, "validation_failed"),
        Refusal(401, envelope("UNAUTHORIZED"), is: .misconfigured, "provider_misconfigured"),
        Refusal(402, envelope("INSUFFICIENT_CREDITS"), is: .outOfFunds, "provider_out_of_funds"),
        Refusal(403, envelope("FORBIDDEN"), is: .misconfigured, "provider_misconfigured"),
        Refusal(403, envelope("SUBSCRIPTION_REQUIRED"), is: .outOfFunds, "provider_out_of_funds"),
        Refusal(404, envelope("NOT_FOUND"), is: .misconfigured, "provider_misconfigured"),
        Refusal(
            429, envelope("RATE_LIMIT_EXCEEDED"), ["Retry-After": "45"], is: .rateLimited, "rate_limited",
            after: .seconds(45)),
        Refusal(
            429, envelope("RATE_LIMIT_EXCEEDED", #"{"retryAfter":12}"#), is: .rateLimited, "rate_limited",
            after: .seconds(12)),
        Refusal(
            429, envelope("RATE_LIMIT_EXCEEDED"), ["Retry-After": "Sat, 21 Nov 2026 12:00:30 GMT"],
            is: .rateLimited, "rate_limited", after: .seconds(30)),
        Refusal(
            429, envelope("RATE_LIMIT_EXCEEDED"), ["X-Soke-Remaining": "0", "X-Soke-Reset": "1795262420"],
            is: .rateLimited, "rate_limited", after: .seconds(20)),
        Refusal(
            429, envelope("RATE_LIMIT_EXCEEDED"), ["Retry-After": "86400"], is: .outOfFunds,
            "provider_out_of_funds", after: .seconds(86_400)),
        Refusal(
            429,
            #"{"success":false,"error":{"code":"RATE_LIMIT_EXCEEDED","message":"Monthly quota exceeded"}}"#,
            is: .outOfFunds, "provider_out_of_funds"),
        Refusal(
            429, envelope("RATE_LIMIT_EXCEEDED"), ["X-Soke-Credits-Remaining": "0"], is: .outOfFunds,
            "provider_out_of_funds"),
        Refusal(501, envelope("PLATFORM_NOT_IMPLEMENTED"), is: .invalidInput, "platform_not_supported"),
        Refusal(
            400,
            #"{"success":false,"error":{"code":"BAD_REQUEST","message":"blocked by our content policy"}}"#,
            is: .contentRejected, "content_rejected"),
        // Failures inside a success, codes of tomorrow, and no envelope at all.
        Refusal(200, envelope("INSUFFICIENT_CREDITS"), is: .outOfFunds, "provider_out_of_funds"),
        Refusal(422, envelope("SOMETHING_NEW"), is: .invalidInput, "validation_failed"),
        Refusal(503, envelope("SOMETHING_NEW"), is: .unavailable, "provider_unavailable"),
        Refusal(
            503, envelope("INTERNAL_ERROR", #"{"retryAfter":5}"#), is: .unavailable, "provider_unavailable",
            after: .seconds(5)),
        Refusal(400, "<html>", is: .invalidInput, "validation_failed"),
        Refusal(429, "<html>", ["Retry-After": "7"], is: .rateLimited, "rate_limited", after: .seconds(7)),
        Refusal(501, "<html>", is: .invalidInput, "validation_failed"),
        Refusal(302, "", ["Location": "/"], is: .misconfigured, "provider_misconfigured"),
        // Nothing proves that it was not bought.
        Refusal(500, envelope("INTERNAL_ERROR"), is: .outcomeUnknown, "provider_outcome_unknown"),
        Refusal(500, "<html>", is: .outcomeUnknown, "provider_outcome_unknown"),
        Refusal(503, "<html>", is: .outcomeUnknown, "provider_outcome_unknown"),
        Refusal(200, envelope("INTERNAL_ERROR"), is: .outcomeUnknown, "provider_outcome_unknown"),
        Refusal(200, envelope("SOMETHING_NEW"), is: .outcomeUnknown, "provider_outcome_unknown"),
        Refusal(500, #"{"message":"boom"}"#, is: .outcomeUnknown, "provider_outcome_unknown"),
        Refusal(502, "", is: .outcomeUnknown, "provider_outcome_unknown"),
        Refusal(504, "", is: .outcomeUnknown, "provider_outcome_unknown"),
        Refusal(408, "", is: .outcomeUnknown, "provider_outcome_unknown"),
        Refusal(202, "not json", is: .outcomeUnknown, "provider_outcome_unknown"),
        Refusal(202, #"{"success":true,"data":{}}"#, is: .outcomeUnknown, "provider_outcome_unknown"),
        Refusal(202, #"{"data":{"id":""},"data":{}}"#, is: .outcomeUnknown, "provider_outcome_unknown"),
    ]

    @Test(arguments: refusals)
    func `a refused order has the class of its answer and is sent once`(refusal: Refusal) async throws {
        try await ScriptedService.run { service in
            service.on(Self.background, refusal.answer)
            let provider = try soke(service)

            let failure = try #require(
                await failure { () async throws(Failure) in
                    try await provider.create(.make(), context: service.context())
                })

            #expect(failure.failureClass == refusal.failureClass)
            #expect(failure.code == refusal.code)
            #expect(failure.retryAfter == refusal.retryAfter)
            #expect(!"\(failure.message)\(failure.detail ?? "")".contains(ScriptedService.key))
            #expect(service.allRequests.count == 1)
        }
    }

    @Test func `an order whose answer is lost is of unknown outcome`() async throws {
        try await ScriptedService.run { service in
            service.on(Self.background, .interrupted())
            let provider = try soke(service)

            async let failed = failure { () async throws(Failure) in
                try await provider.create(.make(), context: service.context())
            }
            await service.wait(for: Self.background)
            await service.disappear()

            #expect(await failed?.failureClass == .outcomeUnknown)
            #expect(service.allRequests.count == 1)
        }
    }

    @Test func `an order that reaches nobody buys nothing`() async throws {
        try await ScriptedService.run { service in
            await service.disappear()
            let provider = try soke(service)

            let failure = await failure { () async throws(Failure) in
                try await provider.create(.make(), context: service.context())
            }

            #expect(failure?.failureClass == .unavailable)
        }
    }
}
