import HTTP
import Persistence
import Signing
import TestSupport
import Testing
import ThumbwireKit
import Webhooks

@testable import API

struct EndpointOptionTests {
    private let path = "/v1/webhook-endpoints"
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    @Test func `shows all that was asked for, and nothing secret`() async throws {
        try await withService { service in
            let made = try await service.send(
                .post, path,
                body: """
                    {"targetUrl":"https://u:hush@93.184.215.14/hook","events":["endpoint.failing","thumbnail.failed"],
                    "filters":{"chains":["fast"],"sessions":["s1"],"metadata":{"shop":7}},"description":"mine",
                    "signing":{"signature":"github"},"secret":"\(Self.secret)",
                    "headers":{"X-Token":"hush","x-other":"hush"},
                    "authorization":{"type":"jwt","algorithm":"HS256","key":"hush hush hush hush hush hush hush"},
                    "envelope":"cloudevents","format":"face","retry":{"rests":[5,60]},"maxInFlight":3,
                    "ratePerSecond":0.5,"ordered":true,"expirationDate":"2027-01-31T12:00:00Z","status":"paused"}
                    """)
            #expect(made.status == 201)
            let endpoint = try made.json()
            #expect(endpoint["secret"]?.string == Self.secret)
            let id = try #require(endpoint["id"]?.string)
            let read = try await service.send(.get, "\(path)/\(id)")
            #expect(try !read.text().contains("hush"))
            #expect(try !read.text().contains(Self.secret))
            let shown = try read.json()
            #expect(shown["events"] == ["thumbnail.failed", "endpoint.failing"])
            #expect(
                shown["filters"] == ["chains": ["fast"], "sessions": ["s1"], "metadata": ["shop": 7]])
            #expect(shown["signing"] == ["signature": "github"])
            #expect(shown["headers"] == ["X-Token", "x-other"])
            #expect(shown["authorization"] == ["type": "jwt"])
            #expect(shown["envelope"] == "cloudevents")
            #expect(shown["format"] == "face")
            #expect(shown["retry"] == ["rests": [5, 60]])
            #expect(shown["maxInFlight"] == 3)
            #expect(shown["ratePerSecond"] == 0.5)
            #expect(shown["ordered"] == true)
            #expect(shown["expiresAt"] == "2027-01-31T12:00:00.000Z")
            #expect(shown["status"] == "paused")
            let stored = try #require(
                try await service.store.storedEndpoint(EndpointID(rawValue: id), of: service.account.id))
            let secrets = try WebhookSecrets(unsealing: stored.secret, with: service.context.sealer)
            #expect(secrets.headers == [CustomHeader("X-Token", "hush"), CustomHeader("x-other", "hush")])
        }
    }

    @Test func `the same URL and events are one endpoint, as it is`() async throws {
        try await withService { service in
            let body = #"{"url":"https://93.184.215.14/hook","description":"first"}"#
            let first = try await service.send(.post, path, body: body)
            let id = try #require(try first.json()["id"]?.string)
            _ = try await service.send(.post, "\(path)/\(id)/pause")
            let again = try await service.send(
                .post, path,
                body:
                    #"{"targetUrl":"https://93.184.215.14/hook","description":"second","handshake":"cloudevents"}"#
            )
            #expect(first.status == 201)
            #expect(again.status == 200)
            #expect(try again.json()["id"] == first.json()["id"])
            #expect(try again.json()["secret"] == first.json()["secret"])
            #expect(try again.json()["description"] == "first")
            #expect(try again.json()["status"] == "paused")
            #expect(again.headers["Location"] == first.headers["Location"])

            let others = [
                try await service.send(.post, path, key: Service.otherKey, body: body),
                try await service.send(
                    .post, path, body: #"{"url":"https://93.184.215.14/hook","events":["thumbnail.failed"]}"#),
            ]
            #expect(others.map(\.status) == [201, 201])
            #expect(try await service.send(.delete, "\(path)/\(id)").status == 204)
            #expect(try await service.send(.post, path, body: body).status == 201)
        }
    }

    @Test func `lists by URL and status`() async throws {
        try await withService { service in
            let url = "https://u:p@93.184.215.14/a"
            _ = try await service.send(.post, path, body: #"{"url":"\#(url)"}"#)
            _ = try await service.send(
                .post, path, body: #"{"url":"https://93.184.215.14/b","status":"paused"}"#)
            func found(_ query: (String, String)...) async throws -> Int? {
                try await service.send(.get, path, query: query).json()["data"]?.array?.count
            }
            #expect(try await found() == 2)
            #expect(try await found(("url", url)) == 1)
            #expect(try await found(("url", "https://93.184.215.14/a")) == 1)
            #expect(try await found(("url", "https://93.184.215.14/c")) == 0)
            #expect(try await found(("status", "paused,disabled")) == 1)
            #expect(try await found(("status", "enabled"), ("url", "https://93.184.215.14/b")) == 0)
            let wrong = try await service.send(.get, path, query: [("status", "on")])
            #expect(wrong.status == 422)
            #expect(try wrong.text().contains("allowed: enabled, paused, disabled"))
        }
    }

    @Test func `a change keeps what it leaves out, endpoint and secrets alike`() async throws {
        try await withService { service in
            let id = try await make(service, #""headers":{"X-A":"1"},"maxInFlight":3,"description":"mine""#)
            let secret = try await service.send(.get, "\(path)/\(id)/secret").json()
            let named = try await service.send(
                .patch, "\(path)/\(id)", body: #"{"authorization":{"type":"bearer","token":"t"}}"#)
            #expect(try named.json()["authorization"] == ["type": "bearer"])
            #expect(try named.json()["headers"] == ["X-A"])
            #expect(try named.json()["maxInFlight"] == 3)
            let removed = try await service.send(
                .patch, "\(path)/\(id)", body: #"{"headers":null,"maxInFlight":null,"description":null}"#)
            #expect(try removed.json()["headers"] == [])
            #expect(try removed.json()["maxInFlight"] == .null)
            #expect(try removed.json()["authorization"] == ["type": "bearer"])
            #expect(try await service.send(.get, "\(path)/\(id)/secret").json() == secret)
            let replaced = try await service.send(
                .patch, "\(path)/\(id)", body: #"{"secret":"\#(Self.secret)","ordered":true}"#)
            #expect(try replaced.json()["ordered"] == true)
            #expect(
                try await service.send(.get, "\(path)/\(id)/secret").json()["secret"]?.string == Self.secret)
        }
    }

    @Test func `a change that is refused in part changes nothing`() async throws {
        try await withService { service in
            let id = try await make(service, #""headers":{"Authorization":"x"}"#)
            let before = try await service.send(.get, "\(path)/\(id)").text()
            for (body, pointer) in [
                (#"{"description":"new","authorization":{"type":"bearer","token":"t"}}"#, "/authorization"),
                (#"{"description":"new","headers":{"Webhook-Id":"x"}}"#, "/headers"),
                (#"{"description":"new","url":"http://10.0.0.1/"}"#, "/url"),
                (#"{"description":"new","handshake":"cloudevents"}"#, "/handshake"),
            ] {
                let refused = try await service.send(.patch, "\(path)/\(id)", body: body)
                #expect(refused.status == 422)
                #expect(try refused.json()["errors"]?.array?.first?["pointer"]?.string == pointer)
            }
            #expect(try await service.send(.get, "\(path)/\(id)").text() == before)
            let foreign = try await service.send(
                .patch, "\(path)/\(id)", key: Service.otherKey, body: #"{"description":"theirs"}"#)
            #expect(foreign.status == 404)
        }
    }

    @Test func `shakes hands before there is an endpoint`() async throws {
        try await withService { service in
            var local = service
            local.context.policy = try .allowing(["127.0.0.0/8"])
            local.router = makeRouter(local.context)
            var router = Router()
            router.on(.options, "/yes") { _ in
                Response(
                    status: 200, headers: ["WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "30"])
            }
            router.on(.options, "/no") { _ in Response(status: 200) }
            let server = Server(configuration: Server.Configuration(), router: router) { _, _ in
                Response(status: 500)
            }
            let receiver = "http://127.0.0.1:\(try server.start())"

            let made = try await local.send(
                .post, path, body: #"{"url":"\#(receiver)/yes","handshake":"cloudevents"}"#)
            let refused = try await local.send(
                .post, path, body: #"{"url":"\#(receiver)/no","handshake":"cloudevents"}"#)
            let listed = try await local.send(.get, path).json()
            await server.stop(grace: .zero)

            #expect(made.status == 201)
            #expect(try made.json()["ratePerSecond"] == 0.5)
            #expect(refused.status == 422)
            #expect(try refused.json()["code"] == "endpoint_handshake_failed")
            #expect(try refused.json()["errors"]?.array?.first?["pointer"] == "/url")
            #expect(listed["data"]?.array?.count == 1)
        }
    }

    private func make(_ service: Service, _ more: String) async throws -> String {
        let response = try await service.send(
            .post, path, body: #"{"url":"https://93.184.215.14/hook",\#(more)}"#)
        return try #require(try response.json()["id"]?.string)
    }
}
