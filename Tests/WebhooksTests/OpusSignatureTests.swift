import HTTP
import Persistence
import Signing
import Testing
import ThumbwireKit

@testable import Webhooks

struct OpusSignatureTests {
    private let sealer = Sealer(key: randomBytes(Sealer.keyLength))
    private let secret = SigningSecret.generate()
    private let key = "sk-imported-key"
    private let moment = Timestamp(microseconds: 1_795_262_400_987_654)

    private func request(_ signing: Callback.Signing?) throws -> OutboundRequest {
        let callback = try Callback(url: "https://a.example/hook", signing: signing)
        let destination = DueDelivery.Destination.callback(
            callback.sealed(with: sealer), secret: WebhookSecrets(secret).sealed(with: sealer))
        return try AttemptRequest(sealer: sealer)
            .request(for: .make(body: #"{"ü":1}"#, destination: destination), at: moment)
    }

    @Test func `signs the body and a salt with the key, besides the standard signature`() throws {
        let request = try request(.opus(key: key))

        let salt = try #require(request.headers["X-Opus-Salt"])
        #expect(salt.utf8.count == 16)
        #expect(salt.allSatisfy { $0.isHexDigit && !$0.isUppercase })
        let code = Hash.hmacSHA256(key: Array(key.utf8), Array(#"{"ü":1}"#.utf8) + Array(salt.utf8))
        #expect(request.headers["X-Opus-Signature"] == hexadecimal(code))
        #expect(request.headers["X-Opus-Timestamp"] == "1795262400")
        try StandardWebhooks.verify(
            StandardWebhooks.SignedHeaders(request.headers), body: request.body, secrets: [secret],
            now: moment.seconds)
    }

    @Test func `takes a new salt for every attempt`() throws {
        let salts = try (0..<8).map { _ in try request(.opus(key: key)).headers["X-Opus-Salt"] }

        #expect(Set(salts).count == 8)
    }

    @Test func `other callbacks have no such headers`() throws {
        #expect(try !request(nil).headers.fields.contains { $0.name.lowercased().hasPrefix("x-opus") })
    }

    @Test func `opens what was sealed before there were signings`() throws {
        let old: JSONValue = [
            "version": 1, "url": "https://a.example/hook", "headers": [["X-A", "1"]],
            "events": ["thumbnail.completed"],
        ]
        let sealed = sealer.seal(old.serialized(), context: "webhook-callback")

        let opened = try Callback(unsealing: sealed, with: sealer)

        #expect(
            try opened
                == Callback(
                    url: "https://a.example/hook", headers: [CustomHeader("X-A", "1")], events: [.completed]
                ))
    }

    @Test func `the key opens as it was sealed and is not readable`() throws {
        let callback = try Callback(url: "https://a.example/hook", signing: .opus(key: key))

        let sealed = callback.sealed(with: sealer)

        #expect(try Callback(unsealing: sealed, with: sealer) == callback)
        #expect(!String(decoding: sealed.bytes, as: UTF8.self).contains(key))
    }
}
