import HTTP
import Persistence
import Signing
import Testing
import ThumbwireKit

@testable import Webhooks

struct AttemptRequestTests {
    private let sealer = Sealer(key: randomBytes(Sealer.keyLength))
    private let secret = SigningSecret.generate()
    private let moment = Timestamp(microseconds: 1_795_262_400_987_654)
    private let callbackURL = "http://u:p@[2001:db8::1]:5678/hook/%7e?signature=a%2Fb/c"

    private func callbackRequest(_ headers: [CustomHeader] = []) throws -> OutboundRequest {
        let callback = try Callback(url: callbackURL, headers: headers)
        let destination = DueDelivery.Destination.callback(
            callback.sealed(with: sealer), secret: WebhookSecrets(secret).sealed(with: sealer))
        return try AttemptRequest(sealer: sealer).request(
            for: .make(body: #"{"ü":1}"#, destination: destination), at: moment)
    }

    @Test func `is a signed POST of the event's bytes`() throws {
        let request = try callbackRequest()

        #expect(request.method == .post)
        #expect(request.url == callbackURL)
        #expect(request.body == Array(#"{"ü":1}"#.utf8))
        #expect(request.headers["content-type"] == "application/json")
        #expect(request.headers["accept-encoding"] == "identity")
        #expect(request.headers["webhook-id"] == "evt_a1")
        #expect(request.headers["webhook-timestamp"] == "1795262400")
        try StandardWebhooks.verify(
            StandardWebhooks.SignedHeaders(request.headers), body: request.body, secrets: [secret],
            now: moment.seconds)
    }

    @Test func `follows no redirect, may be repeated, and is bounded`() throws {
        let request = try callbackRequest()

        #expect(request.followRedirects == 0)
        #expect(request.isRepeatable == true)
        #expect(request.deadline == .seconds(15))
        #expect(request.connectTimeout == .seconds(5))
        #expect(request.maximumResponseBytes == 16_384)
    }

    /// The pattern is what n8n's bot filter refuses any product token by, unless the name goes on with words.
    @Test func `names itself in the way that receivers' bot filters let pass`() throws {
        #expect(
            try callbackRequest().headers["user-agent"] == "Thumbwire-Webhooks/1.0 (job events; +docs)")
    }

    @Test func `adds a callback's own headers`() throws {
        let request = try callbackRequest([
            CustomHeader("Authorization", "Bearer x"), CustomHeader("X-Two", "1"),
            CustomHeader("X-Two", "2"),
        ])

        #expect(request.headers["authorization"] == "Bearer x")
        #expect(request.headers.values(of: "x-two") == ["1", "2"])
    }

    @Test func `is not made without the sealing key`() throws {
        let other = Sealer(key: randomBytes(Sealer.keyLength))
        let endpoint = Endpoint(
            id: EndpointID(rawValue: "ep_1"), account: AccountID(rawValue: "acct_1"),
            url: "http://127.0.0.1/", events: [.completed], createdAt: moment)
        let due = DueDelivery.make(
            destination: .endpoint(endpoint, secret: WebhookSecrets(secret).sealed(with: other)))

        #expect(throws: UnsealingError.self) {
            try AttemptRequest(sealer: sealer).request(for: due, at: moment)
        }
    }
}

extension StandardWebhooks.SignedHeaders {
    init(_ headers: Headers) {
        self.init(
            id: headers["webhook-id"], timestamp: headers["webhook-timestamp"],
            signature: headers["webhook-signature"])
    }
}
