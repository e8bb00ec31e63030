import HTTP
import Testing
import ThumbwireKit

@testable import BuiltinPlugins

@Suite struct OpenAIRefusalTests {
    struct Case: Sendable, CustomStringConvertible {
        var description: String
        var response: Response
        var failureClass: FailureClass
        var code: String
    }

    static let cases: [Case] = [
        Case(
            "moderation", .error(400, code: "moderation_blocked", type: "image_generation_user_error"),
            .contentRejected, "content_rejected"),
        Case(
            "content policy", .error(400, code: "content_policy_violation"), .contentRejected,
            "content_rejected"),
        Case(
            "billing limit", .error(400, code: "billing_hard_limit_reached"), .outOfFunds,
            "provider_out_of_funds"),
        Case(
            "quota", .error(429, code: "insufficient_quota", type: "insufficient_quota"), .outOfFunds,
            "provider_out_of_funds"),
        Case("payment", .error(402, code: nil), .outOfFunds, "provider_out_of_funds"),
        Case("key", .error(401, code: "invalid_api_key"), .misconfigured, "provider_misconfigured"),
        Case(
            "verification",
            .error(403, code: nil, message: "Your organization must be verified to use the model"),
            .misconfigured, "provider_misconfigured"),
        Case(
            "model 404", .error(404, code: "model_not_found", param: "model"), .misconfigured,
            "provider_misconfigured"),
        Case(
            "model 400", .error(400, code: "model_not_found", param: "model"), .misconfigured,
            "provider_misconfigured"),
        Case("address", Response(status: 404), .misconfigured, "provider_misconfigured"),
        Case(
            "redirect", Response(status: 301, headers: ["Location": "http://127.0.0.1:1/"]), .misconfigured,
            "provider_misconfigured"),
        Case(
            "size", .error(400, code: "invalid_value", param: "size"), .misconfigured,
            "provider_misconfigured"),
        Case(
            "parameter", .error(400, code: "unknown_parameter", param: "response_format"), .misconfigured,
            "provider_misconfigured"),
        Case(
            "prompt", .error(400, code: "string_above_max_length", param: "prompt"), .invalidInput,
            "validation_failed"),
        Case(
            "picture", .error(400, code: "invalid_image_file", param: "image"), .invalidInput,
            "validation_failed"),
        Case("mask", .error(400, code: "invalid_value", param: "mask"), .invalidInput, "validation_failed"),
        Case("too large", Response(status: 413), .invalidInput, "source_image_too_large"),
        Case("rate", .error(429, code: "rate_limit_exceeded", type: nil), .rateLimited, "rate_limited"),
        Case("bare 429", Response(status: 429), .rateLimited, "rate_limited"),
        Case("conflict", .error(409, code: nil), .unavailable, "provider_unavailable"),
        Case(
            "server error", .error(500, code: "server_error", type: "server_error"), .unavailable,
            "provider_unavailable"),
        Case("overload", .error(503, code: nil, type: "server_error"), .unavailable, "provider_unavailable"),
        Case("bare 500", Response(status: 500), .outcomeUnknown, "provider_outcome_unknown"),
        Case(
            "gateway 502", Response(status: 502, body: .bytes(Array("<html>".utf8))), .outcomeUnknown,
            "provider_outcome_unknown"),
        Case(
            "gateway 504", .error(504, code: nil, type: "server_error"), .outcomeUnknown,
            "provider_outcome_unknown"),
        Case(
            "proxy 408", .error(408, code: "Timeout", message: "The operation was timeout."), .outcomeUnknown,
            "provider_outcome_unknown"),
        Case("bare 499", Response(status: 499), .outcomeUnknown, "provider_outcome_unknown"),
        Case("cloudflare 524", Response(status: 524), .outcomeUnknown, "provider_outcome_unknown"),
        Case(
            "foreign object", .json(["statusCode": 500, "message": "internal"], status: 500), .outcomeUnknown,
            "provider_outcome_unknown"),
        Case("error in a 200", .error(200, code: "moderation_blocked"), .contentRejected, "content_rejected"),
        Case(
            "server error in a 200", .error(200, code: "server_error", type: "server_error"), .outcomeUnknown,
            "provider_outcome_unknown"),
    ]

    @Test(arguments: cases)
    func `every answer that is no picture has its class, after one create`(expected: Case) async throws {
        try await OpenAITest.run(.always(expected.response)) { test in
            let failure = try await test.buy().failure()

            #expect(failure.failureClass == expected.failureClass)
            #expect(failure.code == expected.code)
            #expect(test.service.creates.count == 1)
        }
    }

    @Test func `a refused content tells the client no more than that, and the log the categories`()
        async throws
    {
        let answer = Response.error(
            400, code: "moderation_blocked", type: "image_generation_user_error",
            message: "rejected, request ID req_1. safety_violations=[sexual].",
            more: ["moderation_details": ["moderation_stage": "output", "categories": ["sexual"]]])
        try await OpenAITest.run(.always(answer)) { test in
            let failure = try await test.buy().failure()

            #expect(failure.message == "OpenAI's safety system refused the picture that was made")
            #expect(failure.detail?.contains(#""categories":["sexual"]"#) == true)
            #expect(failure.detail?.contains(#""moderation_stage":"output""#) == true)
        }
    }

