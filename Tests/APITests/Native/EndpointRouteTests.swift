import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit

struct EndpointRouteTests {
    private let path = "/v1/webhook-endpoints"

    @Test func `shows the secret at creation and where it is asked for`() async throws {
        try await withService { service in
            let made = try await service.send(
                .post, path, body: #"{"url":"https://u:p4ss@93.184.215.14/hook","description":"mine"}"#)
            #expect(made.status == 201)
            let endpoint = try made.json()
            let id = try #require(endpoint["id"]?.string)
            let secret = try #require(endpoint["secret"]?.string)
            #expect(secret.hasPrefix("whsec_"))
            #expect(endpoint["status"] == "enabled")
            #expect(endpoint["events"]?.array?.count == EventType.terminal.count)
            #expect(endpoint["url"] == "https://93.184.215.14/hook")
            #expect(endpoint["authorization"] == ["type": "basic"])
            let read = try await service.send(.get, "\(path)/\(id)").json()
            #expect(read["secret"] == nil)
            #expect(
                try await service.send(.get, "\(path)/\(id)/secret").json() == ["secret": .string(secret)])
            let list = try await service.send(.get, path).json()
            #expect(list["data"]?.array == [read])
        }
    }

    @Test func `changes, pauses, resumes and removes an endpoint`() async throws {
        try await withService { service in
            let id = try await makeEndpoint(service)
            let patched = try await service.send(
                .patch, "\(path)/\(id)", body: #"{"events":["thumbnail.queued"],"description":"new"}"#)
            #expect(try patched.json()["events"] == ["thumbnail.queued"])
            #expect(try patched.json()["description"] == "new")
            let paused = try await service.send(.post, "\(path)/\(id)/pause")
            #expect(try paused.json()["status"] == "paused")
            let resumed = try await service.send(.post, "\(path)/\(id)/resume")
            #expect(try resumed.json()["status"] == "enabled")
            #expect(try await service.send(.delete, "\(path)/\(id)").status == 204)
            #expect(try await service.send(.get, "\(path)/\(id)").status == 404)
        }
    }

    @Test func `an endpoint that expired is gone before it is removed`() async throws {
        try await withService { service in
            let expiry = service.clock.now() + .seconds(60)
            let made = try await service.send(
                .post, path,
                body: #"{"url":"https://93.184.215.14/hook","expirationDate":"\#(expiry.description)"}"#)
            let id = try #require(try made.json()["id"]?.string)
            #expect(try await service.send(.get, path).json()["data"]?.array?.count == 1)
            #expect(try await service.send(.post, "\(path)/\(id)/test").status == 202)

            service.clock.advance(by: .seconds(60))

            #expect(try await service.send(.get, path).json()["data"] == [])
            #expect(try await service.send(.get, "\(path)/\(id)").status == 404)
            #expect(try await service.send(.patch, "\(path)/\(id)", body: #"{"ordered":true}"#).status == 404)
            #expect(try await service.send(.post, "\(path)/\(id)/test").status == 404)
        }
    }

    @Test func `sends a test event that deliveries show`() async throws {
        try await withService { service in
            let id = try await makeEndpoint(service)
            let sent = try await service.send(.post, "\(path)/\(id)/test")
            #expect(sent.status == 202)
            let event = try #require(try sent.json()["eventId"]?.string)
            let list = try await service.send(.get, "\(path)/\(id)/deliveries").json()
            let delivery = try #require(list["data"]?.array?.first)
            #expect(delivery["eventId"]?.string == event)
            #expect(delivery["type"] == "webhook.test")
            let own = try #require(delivery["id"]?.string)
            #expect(try await service.send(.get, "/v1/deliveries/\(own)").json() == delivery)
            let attempts = try await service.send(.get, "/v1/deliveries/\(own)/attempts")
            #expect(try attempts.json() == ["data": [], "next": nil])
            let foreign = try await service.send(.get, "/v1/deliveries/\(own)", key: Service.otherKey)
            #expect(foreign.status == 404)
        }
    }

    @Test func `keeps what a callback's receiver answered to itself`() async throws {
        try await withService { service in
            let job = try await service.makeJob(
                #"{"title":"a","callbackUrl":"https://93.184.215.14/s3cret","callbackEvents":["thumbnail.queued"]}"#
            )
            let now = service.clock.now()
            let due = try await service.store.claimDeliveries(
                limit: 1, busy: [], leaseUntil: now + .seconds(30), now: now)
            let delivery = try #require(due.first?.delivery)
            let attempt = Attempt.make(
                delivery: delivery.id, outcome: .answered(status: 404, bodyHead: "Cannot POST /s3cret"))
            try await service.store.record([AttemptResult(attempt: attempt, consequence: .exhausted)])
            let shown = try await service.send(.get, "/v1/deliveries/\(delivery.id)/attempts")
            #expect(try shown.json()["data"]?.array?.first?["status"] == 404)
            #expect(try !shown.text().contains("s3cret"))
            let target = try await service.send(.get, "/v1/deliveries/\(delivery.id)").json()["target"]
            #expect(target == ["kind": "callback", "jobId": .string(job)])
        }
    }

    @Test(arguments: [
        (#"{}"#, "validation_failed"),
        (#"{"url":"https://93.184.215.14","filters":[]}"#, "validation_failed"),
        (#"{"url":"http://10.0.0.1/x"}"#, "url_blocked_private_address"),
        (#"{"url":"http://169.254.169.254/x"}"#, "url_blocked_private_address"),
        (#"{"url":"https://93.184.215.14","events":["webhook.test"]}"#, "validation_failed"),
    ])
    func `refuses endpoints that cannot be`(body: String, code: String) async throws {
        try await withService { service in
            let response = try await service.send(.post, path, body: body)
            #expect(response.status == 422)
            #expect(try response.json()["code"]?.string == code)
        }
    }

    @Test func `does not test a disabled endpoint`() async throws {
        try await withService { service in
            let id = try await makeEndpoint(service)
            _ = try await service.send(.patch, "\(path)/\(id)", body: #"{"status":"disabled"}"#)
            let response = try await service.send(.post, "\(path)/\(id)/test")
            #expect(response.status == 409)
        }
    }

    @Test func `shows the account's callback secret`() async throws {
        try await withService { service in
            let secret = try await service.send(.get, "/v1/webhook-secret").json()["secret"]?.string
            #expect(secret?.hasPrefix("whsec_AQEB") == true)
        }
    }

    private func makeEndpoint(_ service: Service) async throws -> String {
        let response = try await service.send(.post, path, body: #"{"url":"https://93.184.215.14/hook"}"#)
        return try #require(try response.json()["id"]?.string)
    }
}
