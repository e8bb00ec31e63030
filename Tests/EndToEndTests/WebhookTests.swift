import Foundation
import HTTP
import Testing
import ThumbwireKit

extension EndToEnd {
    @Suite struct Endpoints {
        @Test func `creates, shows, changes, tests and deletes an endpoint`() async throws {
            let service = try await RunningService.startForLoopback()
            let receiver = try WebhookReceiver()
            let endpoint = try await service.subscribe(receiver.url())
            let path = "/v1/webhook-endpoints/\(endpoint.id)"

            let shown = try await service.get(path)
            let secret = try await service.get(path + "/secret")
            let changed = try await service.send(
                .patch, path, body: Array(#"{"description":"mine","events":["thumbnail.failed"]}"#.utf8))
            let tested = try await service.post(path + "/test", [:])
            let webhook = try #require(try await receiver.requests(atLeast: 1).first)
            let deleted = try await service.send(.delete, path)
            let gone = try await service.get(path)

            #expect(shown.json["url"]?.string == receiver.url())
            #expect(shown.json["secret"] == nil)
            #expect(secret.json["secret"]?.string == endpoint.secret)
            #expect(changed.json["description"] == "mine")
            #expect(tested.json["eventId"]?.string == webhook.headers["webhook-id"])
            #expect(webhook.json["type"] == "webhook.test")
            #expect(throws: Never.self) { try webhook.verify(secret: endpoint.secret) }
            #expect(deleted.status == 204)
            #expect(gone.status == 404)
            await receiver.stop()
        }

        @Test func `sends an endpoint only the types it asked for`() async throws {
            let service = try await RunningService.startForLoopback()
            let receiver = try WebhookReceiver()
            for (name, type) in [("done", "thumbnail.completed"), ("queued", "thumbnail.queued")] {
                let body: JSONValue = ["url": .string(receiver.url(name)), "events": [.string(type)]]
                #expect(try await service.post("/v1/webhook-endpoints", body).status == 201)
            }

            _ = try await service.post("/v1/jobs?wait=55", .job("Types"))
            let webhooks = try await receiver.requests(atLeast: 2)

            let told = Set(webhooks.map { "\($0.path) \($0.json["type"]?.string ?? "")" })
            #expect(told == ["/done thumbnail.completed", "/queued thumbnail.queued"])
            await receiver.stop()
        }

        @Test func `tries again after an error with the same id and body`() async throws {
            let service = try await RunningService.startForLoopback()
            let receiver = try WebhookReceiver { number in number == 0 ? 503 : 204 }
            _ = try await service.subscribe(receiver.url())

            _ = try await service.post("/v1/jobs", .job("Again"))
            let webhooks = try await receiver.requests(atLeast: 2)

            #expect(webhooks[0].headers["webhook-id"] == webhooks[1].headers["webhook-id"])
            #expect(webhooks[0].body == webhooks[1].body)
            await receiver.stop()
        }
    }
}
