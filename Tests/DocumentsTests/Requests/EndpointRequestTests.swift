import Testing
import ThumbwireKit

@testable import Documents

struct EndpointRequestTests {
    private static let now = Timestamp(microseconds: 1_795_262_400_000_000)
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    /// A body that is refused, where, and what is said of it.
    struct Refusal: Sendable, CustomTestStringConvertible {
        var body: String
        var pointer: String
        var words: String
        var testDescription: String { body }

        /// `more` are members besides a URL.
        init(_ more: String, _ pointer: String, _ words: String) {
            body = #"{"url":"https://a.example",\#(more)}"#
            self.pointer = pointer
            self.words = words
        }
    }

    @Test func `reads every field`() throws {
        let request = try parse(
            """
            {"targetUrl":"https://u:p@a.example/x?y=%2f","events":["thumbnail.failed","endpoint.failing"],
            "filters":{"chains":["fast"],"sessions":["s1","s2"],"metadata":{"shop":7}},"description":"mine",
            "signing":{"signature":"standard+v1a"},"secret":"\(Self.secret)","headers":{"X-A":"1","x-b":""},
            "authorization":{"type":"basic","username":"u","password":"p:w"},"envelope":"cloudevents-binary",
            "format":"face","retry":{"rests":[1,604800]},"maxInFlight":64,"ratePerSecond":0.5,"ordered":true,
            "expirationDate":"2027-01-31T12:00:00+01:00","handshake":"x-hook-secret","status":"paused"}
            """)
        var endpoint = Endpoint(
            id: EndpointID(rawValue: "ep_1"), account: AccountID(rawValue: "acct_1"), url: request.url,
            events: [], createdAt: Self.now)
        request.options.apply(to: &endpoint)

        #expect(request.url == "https://u:p@a.example/x?y=%2f")
        #expect(request.handshake == .hookSecret)
        #expect(request.options.secret == Self.secret)
        #expect(request.options.headers?.map(\.name) == ["X-A", "x-b"])
        #expect(request.options.authorization == .basic(username: "u", password: "p:w"))
        #expect(endpoint.events == [.failed, .endpointFailing])
        #expect(
            endpoint.filters
                == Endpoint.Filters(chains: ["fast"], sessions: ["s1", "s2"], metadata: ["shop": 7]))
        #expect(endpoint.description == "mine")
        #expect(endpoint.status == .paused)
        #expect(endpoint.sending.signature == .asymmetric)
        #expect(endpoint.sending.envelope == .cloudEventsBinary)
        #expect(endpoint.sending.format == .face)
        #expect(endpoint.sending.rests == [.seconds(1), .seconds(604_800)])
        #expect(endpoint.sending.maximumInFlight == 64)
        #expect(endpoint.sending.ratePerSecond == 0.5)
        #expect(endpoint.sending.isOrdered)
        #expect(endpoint.expiresAt == Timestamp(rfc3339: "2027-01-31T11:00:00Z"))
    }

    @Test func `a URL is enough, and null counts for absent`() throws {
        let request = try parse(#"{"url":"https://a.example","events":null,"retry":null,"secret":null}"#)
        var endpoint = Endpoint(
            id: EndpointID(rawValue: "ep_1"), account: AccountID(rawValue: "acct_1"), url: request.url,
            events: Set(EventType.terminal), createdAt: Self.now)
        let before = endpoint
        request.options.apply(to: &endpoint)
        #expect(endpoint == before)
        #expect(request.options.secret == nil)
    }

    @Test func `a change keeps what it leaves out and takes back what is null`() throws {
        var endpoint = Endpoint(
            id: EndpointID(rawValue: "ep_1"), account: AccountID(rawValue: "acct_1"),
            url: "https://a.example", events: [.queued], description: "mine", createdAt: Self.now)
        endpoint.sending.rests = [.seconds(1)]
        endpoint.sending.ratePerSecond = 2
        endpoint.sending.isOrdered = true
        endpoint.expiresAt = Self.now + .seconds(60)
        endpoint.filters.chains = ["fast"]
        let before = endpoint
        try EndpointChange(JSONValue(parsing: "{}"), now: Self.now).options.apply(to: &endpoint)
        #expect(endpoint == before)

        let change = try EndpointChange(
            JSONValue(
                parsing: """
                    {"events":null,"description":null,"retry":null,"ratePerSecond":null,"ordered":null,
                    "expirationDate":null,"filters":null}
                    """), now: Self.now)
        change.options.apply(to: &endpoint)
        let plain = Endpoint(
            id: before.id, account: before.account, url: before.url, events: Set(EventType.terminal),
            createdAt: before.createdAt)
        #expect(endpoint == plain)
    }

    @Test func `an endpoint that is enabled again starts with a clean slate`() throws {
        var endpoint = Endpoint(
            id: EndpointID(rawValue: "ep_1"), account: AccountID(rawValue: "acct_1"),
            url: "https://a.example", events: [.queued], createdAt: Self.now)
        endpoint.status = .disabled
        endpoint.disabledReason = "gone"
        endpoint.health.failures = 9
        endpoint.health.restsUntil = Self.now
        endpoint.become(.enabled)
        #expect(endpoint.health == Endpoint.Health())
        #expect(endpoint.disabledReason == nil)

        endpoint.health.failures = 3
        endpoint.become(.paused)
        endpoint.become(.enabled)
        #expect(endpoint.health.failures == 3)
    }

    @Test(arguments: [
        Refusal(#""event":[]"#, "/event", "did you mean \"events\"?"),
        Refusal(#""targetUrl":"https://b.example""#, "/targetUrl", "url by another name"),
        Refusal(#""events":["thumbnail.complete"]"#, "/events/0", "did you mean \"thumbnail.completed\"?"),
        Refusal(#""events":["webhook.test"]"#, "/events/0", "allowed: thumbnail.queued"),
        Refusal(#""filters":{"chain":["a"]}"#, "/filters/chain", "did you mean \"chains\"?"),
        Refusal(#""filters":{"chains":"a"}"#, "/filters/chains", "expected an array of strings"),
        Refusal(#""filters":{"sessions":["a",null]}"#, "/filters/sessions/1", "is null"),
        Refusal(#""filters":{"metadata":[]}"#, "/filters/metadata", "expected an object"),
        Refusal(#""signing":"github""#, "/signing", "expected an object"),
        Refusal(#""signing":{"signature":"svix"}"#, "/signing/signature", "allowed: standard, standard+v1a"),
        Refusal(#""envelope":"cloudevent""#, "/envelope", "did you mean \"cloudevents\"?"),
        Refusal(#""format":"soke""#, "/format", "allowed: job, face"),
        Refusal(#""retry":{}"#, "/retry/rests", "is required"),
        Refusal(#""retry":{"rests":[]}"#, "/retry/rests", "allowed are 1 to 20"),
        Refusal(
            #""retry":{"rests":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}"#, "/retry/rests",
            "allowed are 1 to 20"),
        Refusal(#""retry":{"rests":[0]}"#, "/retry/rests/0", "allowed are 1 to 604800"),
        Refusal(#""retry":{"rests":[5,"x"]}"#, "/retry/rests/1", "expected an integer"),
        Refusal(#""maxInFlight":65"#, "/maxInFlight", "allowed are 1 to 64"),
        Refusal(#""ratePerSecond":0.001"#, "/ratePerSecond", "allowed are 0.01 to 1000"),
        Refusal(#""ratePerSecond":"1""#, "/ratePerSecond", "expected a number from 0.01 to 1000"),
        Refusal(#""ordered":"yes""#, "/ordered", "expected true or false"),
        Refusal(#""expirationDate":"tomorrow""#, "/expirationDate", "expected a time such as"),
        Refusal(#""expirationDate":"2026-11-21T12:00:00Z""#, "/expirationDate", "is in the past"),
        Refusal(#""handshake":"hook""#, "/handshake", "allowed: x-hook-secret, cloudevents"),
        Refusal(#""status":"off""#, "/status", "allowed: enabled, paused, disabled"),
        Refusal(#""headers":{"x-a":1}"#, "/headers/x-a", "expected a string"),
        Refusal(#""headers":{"x-a":"1","X-A":"2"}"#, "/headers/X-A", "is there twice"),
        Refusal(#""authorization":{}"#, "/authorization/type", "allowed: basic, bearer, jwt"),
        Refusal(
            #""authorization":{"type":"basic","username":"u"}"#, "/authorization/password", "is required"),
        Refusal(
            #""authorization":{"type":"bearer","token":"t","key":"k"}"#, "/authorization/key",
            "is not a field"),
        Refusal(
            #""authorization":{"type":"basic","username":"u:","password":""}"#, "/authorization/username",
            "colon"),
        Refusal(
            #""authorization":{"type":"jwt","algorithm":"none","key":"k"}"#, "/authorization/algorithm",
            "allowed: HS256, RS256, ES256"),
        Refusal(
            #""authorization":{"type":"jwt","algorithm":"ES256","key":"k"}"#, "/authorization/key",
            "private key in PEM form"),
        Refusal(
            #""authorization":{"type":"bearer","token":"t"},"headers":{"Authorization":"x"}"#,
            "/authorization", "one of the two"),
    ])
    func `names what is wrong and what is allowed`(_ refusal: Refusal) throws {
        let problem = try #require(throws: Problem.self) { try parse(refusal.body) }
        let error = try #require(problem.errors.first)
        #expect(problem.errors.count == 1)
        #expect(error.pointer == refusal.pointer)
        #expect(error.detail.contains(refusal.words), "\(error.detail)")
    }

    @Test func `says all that is wrong at once`() throws {
        let problem = try #require(throws: Problem.self) {
            try parse(#"{"events":[],"maxInFlight":0,"authorization":{"type":"x"},"webhook":1}"#)
        }
        #expect(
            Set(problem.errors.map(\.pointer))
                == ["/url", "/events", "/maxInFlight", "/authorization/type", "/webhook"])
    }

    @Test(arguments: [
        #""secret":"whsec_hush""#, #""secret":"hush""#, #""headers":{"x-a":["hush"]}"#,
        #""authorization":{"type":"bearer","token":"hush hush"}"#,
        #""authorization":{"type":"jwt","algorithm":"HS256","key":"hush"}"#,
        #""authorization":{"type":"basic","username":"a","password":"hush\n"}"#,
    ])
    func `repeats no secret`(member: String) throws {
        let problem = try #require(throws: Problem.self) {
            try parse(#"{"url":"https://a.example",\#(member)}"#)
        }
        #expect(!problem.json().serialized().contains("hush"))
    }

    @Test(arguments: ["url", "status", "secret"])
    func `a change cannot take away what every endpoint has`(name: String) throws {
        let problem = try #require(throws: Problem.self) {
            try EndpointChange(JSONValue(parsing: #"{"\#(name)":null}"#), now: Self.now)
        }
        #expect(problem.errors.map(\.pointer) == ["/\(name)"])
    }

    private func parse(_ body: String) throws -> EndpointRequest {
        try EndpointRequest(JSONValue(parsing: body), now: Self.now)
    }
}

extension [UInt8] {
    fileprivate func contains(_ text: String) -> Bool {
        String(decoding: self, as: UTF8.self).contains(text)
    }
}
