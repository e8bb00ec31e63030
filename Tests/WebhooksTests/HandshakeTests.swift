import Documents
import HTTP
import TestSupport
import Testing
import ThumbwireKit

@testable import Webhooks

struct HandshakeTests {
    @Test func `a receiver that repeats the secret gets its endpoint`() async throws {
        try await Fixture.use { fixture in
            fixture.receiver.answer("/hook") { request in
                Response(status: 204, headers: ["x-hook-secret": request.headers["X-Hook-Secret"] ?? ""])
            }
            var setup = try fixture.setup(#""headers":{"X-Token":"t"}"#)
            let before = setup
            try await fixture.handshake.perform(.hookSecret, with: &setup)
            try await fixture.handshake.perform(.hookSecret, with: &setup)

            #expect(setup == before)
            let requests = fixture.receiver.requests("/hook")
            #expect(requests.map(\.method) == [.post, .post])
            #expect(requests.map { $0.headers["X-Token"] } == ["t", "t"])
            #expect(requests.allSatisfy { $0.headers["X-Hook-Secret"]?.count == 32 })
            #expect(Set(requests.map { $0.headers["X-Hook-Secret"] }).count == 2)
        }
    }

    @Test func `a receiver that does not repeat the secret is refused`() async throws {
        try await Fixture.use { fixture in
            for (status, headers, words) in [
                (200, Headers(), "without the header"), (200, ["X-Hook-Secret": "x"], "another secret"),
                (404, [:], "answered 404"), (302, ["Location": "/other"], "answered 302"),
            ] {
                fixture.receiver.answer("/hook") { _ in Response(status: status, headers: headers) }
                let message = try await fixture.refusal(of: .hookSecret)
                #expect(message.contains(words), "\(message)")
                #expect(message.contains("expected a 2xx whose header X-Hook-Secret"))
            }
        }
    }

    @Test func `nothing is sent where webhooks may not go`() async throws {
        try await Fixture.use { fixture in
            let handshake = Handshake(
                client: fixture.client, policy: .public, publicURL: "https://thumbs.example")
            var setup = try fixture.setup()
            let error = await #expect(throws: WebhookSetupError.self) {
                try await handshake.perform(.hookSecret, with: &setup)
            }
            #expect(error?.code == .handshakeFailed)
            #expect(fixture.receiver.requests("/hook").isEmpty)
        }
    }

    @Test(
        arguments: [
            (Headers(), nil, nil), (["WebHook-Allowed-Rate": "*"], 2.0, 2.0),
            (["WebHook-Allowed-Rate": "120"], nil, 2.0), (["WebHook-Allowed-Rate": "120"], 5.0, 2.0),
            (["WebHook-Allowed-Rate": "600"], 5.0, 5.0),
            (["WebHook-Allowed-Rate": "999999999"], nil, 1_000.0),
        ] as [(Headers, Double?, Double?)])
    func `a receiver that allows us sets the rate`(
        allowed: Headers, wanted: Double?, rate: Double?
    ) async throws {
        try await Fixture.use { fixture in
            fixture.receiver.answer("/hook") { request in
                var headers = allowed
                headers["WebHook-Allowed-Origin"] = request.headers["WebHook-Request-Origin"]
                return Response(status: 200, headers: headers)
            }
            var setup = try fixture.setup(wanted.map { #""ratePerSecond":\#($0)"# })
            try await fixture.handshake.perform(.cloudEvents, with: &setup)

            #expect(setup.endpoint.sending.ratePerSecond == rate)
            let request = try #require(fixture.receiver.requests("/hook").first)
            #expect(request.method == .options)
            #expect(request.headers["WebHook-Request-Origin"] == "thumbs.example")
            #expect(request.headers["WebHook-Request-Rate"] == wanted.map { "\(Int($0 * 60))" })
        }
    }

    @Test func `a receiver that does not allow us is refused`() async throws {
        try await Fixture.use { fixture in
            for (status, headers, words) in [
                (200, Headers(), "without permission"),
                (200, ["WebHook-Allowed-Origin": "other.example"], "another origin"),
                (405, ["WebHook-Allowed-Origin": "*"], "answered 405"),
                (200, ["WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "0"], "WebHook-Allowed-Rate"),
                (200, ["WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "many"], "or *"),
            ] {
                fixture.receiver.answer("/hook") { _ in Response(status: status, headers: headers) }
                let message = try await fixture.refusal(of: .cloudEvents)
                #expect(message.contains(words), "\(message)")
            }
        }
    }
}

extension Fixture {
    fileprivate var handshake: Handshake {
        get throws {
            Handshake(
                client: client, policy: try .allowing(["127.0.0.0/8"]), publicURL: "https://thumbs.example/x")
        }
    }

    /// What would become the endpoint at `/hook`, with more members.
    fileprivate func setup(_ more: String? = nil) throws -> EndpointSetup {
        let body = #"{"url":"\#(receiver.url("/hook"))"\#(more.map { ",\($0)" } ?? "")}"#
        return try EndpointSetup(
            EndpointRequest(JSONValue(parsing: body), now: clock.now()), account: account, now: clock.now())
    }

    fileprivate func refusal(of kind: EndpointRequest.Handshake) async throws -> String {
        var setup = try setup()
        let error = await #expect(throws: WebhookSetupError.self) {
            try await handshake.perform(kind, with: &setup)
        }
        #expect(error?.code == .handshakeFailed)
        return error?.message ?? ""
    }
}
