import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import Webhooks

@Suite(.timeLimit(.minutes(10)))
struct SentSecretsTests {
    private let endpoint = Delivery.Target.endpoint(EndpointID(rawValue: "ep_a"))

    private func kept(
        _ body: String, url: String = "https://hook.test/a", _ headers: Headers = [:],
        by target: Delivery.Target? = nil
    ) throws -> String {
        let request = OutboundRequest(method: .post, url: url, headers: headers)
        let hidden = SentSecrets(in: request).hidden(in: Array(body.utf8), from: target ?? endpoint)
        return String(decoding: hidden, as: UTF8.self)
    }

    @Test func `hides the values of an endpoint's own headers wherever they are repeated`() throws {
        let body = "X-Token: s3cret-value; again s3cret-value!"

        #expect(try kept(body, ["X-Token": "s3cret-value"]) == "X-Token: •••; again •••!")
    }

    @Test func `hides an authorization as a whole, and its token`() throws {
        let headers: Headers = ["Authorization": "Bearer abcdef123456"]

        #expect(try kept("Bearer abcdef123456 / abcdef123456", headers) == "••• / •••")
    }

    @Test func `hides userinfo, and what becomes of it`() throws {
        let url = "https://me:pass%20word@hook.test/"

        #expect(try kept("pass word, pass%20word, Basic bWU6cGFzcyB3b3Jk", url: url) == "•••, •••, Basic •••")
    }

    @Test func `hides what is written in JSON or percent-encoded`() throws {
        let body = #"{"a": "say \"friend\""} say%20%22friend%22"#

        #expect(try kept(body, ["X-A": #"say "friend""#]) == #"{"a": "•••"} •••"#)
    }

    @Test func `hides the longer of two values whole`() throws {
        #expect(try kept("token-1-more", ["X-A": "token-1", "X-B": "token-1-more"]) == "•••")
    }

    @Test func `leaves words, and what is sent in public`() throws {
        let headers: Headers = [
            "X-Flag": "true", "content-type": "application/json", "webhook-id": "evt_01kajy4q310",
            "webhook-signature": "v1,k24VZm9JYKVHy", "ce-source": "thumbwire",
        ]
        let body = "true application/json evt_01kajy4q310 v1,k24VZm9JYKVHy thumbwire"

        #expect(try kept(body, headers) == body)
    }

    @Test func `keeps nothing of a callback's answer`() throws {
        let callback = Delivery.Target.callback(JobID(rawValue: "job_a"))

        #expect(try kept("no such path: /hook/s3cret", by: callback).isEmpty)
    }

    @Test func `an attempt's row has no secret that the receiver repeats`() async throws {
        try await Fixture.use { fixture in
            fixture.receiver.answer("/a") { request in
                Response(status: 200, body: .bytes(Array((request.headers["authorization"] ?? "none").utf8)))
            }
            let (endpoint, _) = try await fixture.addEndpoint(
                "a", url: fixture.receiver.url("/a").replacing("://", with: "://me:pass-word@"))
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: endpoint)
                _ = try await fixture.delivery(to: endpoint, after: 1)
            }
            let outcome = try await fixture.attempts(to: endpoint).first?.outcome
            #expect(outcome == .answered(status: 200, bodyHead: "Basic •••"))
        }
    }
}
