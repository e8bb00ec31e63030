import BuiltinPlugins
import HTTP
import TestSupport
import Testing
import ThumbwireKit

@Suite("Opus provider") struct OpusProviderTests {
    private static let orders = "POST /api/generative-jobs"
    private static let accepted = Response.json(201, #"{"jobId":"thumbnail-aB3xR7nQ8z"}"#)
    private static let video = "https://youtu.be/dQw4w9WgXcQ"

    private func opus(_ service: ScriptedService, _ more: JSONObject = [:]) throws -> OpusProvider {
        var given: JSONObject = ["apiKey": .string(ScriptedService.key), "baseUrl": .string(service.url)]
        for member in more.members { given[member.name] = member.value }
        return try configured(OpusProvider.self, given)
    }

    private func request(_ title: String? = "Ten rules", prompt: String? = nil) -> ThumbnailRequest {
        var request = ThumbnailRequest(title: title, prompt: prompt)
        request.videoURL = Self.video
        return request
    }

    @Test func `an order names the video and carries the wishes for the title`() async throws {
        try await ScriptedService.run { service in
            service.on(Self.orders, Self.accepted)

            let answer = try await opus(service, ["orgId": "org_7"])
                .create(.make(request(prompt: "a desk")), context: service.context())

            #expect(answer.ticket == "thumbnail-aB3xR7nQ8z")
            #expect(answer.pollAfter == .seconds(5))
            let order = try #require(service.requests(Self.orders).first)
            #expect(order.headers["Authorization"] == "Bearer \(ScriptedService.key)")
            #expect(order.headers["x-opus-org-id"] == "org_7")
            let body = try #require(order.json?.object)
            #expect(body.names == ["jobType", "sourceUri", "prompt"])
            #expect(body["jobType"] == "thumbnail")
            #expect(body["sourceUri"]?.string == Self.video)
            #expect(body["prompt"]?.string?.hasPrefix("a desk\nWrite exactly this title") == true)
            #expect(body["prompt"]?.string?.contains("“Ten rules”") == true)
        }
    }

    @Test func `a video alone is a complete order`() async throws {
        try await ScriptedService.run { service in
            service.on(Self.orders, .json(201, #"{"data":{"jobId":"thumbnail-1"}}"#))

            let answer = try await opus(service).create(.make(request(nil)), context: service.context())

            #expect(answer.ticket == "thumbnail-1")
            let order = try #require(service.requests(Self.orders).first)
            #expect(order.json?.object?.names == ["jobType", "sourceUri"])
            #expect(order.headers["x-opus-org-id"] == nil)
        }
    }

    @Test func `pictures that have URLs are passed on as they are`() async throws {
        try await ScriptedService.run { service in
            service.on(Self.orders, Self.accepted)
            var thumbnail = request()
            thumbnail.referenceImages = [
                .url("https://example.com/a?x=1"), .url("https://example.com/b"),
            ]
            thumbnail.maskImage = .url("https://example.com/mask.png")
            let context = service.context()

            _ = try await opus(service).create(.make(thumbnail), context: context)

            let body = service.requests(Self.orders).first?.json
            #expect(body?["referenceImageUri"] == "https://example.com/a?x=1")
            #expect(body?["maskImageUri"] == "https://example.com/mask.png")
            #expect(service.allRequests.count == 1)
            #expect(context.told.warnings.map { $0.code } == ["field_not_used"])
        }
    }

    private func uploadingRequest() -> ThumbnailRequest {
        var thumbnail = request()
        thumbnail.referenceImages = [.artifact(ArtifactID(rawValue: "upl_1"))]
        return thumbnail
    }

    private let uploaded: [ImageRole: [GenerationResult.Picture]] = [
        .reference: [.init(bytes: [1, 2, 3], mediaType: "image/jpeg")],
        .mask: [.init(bytes: [9], mediaType: "image/png")],
    ]

    private func script(uploadsOf service: ScriptedService) {
        service.on(
            "POST /api/upload-links",
            .json(201, #"{"url":"\#(service.url)/upload/a","cdnUrl":"https://cdn.opus.pro/a.jpg"}"#),
            .json(201, #"{"url":"\#(service.url)/upload/b","cdnUrl":"https://cdn.opus.pro/b.png"}"#))
        for name in ["a", "b"] {
            service.on(
                "POST /upload/\(name)",
                Response(status: 201, headers: ["Location": "\(service.url)/session/\(name)"]))
            service.on("PUT /session/\(name)", Response(status: 200))
        }
    }

    @Test func `uploaded pictures go through the resumable handshake before the order`() async throws {
        try await ScriptedService.run { service in
            script(uploadsOf: service)
            service.on(Self.orders, Self.accepted)
            var thumbnail = uploadingRequest()
            thumbnail.maskImage = .artifact(ArtifactID(rawValue: "upl_2"))

            _ = try await opus(service).create(
                .make(thumbnail), context: service.context(pictures: uploaded))

            #expect(
                service.allRequests.map { "\($0.method.rawValue) \($0.path)" } == [
                    "POST /api/upload-links", "POST /upload/a", "PUT /session/a", "POST /api/upload-links",
                    "POST /upload/b", "PUT /session/b", Self.orders,
                ])
            let links = service.requests("POST /api/upload-links").map { $0.json }
            #expect(links.first == ["usecase": "FreeToolMedia", "type": "Upload", "extension": "jpg"])
            #expect(links.last??["extension"] == "png")
            let start = try #require(service.requests("POST /upload/a").first)
            #expect(start.headers["x-goog-resumable"] == "start")
            #expect(start.headers["Content-Length"] == "0")
            #expect(start.headers["Authorization"] == nil)
            let put = try #require(service.requests("PUT /session/a").first)
            #expect(put.headers["Content-Type"] == "application/octet-stream")
            #expect(put.body == [1, 2, 3])
            let order = service.requests(Self.orders).first?.json
            #expect(order?["referenceImageUri"] == "https://cdn.opus.pro/a.jpg")
            #expect(order?["maskImageUri"] == "https://cdn.opus.pro/b.png")
        }
    }

    @Test func `an upload is said to prepare, so that one that hangs has bought nothing`() async throws {
        try await ScriptedService.run { service in
            script(uploadsOf: service)
            service.on("PUT /session/a", Response(status: 500))
            service.on(Self.orders, Self.accepted)
            let (provider, failing) = (try opus(service), service.context(pictures: uploaded))

            _ = await failure { () async throws(Failure) in
                try await provider.create(.make(uploadingRequest()), context: failing)
            }
            let ordering = service.context()
            _ = try await provider.create(.make(request()), context: ordering)

            #expect(failing.told.phases == [.preparing])
            #expect(ordering.told.phases == [.preparing, .ordering])
        }
    }

    @Test(arguments: [
        ("POST /api/upload-links", Response.html(500), FailureClass.unavailable),
        ("POST /api/upload-links", .json(401, "{}"), .misconfigured),
        ("POST /api/upload-links", .json(429, "{}"), .rateLimited),
        ("POST /api/upload-links", .json(201, #"{"url":"https://storage.example/a"}"#), .internal),
        (
            "POST /api/upload-links",
            .json(201, #"{"url":"http://10.0.0.1/a","cdnUrl":"https://cdn.opus.pro/a"}"#), .internal
        ),
        ("POST /upload/a", Response(status: 403), .unavailable),
        ("POST /upload/a", Response(status: 201), .unavailable),
        ("POST /upload/a", Response(status: 201, headers: ["Location": "http://10.0.0.1/s"]), .internal),
        ("PUT /session/a", Response(status: 308), .unavailable),
        ("PUT /session/a", Response(status: 500), .unavailable),
    ])
    func `an upload that fails buys nothing`(
        step: String, answer: Response, failureClass: FailureClass
    ) async throws {
        try await ScriptedService.run { service in
            script(uploadsOf: service)
            service.on(step, answer)
            service.on(Self.orders, Self.accepted)
            let provider = try opus(service)

            let failure = await failure { () async throws(Failure) in
                try await provider.create(
                    .make(uploadingRequest()), context: service.context(pictures: uploaded))
            }

            #expect(failure?.failureClass == failureClass)
            #expect(service.requests(Self.orders).isEmpty)
        }
    }

    static let refusals: [Refusal] = [
        Refusal(
            400, #"{"errorName":"Bad Request","errorMessage":null}"#, is: .invalidInput, "validation_failed"),
        Refusal(
            400, #"{"statusCode":400,"message":["sourceUri must be a URL"],"error":"Bad Request"}"#,
            is: .invalidInput, "validation_failed"),
        Refusal(
            400, #"{"error":{"type":"MODERATION","message":"unsafe"}}"#, is: .contentRejected,
            "content_rejected"),
        Refusal(
            401, #"{"message":"bad key sk_live_very-secret-1"}"#, is: .misconfigured, "provider_misconfigured"
        ),
        Refusal(
            402, #"{"errorName":"QuotaExceed","errorMessage":"no credits"}"#, is: .outOfFunds,
            "provider_out_of_funds"),
        Refusal(
            403,
            #"{"code":"API_MONTHLY_CAP_REACHED","reset_at":"2026-12-01T00:00:00Z","upgrade_url":"https://x"}"#,
            is: .outOfFunds, "provider_out_of_funds", after: .seconds(9 * 86_400 + 12 * 3_600)),
        Refusal(403, #"{"errorName":"QuotaExceedErr"}"#, is: .outOfFunds, "provider_out_of_funds"),
        Refusal(403, #"{"detail":"upgrade your plan"}"#, is: .misconfigured, "provider_misconfigured"),
        Refusal(404, "", is: .misconfigured, "provider_misconfigured"),
        Refusal(
            429, #"{"error":"Too Many Requests"}"#, ["Retry-After": "17"], is: .rateLimited, "rate_limited",
            after: .seconds(17)),
        Refusal(429, "", is: .rateLimited, "rate_limited", after: .seconds(60)),
        Refusal(
            429, "{}", ["X-Cap-Reason": "concurrent"], is: .rateLimited, "rate_limited", after: .seconds(60)),
        // A month's cap beside it is no window.
        Refusal(
            429, "{}", ["X-RateLimit-Reset": "1796000000", "X-RateLimit-Remaining": "3"], is: .rateLimited,
            "rate_limited", after: .seconds(60)),
        Refusal(
            503, #"{"errorName":"ServiceUnavailable","errorMessage":"paused"}"#, is: .unavailable,
            "provider_paused", after: .seconds(300)),
        Refusal(
            503, #"{"message":"paused"}"#, ["Retry-After": "30"], is: .unavailable, "provider_paused",
            after: .seconds(30)),
        // Proxies say so, too, when the other side breaks off with the order in hand.
        Refusal(503, "", is: .outcomeUnknown, "provider_outcome_unknown"),
        Refusal(
            503, "upstream connect error or disconnect/reset before headers", is: .outcomeUnknown,
            "provider_outcome_unknown"),
        Refusal(
            500, #"{"statusCode":500,"message":"Internal server error"}"#, is: .outcomeUnknown,
            "provider_outcome_unknown"),
        Refusal(502, "<html>", is: .outcomeUnknown, "provider_outcome_unknown"),
        Refusal(504, "", is: .outcomeUnknown, "provider_outcome_unknown"),
        Refusal(201, "created", is: .outcomeUnknown, "provider_outcome_unknown"),
        Refusal(201, #"{"jobId":null}"#, is: .outcomeUnknown, "provider_outcome_unknown"),
    ]

    @Test(arguments: refusals)
    func `a refused order has the class of its answer and is sent once`(refusal: Refusal) async throws {
        try await ScriptedService.run { service in
            service.on(Self.orders, refusal.answer)
            let provider = try opus(service)

            let failure = try #require(
                await failure { () async throws(Failure) in
                    try await provider.create(.make(request()), context: service.context())
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
            service.on(Self.orders, .interrupted())
            let provider = try opus(service)

            async let failed = failure { () async throws(Failure) in
                try await provider.create(.make(request()), context: service.context())
            }
            await service.wait(for: Self.orders)
            await service.disappear()

            #expect(await failed?.failureClass == .outcomeUnknown)
            #expect(service.allRequests.count == 1)
        }
    }

    @Test func `the month's credits are told`() async throws {
        try await ScriptedService.run { service in
            service.on(
                Self.orders,
                .json(
                    201, #"{"jobId":"thumbnail-1"}"#,
                    [
                        "X-RateLimit-Limit": "900", "X-RateLimit-Remaining": "12",
                        "X-RateLimit-Reset": "2026-12-01T00:00:00Z",
                    ]))
            let context = service.context()

            _ = try await opus(service).create(.make(request()), context: context)

            #expect(
                context.told.budgets == [
                    Budget(
                        kind: .credits, limit: 900, remaining: 12,
                        resetsAt: .noon + .seconds(9 * 86_400 + 12 * 3_600))
                ])
        }
    }

    @Test func `upright pictures are left to others`() throws {
        let provider = try configured(OpusProvider.self, ["apiKey": "k"])
        let upright = GenerationRequest.make(ThumbnailRequest(title: "x", resolution: .portrait))

        #expect(provider.unsuitability(for: upright)?.contains("1080x1920") == true)
        #expect(provider.unsuitability(for: .make()) == nil)
    }
}