    @Test func `no key gets into messages and details`() async throws {
        let quoting = "Incorrect API key provided: \(testKey). Also sk-te***cdef of org-secret."
        for param in [nil, "prompt"] {
            let answer = Response.error(400, code: nil, param: param, message: quoting)
            try await OpenAITest.run(.always(answer)) { test in
                let failure = try await test.buy().failure()

                let said = "\(failure.message) \(failure.detail ?? "")"
                #expect(said.contains("Incorrect API key provided: •••"))
                #expect(!said.contains("sk-") && !said.contains("org-") && !said.contains("0123456789"))
            }
        }
    }

    @Test(
        arguments: [
            (["retry-after-ms": "1500", "retry-after": "9"], "", 1.5), (["retry-after": "7"], "", 7),
            (["retry-after": "Sat, 21 Nov 2026 12:01:30 GMT"], "", 90),
            (["x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m12s"], "", 72),
            (
                ["x-ratelimit-remaining-requests": "59", "x-ratelimit-reset-requests": "1s"],
                "slow down and try again after 51.84 seconds.", 51.84
            ),
            ([:], "Please try again in 850ms.", 0.85), (["x-ratelimit-reset-tokens": "6m0s"], "", 360),
            (["retry-after": "1000000000"], "", 86_400),
        ] as [(Headers, String, Double)])
    func `how long to wait is read wherever it is said`(
        headers: Headers, message: String, seconds: Double
    ) async throws {
        let answer = Response.error(429, code: "rate_limit_exceeded", message: message, headers: headers)
        try await OpenAITest.run(.always(answer)) { test in
            let clock = StoppedClock()
            let failure = try await test.buy(context: test.context(clock: clock)).failure()

            let wait = try #require(failure.retryAfter).inSeconds
            #expect(abs(wait - seconds) < 0.002)
        }
    }

    @Test(
        arguments: [
            [:], ["x-ratelimit-remaining-tokens": "149984", "x-ratelimit-reset-tokens": "6m0s"],
            ["retry-after": "soon"], ["retry-after": "-5"], ["retry-after": "nan"],
        ] as [Headers])
    func `nothing said is nothing invented`(headers: Headers) async throws {
        let answer = Response.error(429, code: "rate_limit_exceeded", headers: headers)
        try await OpenAITest.run(.always(answer)) { test in
            let failure = try await test.buy().failure()

            #expect(failure.retryAfter == nil)
        }
    }

    @Test(
        arguments: [
            ("1s", 1.0), ("6m0s", 360), ("1h2m3.5s", 3_723.5), ("850ms", 0.85), ("20µs", 0.00002), ("", nil),
            ("5", nil), ("s", nil), ("1x", nil), ("-1s", nil),
        ] as [(String, Double?)])
    func `durations are read as Go prints them`(text: String, seconds: Double?) {
        #expect(OpenAIRateLimit.goDuration(text)?.inSeconds == seconds)
    }

    @Test(arguments: ["9223372036854775807", "-1", "-9223372036854775808"])
    func `figures without sense are no budget`(text: String) {
        let answer = PluginResponse(
            status: 200,
            headers: [
                ("x-ratelimit-limit-requests", text), ("x-ratelimit-remaining-requests", text),
                ("x-ratelimit-reset-requests", "999999999h999999999h999999999h"),
            ])

        #expect(OpenAIRateLimit(answer).budget(now: StoppedClock().now()) == nil)
    }

    @Test func `a window that never ends is bounded`() {
        let answer = PluginResponse(
            status: 200,
            headers: [
                ("x-ratelimit-remaining-requests", "0"),
                ("x-ratelimit-reset-requests", "999999999h999999999h999999999h"),
            ])
        let now = StoppedClock().now()

        #expect(
            OpenAIRateLimit(answer).budget(now: now)?.resetsAt == now + OpenAIRateLimit.longestWait)
    }

    @Test func `the budget is learnt from every answer`() async throws {
        let headers: Headers = [
            "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "1m0s",
        ]
        try await OpenAITest.run(.always(.error(400, code: nil, headers: headers))) { test in
            let clock = StoppedClock()
            let told = try await test.buy(context: test.context(clock: clock)).told

            #expect(
                told.budgets == [
                    Budget(kind: .requests, limit: 60, remaining: 0, resetsAt: clock.now() + .seconds(60))
                ])
        }
    }
}

extension OpenAIRefusalTests.Case {
    init(_ description: String, _ response: Response, _ failureClass: FailureClass, _ code: String) {
        self.init(description: description, response: response, failureClass: failureClass, code: code)
    }
}

/// Stands at 2026-11-21T12:00:00Z.
struct StoppedClock: WallClock {
    var moment = Timestamp(microseconds: 1_795_262_400_000_000)

    func now() -> Timestamp { moment }
    func sleep(until moment: Timestamp) async throws {}
}
