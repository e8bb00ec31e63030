import Documents
import Engine
import HTTP
import Imaging
import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import API

@Suite(.timeLimit(.minutes(10)))
struct IdempotencyTests {
    @Test func `a repeated request gets the same job as it is now`() async throws {
        try await withService { service in
            let body = #"{"title":"A","priority":2}"#
            let first = try await service.keyed(.post, "/v1/jobs", body: body)
            #expect(first.status == 202)
            #expect(first.headers["Idempotency-Replayed"] == nil)
            try await service.engine.finish(.completed)

            let waited = try await service.keyed(
                .post, "/v1/jobs", query: [("wait", "55")], body: #"{ "priority": 2, "title": "\u0041" }"#)
            #expect(waited.status == 200)
            #expect(waited.headers["Idempotency-Replayed"] == "true")
            #expect(waited.headers["Location"] == first.headers["Location"])
            #expect(try waited.json()["id"] == first.json()["id"])
            #expect(try waited.json()["status"] == "completed")
            #expect(try await service.keyed(.post, "/v1/jobs", body: body).status == 202)
            #expect(service.engine.jobs.count == 1)
        }
    }

    @Test func `a repetition waits for the job that the first request made`() async throws {
        try await withService { service in
            let body = #"{"title":"A"}"#
            let first = try await service.keyed(.post, "/v1/jobs", body: body)
            async let waiting = service.keyed(.post, "/v1/jobs", query: [("wait", "55")], body: body)
            await until { service.clock.sleeperCount == 1 }
            try await service.engine.finish(.completed)
            let answer = try await waiting
            #expect(answer.status == 200)
            #expect(try answer.json()["id"] == first.json()["id"])
        }
    }

    @Test(arguments: Asked.all)
    func `every route that makes something makes it once`(asked: Asked) async throws {
        try await withService { service in
            let path = try await service.path(of: asked)
            let first = try await service.keyed(.post, path, asked: asked)
            #expect((200..<300).contains(first.status), "\((try? first.text()) ?? "")")
            let count = try await service.thingsMade()

            let again = try await service.keyed(.post, path, asked: asked)
            #expect(again.status == first.status)
            #expect(again.headers["Idempotency-Replayed"] == "true")
            #expect(again.headers["Location"] == first.headers["Location"])
            #expect(try asked.essence(again) == asked.essence(first))
            #expect(try await service.thingsMade() == count)

            let other = try await service.keyed(.post, path, asked: asked, changed: true)
            #expect(other.status == 409)
            #expect(try other.text().contains("idempotency_key_reused"))
            #expect(try await service.thingsMade() == count)
        }
    }

    @Test func `the OpenAPI document names the header on exactly the routes that heed it`() async throws {
        try await withService { service in
            let documented = routes(of: service.context).filter { route in
                route.operation.parameters.contains { $0.name == Call.idempotencyHeader }
            }
            let tried =
                Asked.all.map(\.pattern) + ["/v1/images/edits", "/v1/images/variations"]
                + ["/v1/images/generations", "/v1/jobs/{id}/retry", "/v1/deliveries/{id}/resend"]
            #expect(Set(documented.map(\.pattern)) == Set(tried))
            #expect(documented.allSatisfy { $0.method == .post })
        }
    }

    @Test func `pictures are made once for a key, also when the SDK's count of tries says otherwise`()
        async throws
    {
        try await withService { service in
            let path = "/v1/images/generations"
            let headers: Headers = ["Idempotency-Key": "k"]
            let first = try await service.answer(.post, path, headers: headers, body: #"{"prompt":"p"}"#)
            let note = first.onSent
            let again = try await service.send(.post, path, headers: headers, body: #"{ "prompt": "p" }"#)
            #expect(note == nil)
            #expect(again.status == 200)
            #expect(again.headers["Idempotency-Replayed"] == "true")
            #expect(try again.text() == first.text())
            #expect(service.engine.jobs.count == 1)

            let other = try await service.send(.post, path, headers: headers, body: #"{"prompt":"q"}"#)
            #expect(other.status == 400)
            #expect(other.headers["x-should-retry"] == "false")
            #expect(try other.json()["error"]?["code"] == "idempotency_key_reused")
            #expect(service.engine.jobs.count == 1)
        }
    }

    @Test func `a form is the same whatever its boundary`() async throws {
        try await withService { service in
            let path = "/v1/images/variations"
            @Sendable func form(_ boundary: String, _ user: String) throws -> [UInt8] {
                let head = "--\(boundary)\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\n\(user)\r\n"
                let file =
                    "--\(boundary)\r\nContent-Disposition: form-data; name=\"image\"; filename=\"\(boundary).png\""
                return Array("\(head)\(file)\r\n\r\n".utf8) + (try ImageFormat.png.picture())
                    + Array("\r\n--\(boundary)--\r\n".utf8)
            }
            @Sendable func ask(_ boundary: String, _ user: String) async throws -> Response {
                try await service.send(
                    .post, path,
                    headers: [
                        "Idempotency-Key": "k", "Content-Type": "multipart/form-data; boundary=\(boundary)",
                    ], bytes: form(boundary, user))
            }
            let first = try await service.completing { try await ask("aaaa", "u") }
            #expect(first.status == 200)
            #expect(try await ask("bbbb", "u").headers["Idempotency-Replayed"] == "true")
            #expect(try await ask("aaaa", "v").status == 400)
        }
    }

    @Test func `a retry makes one job`() async throws {
        try await withService { service in
            let id = try await service.makeJob()
            try await service.engine.finish(.failed)
            let first = try await service.keyed(.post, "/v1/jobs/\(id)/retry")
            let again = try await service.keyed(.post, "/v1/jobs/\(id)/retry")
            #expect([first.status, again.status] == [202, 202])
            #expect(try first.json()["id"] == again.json()["id"])
            #expect(again.headers["Idempotency-Replayed"] == "true")
            #expect(service.engine.jobs.count == 2)
        }
    }

    @Test func `a delivery is sent again once`() async throws {
        try await withService { service in
            _ = try await service.path(of: .testEvent)
            let endpoint = try #require(try await service.store.endpoints(of: service.account.id).first)
            _ = try await service.send(.post, "/v1/webhook-endpoints/\(endpoint.id)/test")
            let now = service.clock.now()
            let due = try await service.store.claimDeliveries(
                limit: 1, busy: [], leaseUntil: now + .seconds(60), now: now)
            let delivery = try #require(due.first?.delivery)
            let attempt = Attempt(
                delivery: delivery.id, number: 1, startedAt: now, duration: .zero,
                outcome: .answered(status: 204, bodyHead: ""))
            try await service.store.record([AttemptResult(attempt: attempt, consequence: .delivered)])

            let path = "/v1/deliveries/\(delivery.id)/resend"
            #expect(try await service.keyed(.post, path).status == 202)
            let again = try await service.store.claimDeliveries(
                limit: 1, busy: [], leaseUntil: now + .seconds(60), now: now)
            #expect(again.count == 1)
            try await service.store.record([
                AttemptResult(
                    attempt: Attempt(
                        delivery: delivery.id, number: 2, startedAt: now, duration: .zero,
                        outcome: .answered(status: 204, bodyHead: "")), consequence: .delivered)
            ])
            let repeated = try await service.keyed(.post, path)
            #expect(repeated.headers["Idempotency-Replayed"] == "true")
            #expect(try repeated.json()["status"] == "delivered")
        }
    }

    @Test func `equal requests at the same time make one job and all get it`() async throws {
        try await withService { service in
            try await service.meter(credits: 4)
            service.engine.settle(.soke, FaceSettings(isEnabled: true, dailyCap: 1))
            let body = #"{"manualTitle":"T","colorGrading":"Warm","layoutType":"TextLeft"}"#
            let answers = try await withThrowingTaskGroup(of: Response.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        try await service.keyed(.post, "/api/v1/thumbnail/generate", body: body)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 202 })
            #expect(answers.filter { $0.headers["Idempotency-Replayed"] == nil }.count == 1)
            #expect(Set(try answers.map { try $0.json()["data"]?["id"]?.string }).count == 1)
            #expect(service.engine.jobs.count == 1)
            #expect(try await service.store.balance(of: service.account.id) == 0)
        }
    }

    @Test func `a request that was refused keeps nothing`() async throws {
        try await withService { service in
            let refused = try await service.keyed(.post, "/v1/jobs", body: #"{"titel":"A"}"#)
            #expect(refused.status == 422)
            try await service.meter(credits: 1)
            let soke = "/api/v1/thumbnail/generate"
            let body = #"{"manualTitle":"T","colorGrading":"Warm","layoutType":"TextLeft"}"#
            #expect(try await service.keyed(.post, soke, body: body).status == 402)
            try await service.meter(credits: 8)

            #expect(try await service.keyed(.post, "/v1/jobs", body: #"{"title":"A"}"#).status == 202)
            #expect(try await service.keyed(.post, soke, body: body).status == 202)
        }
    }

    @Test func `a repetition gets its job although nothing new is taken`() async throws {
        try await withService { service in
            let body = #"{"manualTitle":"T","colorGrading":"Warm","layoutType":"TextLeft"}"#
            let path = "/api/v1/thumbnail/generate"
            let first = try await service.keyed(.post, path, body: body)
            service.engine.settle(.soke, FaceSettings(isEnabled: false, dailyCap: nil))
            let again = try await service.keyed(.post, path, body: body)
            #expect(again.status == 202)
            #expect(try again.json()["data"] == first.json()["data"])
        }
    }

    @Test func `a key is the account's own, and each path's`() async throws {
        try await withService { service in
            let id = try #require(
                try await service.keyed(.post, "/v1/jobs", body: #"{"title":"A"}"#).json()["id"])
            let foreign = try await service.send(
                .post, "/v1/jobs", headers: ["Idempotency-Key": "k"], key: Service.otherKey,
                body: #"{"title":"A"}"#)
            #expect(foreign.status == 202)
            #expect(try foreign.json()["id"] != id)
            // Another key of the account, as after a rotation.
            let own = try await service.keyed(
                .post, "/v1/jobs", key: Service.adminKey, body: #"{"title":"A"}"#)
            #expect(try own.json()["id"] == id)
            let other = try await service.keyed(.post, "/v1/keys", body: #"{"name":"A"}"#)
            #expect(other.status == 201)
        }
    }

    @Test func `a repeated key request shows no value, and needs the same rights`() async throws {
        try await withService { service in
            let body = #"{"name":"A","accountId":"\#(service.other.id)"}"#
            let first = try await service.keyed(.post, "/v1/keys", key: Service.adminKey, body: body)
            let again = try await service.keyed(.post, "/v1/keys", key: Service.adminKey, body: body)
            #expect(try first.json()["key"]?.string?.hasPrefix("tw_") == true)
            #expect(try again.json()["key"] == .null)
            #expect(try again.json()["id"] == first.json()["id"])
            #expect(try await service.keyed(.post, "/v1/keys", body: body).status == 403)
        }
    }

    @Test func `what a key made and somebody deleted is not made again`() async throws {
        try await withService { service in
            let body = #"{"url":"https://93.184.215.14/"}"#
            let made = try await service.keyed(.post, "/v1/webhook-endpoints", body: body)
            let id = try #require(try made.json()["id"]?.string)
            _ = try await service.send(.delete, "/v1/webhook-endpoints/\(id)")
            let again = try await service.keyed(.post, "/v1/webhook-endpoints", body: body)
            #expect(again.status == 410)
            #expect(try again.json()["code"] == "idempotent_resource_gone")
            #expect(try await service.store.endpoints(of: service.account.id).isEmpty)
        }
    }

    @Test(arguments: ["", "a\tb", "a\u{7F}", String(repeating: "a", count: 256)])
    func `refuses keys that are none`(key: String) async throws {
        try await withService { service in
            let body = #"{"title":"A"}"#
            let native = try await service.send(
                .post, "/v1/jobs", headers: ["Idempotency-Key": key], body: body)
            #expect(native.status == 422)
            #expect(try native.json()["code"] == "idempotency_key_invalid")
            #expect(try native.json()["detail"]?.string?.contains("Idempotency-Key") == true)
            let openAI = try await service.send(
                .post, "/v1/images/generations", headers: ["Idempotency-Key": key], body: #"{"prompt":"p"}"#)
            #expect(openAI.status == 400)
            #expect(service.engine.jobs.isEmpty)
        }
    }

    @Test func `takes the longest key, and refuses two`() async throws {
        try await withService { service in
            let longest = String(repeating: "é", count: 255)
            let taken = try await service.send(
                .post, "/v1/jobs", headers: ["Idempotency-Key": longest], body: #"{"title":"A"}"#)
            #expect(taken.status == 202)
            let two = Headers([("Idempotency-Key", "a"), ("Idempotency-Key", "b")])
            #expect(
                try await service.send(.post, "/v1/jobs", headers: two, body: #"{"title":"A"}"#).status == 422
            )
        }
    }

    @Test func `what the request means is more than its body`() async throws {
        try await withService { service in
            let body = #"{"title":"A"}"#
            _ = try await service.keyed(.post, "/v1/jobs", body: body)
            let called = try await service.send(
                .post, "/v1/jobs",
                headers: ["Idempotency-Key": "k", "X-Thumbwire-Callback": "https://93.184.215.14/"],
                body: body)
            #expect(called.status == 409)
            for other in [#"{"title":"A","priority":0}"#, #"{"title":"A "}"#, #"{"titleA":""}"#] {
                #expect(try await service.keyed(.post, "/v1/jobs", body: other).status == 409)
            }
        }
    }
}
