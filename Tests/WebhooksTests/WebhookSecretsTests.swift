import Signing
import Testing
import ThumbwireKit

@testable import Webhooks

@Suite("Webhook secrets")
struct WebhookSecretsTests {
    private let sealer = Sealer(key: randomBytes(Sealer.keyLength))
    private let now = Timestamp(microseconds: 1_795_262_400_000_000)

    @Test func `all of it opens with the sealing key that closed it and with no other`() throws {
        for authorization: WebhookSecrets.Authorization? in [
            nil, .basic(username: "ada", password: "p:w"), .bearer(token: "t"),
            .jwt(.init(algorithm: .es256, key: "PEM", issuer: "us", audience: nil)),
        ] {
            var secrets = WebhookSecrets(
                .generate(), headers: [CustomHeader("X-Token", "one"), CustomHeader("x-empty", "")],
                authorization: authorization)
            secrets.rotate(to: .generate(), overlap: .hours(1), now: now)
            let sealed = secrets.sealed(with: sealer)

            #expect(try WebhookSecrets(unsealing: sealed, with: sealer) == secrets)
            let other = Sealer(key: randomBytes(Sealer.keyLength))
            #expect(throws: UnsealingError.self) { try WebhookSecrets(unsealing: sealed, with: other) }
        }
    }

    @Test func `opens what held the one secret's text alone`() throws {
        let secret = SigningSecret.generate()
        let sealed = sealer.seal(Array(secret.text.utf8), context: "webhook-signing-secret")
        #expect(try WebhookSecrets(unsealing: sealed, with: sealer) == WebhookSecrets(secret))
        let foreign = sealer.seal(Array(secret.text.utf8), context: "something else")
        #expect(throws: UnsealingError.self) { try WebhookSecrets(unsealing: foreign, with: sealer) }
    }

    @Test func `a former secret signs until its overlap is over`() {
        let (first, second, third) = (
            SigningSecret.generate(), SigningSecret.generate(), SigningSecret.generate()
        )
        var secrets = WebhookSecrets(first)
        secrets.rotate(to: second, overlap: .hours(2), now: now)
        secrets.rotate(to: third, overlap: .hours(1), now: now)

        #expect(secrets.signing(at: now) == [third, second, first])
        #expect(secrets.signing(at: now + .hours(1)) == [third, first])
        #expect(secrets.signing(at: now + .hours(2)) == [third])
    }

    @Test func `without an overlap the former secret is gone at once`() {
        var secrets = WebhookSecrets(.generate())
        let new = SigningSecret.generate()
        secrets.rotate(to: new, overlap: .zero, now: now)
        #expect(secrets.signing(at: now) == [new])
    }

    @Test func `keeps ten former secrets at most, the newest`() {
        let all = (0..<13).map { _ in SigningSecret.generate() }
        var secrets = WebhookSecrets(all[0])
        for secret in all.dropFirst() { secrets.rotate(to: secret, overlap: .hours(1), now: now) }
        #expect(secrets.signing(at: now) == Array(all.reversed().prefix(11)))
    }
}
