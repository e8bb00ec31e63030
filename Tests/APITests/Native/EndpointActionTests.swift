import API
import HTTP
import Persistence
import Signing
import TestSupport
import Testing
import ThumbwireKit
import Webhooks

struct EndpointActionTests {
    private let path = "/v1/webhook-endpoints"
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    @Test func `a rotated secret signs besides the one before for the overlap`() async throws {
        try await withService { service in
            let id = try await make(service)
            let old = try await secrets(service, id).current
            let rotated = try await service.send(
                .post, "\(path)/\(id)/rotate-secret",
                body: #"{"secret":"\#(Self.secret)","overlapSeconds":60}"#)
            #expect(rotated.status == 200)
            #expect(try rotated.json() == ["secret": .string(Self.secret)])
            let now = service.clock.now()
            let kept = try await secrets(service, id)
            #expect(kept.signing(at: now + .seconds(59)) == [try SigningSecret(Self.secret), old])
            #expect(kept.signing(at: now + .seconds(60)) == [try SigningSecret(Self.secret)])

            let alone = try await service.send(
                .post, "\(path)/\(id)/rotate-secret", body: #"{"overlapSeconds":0}"#)
            #expect(try alone.json()["secret"]?.string != Self.secret)
            let byDefault = try await service.send(.post, "\(path)/\(id)/rotate-secret")
            #expect(byDefault.status == 200)
            #expect(try await secrets(service, id).signing(at: now + .seconds(86_399)).count == 2)
        }
    }

    @Test func `rotations at once are all kept`() async throws {
        try await withService { service in
            let id = try await make(service)
            for place in ["\(path)/\(id)/rotate-secret", "/v1/webhook-secret/rotate"] {
                let answered = try await withThrowingTaskGroup(of: String?.self) { group in
                    for _ in 0..<8 {
                        group.addTask { try await service.send(.post, place).json()["secret"]?.string }
                    }
                    return try await group.reduce(into: Set<String>()) { $0.insert($1 ?? "") }
                }
                let sealed =
                    place.hasPrefix(path)
                    ? try await service.store.secret(of: EndpointID(rawValue: id))
                    : try await service.store.callbackSecret(of: service.account.id)
                let kept = try WebhookSecrets(
                    unsealing: try #require(sealed), with: service.context.sealer)
                let signing = Set(kept.signing(at: service.clock.now()).map(\.text))
                #expect(answered.count == 8)
                #expect(answered.isSubset(of: signing))
                #expect(signing.count == 9)
            }
        }
    }

    @Test func `a rotated callback secret is shown`() async throws {
        try await withService { service in
            let rotated = try await service.send(
                .post, "/v1/webhook-secret/rotate", body: #"{"secret":"\#(Self.secret)"}"#)
            #expect(rotated.status == 200)
            #expect(
                try await service.send(.get, "/v1/webhook-secret").json()["secret"]?.string == Self.secret)
        }
    }

    @Test(arguments: [
        (#"{"overlapSeconds":604801}"#, "/overlapSeconds"), (#"{"overlap":1}"#, "/overlap"),
        (#"{"secret":"hush"}"#, "/secret"),
    ])
    func `refuses rotations that cannot be`(body: String, pointer: String) async throws {
        try await withService { service in
            let id = try await make(service)
            for place in ["\(path)/\(id)/rotate-secret", "/v1/webhook-secret/rotate"] {
                let refused = try await service.send(.post, place, body: body)
                #expect(refused.status == 422)
                #expect(try refused.json()["errors"]?.array?.first?["pointer"]?.string == pointer)
                #expect(try !refused.text().contains("hush"))
            }
        }
    }

    @Test func `resuming a disabled endpoint forgets why, and tells the others`() async throws {
        try await withService { service in
            let id = try await make(service)
            let other = try await service.send(
                .post, path, body: #"{"url":"https://93.184.215.14/ops","events":["endpoint.recovered"]}"#)
            let watcher = try #require(try other.json()["id"]?.string)
            let failingSince = service.clock.now()
            _ = try await service.store.update(EndpointID(rawValue: id), of: service.account.id) {
                $0.status = .disabled
                $0.disabledReason = "gone"
                $0.health.failures = 9
                $0.health.failingSince = failingSince
                $0.health.restsUntil = failingSince + .seconds(60)
            }
            let disabled = try await service.send(.get, "\(path)/\(id)").json()
            #expect(disabled["disabledReason"] == "gone")
            #expect(disabled["health"]?["failures"] == 9)
            #expect(disabled["health"]?["failingSince"]?.string == failingSince.description)
            for action in ["test", "recover"] {
                let refused = try await service.send(
                    .post, "\(path)/\(id)/\(action)",
                    body: action == "test" ? nil : #"{"since":"2026-01-01T00:00:00Z"}"#)
                #expect(refused.status == 409)
                #expect(try refused.json()["code"] == "endpoint_disabled")
            }

            let resumed = try await service.send(.post, "\(path)/\(id)/resume").json()
            #expect(resumed["status"] == "enabled")
            #expect(resumed["disabledReason"] == .null)
            #expect(
                resumed["health"] == ["failingSince": nil, "failures": 0, "restsUntil": nil])
            _ = try await service.send(.post, "\(path)/\(id)/resume")
            // Of what its owner does himself nobody is told.
            _ = try await service.send(.patch, "\(path)/\(id)", body: #"{"status":"disabled"}"#)
            _ = try await service.send(.post, "\(path)/\(id)/resume")
            let told = try await service.send(.get, "\(path)/\(watcher)/deliveries").json()
            #expect(told["data"]?.array?.compactMap { $0["type"]?.string } == ["endpoint.recovered"])
        }
    }

    @Test(arguments: EventType.allCases)
    func `sends a sample of each type that says it is a test`(_ type: EventType) async throws {
        try await withService { service in
            let id = try await make(service)
            let sent = try await service.send(
                .post, "\(path)/\(id)/test", body: #"{"type":"\#(type.rawValue)"}"#)
            #expect(sent.status == 202)
            #expect(try sent.json()["type"]?.string == type.rawValue)
            let now = service.clock.now()
            let due = try await service.store.claimDeliveries(
                limit: 9, busy: [], leaseUntil: now + .seconds(9), now: now)
            let event = try #require(due.first?.event)
            let body = try JSONValue(parsing: event.body)
            #expect(due.count == 1)
            #expect(event.type == type)
            #expect(body["data"]?["test"] == true)
            #expect(body["accountId"]?.string == service.account.id.rawValue)
        }
    }

    @Test func `recovers what was missed`() async throws {
        try await withService { service in
            _ = try await service.makeJob()
            try await service.engine.finish(.completed)
            service.clock.advance(by: .seconds(60))
            let id = try await make(service)
            let since = (service.clock.now() - .seconds(3_600)).description
            func recover(_ body: String) async throws -> Response {
                try await service.send(.post, "\(path)/\(id)/recover", body: body)
            }
            let failed = try await recover(#"{"since":"\#(since)","scope":"failed"}"#)
            let earlier = try await recover(
                #"{"since":"2026-01-01T00:00:00Z","until":"2026-01-02T00:00:00Z"}"#)
            let missing = try await recover(#"{"since":"\#(since)"}"#)
            let again = try await recover(#"{"since":"\#(since)","scope":"missing"}"#)
            #expect([failed, earlier, missing, again].map(\.status) == [202, 202, 202, 202])
            #expect(
                try [failed, earlier, missing, again].map { try $0.json()["count"] } == [0, 0, 1, 0])
        }
    }

    @Test(arguments: [
        ("recover", "{}", "/since"), ("recover", #"{"since":"yesterday"}"#, "/since"),
        ("recover", #"{"since":"2099-01-01T00:00:00Z"}"#, "/since"),
        ("recover", #"{"since":"2026-01-01T00:00:00Z","scope":"lost"}"#, "/scope"),
        ("test", #"{"type":"thumbnail.done"}"#, "/type"), ("test", #"{"event":"x"}"#, "/event"),
    ])
    func `names what is wrong with a wish`(action: String, body: String, pointer: String) async throws {
        try await withService { service in
            let id = try await make(service)
            let refused = try await service.send(.post, "\(path)/\(id)/\(action)", body: body)
            #expect(refused.status == 422)
            #expect(try refused.json()["errors"]?.array?.map { $0["pointer"] } == [.string(pointer)])
        }
    }

    @Test(arguments: ["secret", "rotate-secret", "pause", "resume", "test", "deliveries", "attempts"])
    func `another account's endpoint is not there`(action: String) async throws {
        try await withService { service in
            let id = try await make(service)
            let method: Method = ["secret", "deliveries", "attempts"].contains(action) ? .get : .post
            let response = try await service.send(method, "\(path)/\(id)/\(action)", key: Service.otherKey)
            #expect(response.status == 404)
            #expect(try await service.send(.delete, "\(path)/\(id)", key: Service.otherKey).status == 204)
            #expect(try await service.send(.get, "\(path)/\(id)").status == 200)
        }
    }

    private func make(_ service: Service) async throws -> String {
        let response = try await service.send(.post, path, body: #"{"url":"https://93.184.215.14/hook"}"#)
        return try #require(try response.json()["id"]?.string)
    }

    private func secrets(_ service: Service, _ id: String) async throws -> WebhookSecrets {
        let sealed = try await service.store.secret(of: EndpointID(rawValue: id))
        return try WebhookSecrets(unsealing: try #require(sealed), with: service.context.sealer)
    }
}
