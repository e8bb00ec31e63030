import Documents
import Signing
import Testing
import ThumbwireKit

@testable import Webhooks

struct EndpointSetupTests {
    private static let now = Timestamp(microseconds: 1_795_262_400_000_000)
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private let account = AccountID(rawValue: "acct_1")

    @Test func `makes an endpoint with its secrets`() throws {
        let setup = try make(
            #"{"url":"https://a.example","secret":"\#(Self.secret)","headers":{"X-A":"1"},"ordered":true}"#)
        #expect(setup.endpoint.account == account)
        #expect(setup.endpoint.events == Set(EventType.terminal))
        #expect(setup.endpoint.sending.isOrdered)
        #expect(setup.secrets.current.text == Self.secret)
        #expect(setup.secrets.former.isEmpty)
        #expect(setup.secrets.headers == [CustomHeader("X-A", "1")])
        #expect(setup.secrets.authorization == nil)
    }

    @Test func `a change leaves the secrets that it does not name`() throws {
        var setup = try make(
            #"{"url":"https://a.example","headers":{"X-A":"1"},"authorization":{"type":"bearer","token":"t"}}"#
        )
        let before = setup
        try setup.apply(change("{}"), now: Self.now)
        #expect(setup == before)
        try setup.apply(change(#"{"authorization":null,"description":"x"}"#), now: Self.now)
        #expect(setup.secrets.authorization == nil)
        #expect(setup.secrets.headers == before.secrets.headers)
        #expect(setup.secrets.current == before.secrets.current)
        try setup.apply(change(#"{"headers":{},"secret":"\#(Self.secret)"}"#), now: Self.now)
        #expect(setup.secrets == WebhookSecrets(try SigningSecret(Self.secret)))
    }

    @Test func `changes nothing where a part is refused`() throws {
        var setup = try make(#"{"url":"https://a.example","headers":{"Authorization":"x"}}"#)
        let before = setup
        for (body, pointer) in [
            (#"{"description":"x","headers":{"Host":"x"}}"#, "/headers"),
            (#"{"url":"https://b.example","authorization":{"type":"bearer","token":"t"}}"#, "/authorization"),
        ] {
            let problem = try #require(throws: Problem.self) { try setup.apply(change(body), now: Self.now) }
            #expect(problem.errors.map(\.pointer) == [pointer])
            #expect(setup == before)
        }
    }

    @Test func `a new URL does not rest for the old one`() throws {
        var setup = try make(#"{"url":"https://a.example"}"#)
        let health = { (isNew: Bool) in
            var health = Endpoint.Health()
            (health.failures, health.failingSince, health.isAnnounced) = (9, Self.now, true)
            if !isNew {
                (health.strikes, health.restsUntil, health.claimLimit) = (7, Self.now + .hours(1), 1)
            }
            return health
        }
        setup.endpoint.health = health(false)
        try setup.apply(change(#"{"url":"https://a.example","description":"x"}"#), now: Self.now)
        #expect(setup.endpoint.health == health(false))
        try setup.apply(change(#"{"url":"https://b.example"}"#), now: Self.now)
        #expect(setup.endpoint.health == health(true))

        setup.endpoint.health = health(false)
        let request = try EndpointRequest(JSONValue(parsing: #"{"url":"https://c.example"}"#), now: Self.now)
        try setup.declare(request, now: Self.now)
        #expect(setup.endpoint.health == health(true))
    }

    @Test func `what is declared anew keeps its identity and forgets what is not said any more`() throws {
        var setup = try make(
            #"{"url":"https://a.example","description":"x","headers":{"X-A":"1"},"maxInFlight":3}"#)
        setup.endpoint.status = .disabled
        setup.endpoint.disabledReason = "gone"
        let before = setup
        let later = Self.now + .seconds(60)
        let request = try EndpointRequest(
            JSONValue(parsing: #"{"url":"https://a.example","ordered":true}"#), now: later)
        try setup.declare(request, now: later)

        #expect(setup.endpoint.id == before.endpoint.id)
        #expect(setup.endpoint.createdAt == before.endpoint.createdAt)
        #expect(setup.endpoint.status == .disabled)
        #expect(setup.endpoint.disabledReason == "gone")
        #expect(setup.endpoint.description == nil)
        #expect(setup.endpoint.sending.maximumInFlight == nil)
        #expect(setup.endpoint.sending.isOrdered)
        #expect(setup.secrets == WebhookSecrets(before.secrets.current))
        let settled = setup
        try setup.declare(request, now: later)
        #expect(setup == settled)
    }

    private func make(_ body: String) throws -> EndpointSetup {
        try EndpointSetup(
            EndpointRequest(JSONValue(parsing: body), now: Self.now), account: account, now: Self.now)
    }

    private func change(_ body: String) throws -> EndpointChange {
        try EndpointChange(JSONValue(parsing: body), now: Self.now)
    }
}
