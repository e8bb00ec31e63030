import Foundation
import HTTP
import Signing
import Testing
import ThumbwireKit

@testable import Webhooks

struct AuthorizationTests {
    private let key = "a shared secret of thirty-two bytes or more"

    private func header(
        _ authorization: WebhookSecrets.Authorization, event: String = "evt_1"
    ) throws -> String {
        var fixture = try ProfileFixture()
        fixture.event.id = EventID(rawValue: event)
        fixture.secrets.authorization = authorization
        return try #require(try fixture.request().headers["authorization"])
    }

    @Test func `basic is the credentials as UTF-8 in base64`() throws {
        let credentials = Data("ada:pä:ss".utf8).base64EncodedString()

        #expect(try header(.basic(username: "ada", password: "pä:ss")) == "Basic \(credentials)")
    }

    @Test func `bearer is the token`() throws {
        #expect(try header(.bearer(token: "t0ken~")) == "Bearer t0ken~")
    }

    @Test func `a JWT says who, for whom, which event, and that it is valid for five minutes`() throws {
        let jwt = WebhookSecrets.Authorization.JWT(
            algorithm: .hs256, key: key, issuer: "thumbwire", audience: "https://n8n.example")
        let (claims, isGenuine) = try read(header(.jwt(jwt), event: "evt_7"))

        #expect(isGenuine)
        #expect(
            claims == [
                "iss": "thumbwire", "aud": "https://n8n.example", "iat": 1_795_262_400,
                "exp": 1_795_262_700, "jti": "evt_7",
            ])
    }

    @Test func `a JWT leaves out issuer and audience where nobody named them`() throws {
        let (claims, _) = try read(header(.jwt(.init(algorithm: .hs256, key: key))))

        #expect(claims.object?.names == ["iat", "exp", "jti"])
    }

    @Test func `a key that stopped being one fails the attempt and is not told`() throws {
        let jwt = WebhookSecrets.Authorization.JWT(algorithm: .es256, key: "s3cret")

        let error = #expect(throws: TokenSigner.UnusableKey.self) { try header(.jwt(jwt)) }
        #expect(error.map { !"\($0)".contains("s3cret") } == true)
    }

    @Test(
        arguments: [
            (.basic(username: "a:b", password: ""), "username has a colon"),
            (.basic(username: "", password: ""), "username is empty, and the password, too"),
            (.basic(username: "a", password: "x\ny"), "password has a control character"),
            (
                .basic(username: String(repeating: "u", count: 4_097), password: ""),
                "username is longer than 4096 bytes"
            ),
            (.bearer(token: ""), "token must be visible ASCII characters without spaces"),
            (.bearer(token: "a b"), "token must be visible ASCII characters without spaces"),
            (.bearer(token: "é"), "token must be visible ASCII characters without spaces"),
            (.jwt(.init(algorithm: .hs256, key: "short")), "key has 5 bytes; HS256 takes at least 32"),
            (
                .jwt(.init(algorithm: .rs256, key: "x")),
                "key is not PEM, which begins with -----BEGIN PRIVATE KEY-----"
            ),
            (
                .jwt(.init(algorithm: .hs256, key: String(repeating: "k", count: 32), issuer: "")),
                "issuer is empty"
            ),
            (
                .jwt(.init(algorithm: .hs256, key: String(repeating: "k", count: 32), audience: "a\u{0}")),
                "audience has a control character"
            ),
        ] as [(WebhookSecrets.Authorization, String)])
    func `names the member that cannot be, and not its value`(
        _ authorization: WebhookSecrets.Authorization, _ reason: String
    ) {
        let error = #expect(throws: AuthorizationError.self) { try authorization.check() }
        #expect(error?.description == reason)
    }

    @Test(
        arguments: [
            .basic(username: "", password: "key"), .basic(username: "ü", password: ":"), .bearer(token: "x"),
            .jwt(
                .init(algorithm: .hs256, key: String(repeating: "k", count: 32), issuer: "a", audience: "b")),
        ] as [WebhookSecrets.Authorization])
    func `takes what headers can carry`(_ authorization: WebhookSecrets.Authorization) throws {
        try authorization.check()
    }

    @Test(arguments: [
        (
            "https://ada:l%20ove@hooks.example:8443/a?b=c@d#e", "https://hooks.example:8443/a?b=c@d#e",
            WebhookSecrets.Authorization.basic(username: "ada", password: "l ove")
        ),
        ("http://key@[::1]/", "http://[::1]/", .basic(username: "key", password: "")),
        ("https://hooks.example/ada:love@x", "https://hooks.example/ada:love@x", nil),
        ("no url@all", "no url@all", nil),
    ])
    func `userinfo leaves a URL and becomes an authorization`(
        _ url: String, _ bare: String, _ authorization: WebhookSecrets.Authorization?
    ) {
        let split = EndpointURL.withoutUserinfo(url)
        #expect(split.url == bare)
        #expect(split.authorization == authorization)
    }

    @Test(arguments: [
        "Webhook-Id", "CE-Type", "X-Hub-Signature-256", "Stripe-Signature", "X-Opus-Salt", "Content-Type",
    ])
    func `headers that deliveries have themselves are refused`(_ name: String) {
        let error = #expect(throws: WebhookSetupError.self) {
            try CustomHeaders.check([CustomHeader(name, "x")])
        }
        #expect(error?.message == "header \(name) is reserved")
    }

    /// The claims, and whether the HMAC is that of the key.
    private func read(_ header: String) throws -> (claims: JSONValue, isGenuine: Bool) {
        let parts = header.dropFirst("Bearer ".count).split(separator: ".")
        try #require(header.hasPrefix("Bearer ") && parts.count == 3)
        let text = parts[1].replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - text.count % 4) % 4)
        let code = Hash.hmacSHA256(key: Array(key.utf8), Array("\(parts[0]).\(parts[1])".utf8))
        return (
            try JSONValue(parsing: [UInt8](try #require(Data(base64Encoded: text + padding)))),
            base64URL(code) == parts[2]
        )
    }
}
