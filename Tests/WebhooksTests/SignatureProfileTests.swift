import HTTP
import Signing
import Testing
import ThumbwireKit

@testable import Webhooks

/// Which signatures an attempt has in each profile; other people's libraries check them in the interop tests.
struct SignatureProfileTests {
    private let always = [
        "content-type", "user-agent", "accept-encoding", "webhook-id", "webhook-timestamp",
        "webhook-signature",
    ]

    private func names(_ request: OutboundRequest) -> [String] { request.headers.fields.map(\.name) }

    @Test func `standard is one v1 token for each valid secret, newest first, and nothing more`() throws {
        var fixture = try ProfileFixture()
        try fixture.overlap()
        let request = try fixture.request()

        #expect(names(request) == always)
        #expect(request.headers["webhook-id"] == fixture.event.id.rawValue)
        #expect(request.headers["webhook-timestamp"] == "1795262400")
        let tokens = [ProfileFixture.secret, ProfileFixture.formerSecret].map { text in
            StandardWebhooks.signatures(
                id: fixture.event.id.rawValue, timestamp: 1_795_262_400, body: fixture.event.body,
                secrets: [try? SigningSecret(text)].compactMap(\.self))
        }
        #expect(request.headers["webhook-signature"] == tokens.joined(separator: " "))
        let later = try fixture.request(at: ProfileFixture.moment + .hours(1))
        #expect(later.headers["webhook-signature"]?.split(separator: " ").count == 1)
    }

    @Test func `standard+v1a adds a v1a token for each key of the service behind them`() async throws {
        try await Fixture.use { folder in
            var fixture = try ProfileFixture()
            fixture.sending.signature = .asymmetric
            try fixture.overlap()
            let keys = try ServiceKeys.open(
                path: folder.folder + "/keys", sealer: fixture.sealer, now: ProfileFixture.moment)
            try await keys.rotate(overlap: .hours(1), now: ProfileFixture.moment)
            fixture.keys = keys
            let request = try fixture.request()

            #expect(names(request) == always)
            let versions = try #require(request.headers["webhook-signature"])
                .split(separator: " ").map { $0.prefix { $0 != "," } }
            #expect(versions == ["v1", "v1", "v1a", "v1a"])
            for entry in keys.valid(at: ProfileFixture.moment) {
                try StandardWebhooks.verify(
                    StandardWebhooks.SignedHeaders(request.headers), body: request.body,
                    keys: [entry.publicKey], now: ProfileFixture.moment.seconds)
            }
        }
    }

    @Test func `github adds its header under the text of the newest secret`() throws {
        var fixture = try ProfileFixture()
        fixture.sending.signature = .github
        try fixture.overlap()
        let request = try fixture.request()

        #expect(names(request) == always + ["x-hub-signature-256"])
        let code = Hash.hmacSHA256(key: Array(ProfileFixture.secret.utf8), fixture.event.body)
        #expect(request.headers["X-Hub-Signature-256"] == "sha256=\(hexadecimal(code))")
        #expect(request.headers["webhook-signature"]?.split(separator: " ").count == 2)
    }

    @Test func `stripe adds its header with a v1 for each secret, over the time and the body`() throws {
        var fixture = try ProfileFixture()
        fixture.sending.signature = .stripe
        try fixture.overlap()
        let request = try fixture.request()

        #expect(names(request) == always + ["stripe-signature"])
        let content = Array("1795262400.".utf8) + fixture.event.body
        let codes = [ProfileFixture.secret, ProfileFixture.formerSecret].map {
            hexadecimal(Hash.hmacSHA256(key: Array($0.utf8), content))
        }
        #expect(
            request.headers["Stripe-Signature"] == "t=1795262400,v1=\(codes[0]),v1=\(codes[1])")
    }

    @Test(arguments: Endpoint.Sending.Signature.allCases, Endpoint.Sending.Envelope.allCases)
    func `signs the bytes that are sent, whatever the envelope`(
        _ signature: Endpoint.Sending.Signature, _ envelope: Endpoint.Sending.Envelope
    ) throws {
        var fixture = try ProfileFixture()
        (fixture.sending.signature, fixture.sending.envelope) = (signature, envelope)
        let request = try fixture.request()

        try StandardWebhooks.verify(
            StandardWebhooks.SignedHeaders(request.headers), body: request.body,
            secrets: [SigningSecret(ProfileFixture.secret)], now: ProfileFixture.moment.seconds)
        if signature == .github {
            let code = Hash.hmacSHA256(key: Array(ProfileFixture.secret.utf8), request.body)
            #expect(request.headers["x-hub-signature-256"] == "sha256=\(hexadecimal(code))")
        }
    }

    @Test func `sends the endpoint's own headers as they are`() throws {
        var fixture = try ProfileFixture()
        fixture.secrets.headers = [CustomHeader("X-Token", "a: b"), CustomHeader("Authorization", "Key 1")]
        let request = try fixture.request()

        #expect(names(request) == always + ["X-Token", "Authorization"])
        #expect(request.headers["x-token"] == "a: b")
        #expect(request.headers["authorization"] == "Key 1")
    }
}
