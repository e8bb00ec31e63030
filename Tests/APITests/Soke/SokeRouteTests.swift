import Documents
import Engine
import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit
import Webhooks

@testable import API

struct SokeRouteTests {
    private let generate = "/api/v1/thumbnail/generate"
    private let body = #"{"manualTitle":"T","colorGrading":"Warm","layoutType":"TextLeft"}"#
    private let requestID = "00112233-4455-6677-8899-aabbccddeeff"

    @Test func `accepts as Soke does`() async throws {
        try await withService { service in
            let response = try await service.send(
                .post, generate, headers: ["X-Soke-Key": Service.key], key: nil, body: body)
            let answer = try response.json()
            let id = try #require(answer["data"]?["id"]?.string)
            #expect(response.status == 202)
            #expect(id.hasPrefix("thumb_"))
            #expect(
                try response.text()
                    == #"{"success":true,"data":{"id":"\#(id)","status":"processing","sessionId":"session_1"},"meta":{"platform":"youtube","request_id":"\#(requestID)","processing_time_ms":0}}"#
            )
        }
    }

    @Test func `shows a thumbnail in the making and a finished one`() async throws {
        try await withService { service in
            let made = try await service.send(.post, generate, body: body)
            let id = try #require(try made.json()["data"]?["id"]?.string)
            let early = try await service.send(.get, "/api/v1/thumbnail/\(id)").json()
            #expect(early["data"]?["status"] == "processing")
            #expect(early["data"]?["imageUrl"] == nil)

            try await service.engine.finish(.completed, compositions: [0: Array(#"{"layers":[]}"#.utf8)]) {
                $0.outputs = [
                    Output(
                        artifact: .make("art_"), fileName: "f.jpg", size: .landscape, format: .jpeg, bytes: 9,
                        sha256: "00", variant: 0)
                ]
            }
            let response = try await service.send(.get, "/api/v1/thumbnail/\(id)")
            #expect(response.status == 200)
            let url = "https://thumbs.example/files/f.jpg"
            #expect(
                try response.text()
                    == #"{"success":true,"data":{"id":"\#(id)","status":"completed","progress":100,"sessionId":"session_1","templateId":null,"resolution":"1280x720","imageUrl":"\#(url)","thumbnailUrl":"\#(url)","editorState":{"layers":[]},"result":{"imageUrl":"\#(url)","thumbnailUrl":"\#(url)","imageUrls":["\#(url)"],"editorState":{"layers":[]}}},"meta":{"platform":"youtube","request_id":"\#(requestID)","processing_time_ms":0}}"#
            )
        }
    }

    @Test func `shows a failed thumbnail as a success that failed`() async throws {
        try await withService { service in
            let made = try await service.send(.post, generate, body: body)
            let id = try #require(try made.json()["data"]?["id"]?.string)
            try await service.engine.finish(.failed) {
                $0.failure = Failure(.contentRejected, code: "content_rejected", message: "no violence")
            }
            let response = try await service.send(.get, "/api/v1/thumbnail/\(id)")
            let answer = try response.json()
            #expect(response.status == 200)
            #expect(answer["success"] == true)
            #expect(answer["data"]?["status"] == "failed")
            #expect(answer["data"]?["error"]?["code"] == "PROCESSING_ERROR")
            #expect(answer["data"]?["error"]?["message"] == "no violence")
        }
    }

    @Test(arguments: [
        (#"{"manualTitle":"T"}"#, "application/json", 400, "BAD_REQUEST", "colorGrading"),
        (#"{"manualTitle":"T","templateId":"t"}"#, "application/json", 400, "BAD_REQUEST", "templateId"),
        (#"{"manualTitle""#, "application/json", 400, "BAD_REQUEST", "byte"),
        (#"{"platform":"tiktok"}"#, "application/json", 501, "PLATFORM_NOT_IMPLEMENTED", "tiktok"),
        (#"{}"#, "text/plain", 415, "BAD_REQUEST", "application/json"),
        (
            #"{"manualTitle":"T","colorGrading":"Warm","layoutType":"TextLeft","webhookUrl":"http://[::1]/x"}"#,
            "application/json", 400, "BAD_REQUEST", "--allow-private-webhooks"
        ),
    ])
    func `refuses in Soke's envelope`(
        body: String, mediaType: String, status: Int, code: String, words: String
    ) async throws {
        try await withService { service in
            let response = try await service.send(
                .post, generate, headers: ["Content-Type": mediaType], body: body)
            try expectError(response, status, code)
            #expect(try response.text().contains(words))
            #expect(service.engine.submissions.isEmpty)
        }
    }

    @Test func `answers missing keys, paths, methods and thumbnails in Soke's envelope`() async throws {
        try await withService { service in
            try expectError(
                try await service.send(.post, generate, key: nil, body: body), 401, "UNAUTHORIZED")
            try expectError(try await service.send(.get, "/api/v1/nothing"), 404, "NOT_FOUND")
            try expectError(try await service.send(.get, generate), 405, "BAD_REQUEST")
            try expectError(try await service.send(.delete, generate), 405, "BAD_REQUEST")
            try expectError(try await service.send(.get, "/api/v1/thumbnail/thumb_x"), 404, "NOT_FOUND")
            let job = try await service.makeJob()
            try expectError(
                try await service.send(.get, "/api/v1/thumbnail/\(job)", key: Service.otherKey), 404,
                "NOT_FOUND")
        }
    }

    @Test func `says errors of the server itself in the shape of the face`() throws {
        let soke = Request(method: .post, path: generate)
        try expectError(errorResponse(.bodyTooLarge(limit: 9), soke), 413, "BAD_REQUEST", anyID: true)
        let busy = errorResponse(.overloaded(retryAfter: .seconds(2)), soke)
        try expectError(busy, 503, "INTERNAL_ERROR", anyID: true)
        #expect(busy.headers["Retry-After"] == "2")
        let native = errorResponse(.bodyTooLarge(limit: 9), Request(method: .post, path: "/v1/jobs"))
        #expect(native.status == 413)
        #expect(try native.json()["code"] == "body_too_large")
        let broken = errorResponse(.invalidResponse(reason: "/srv/data"), soke)
        #expect(try !broken.text().contains("/srv/data"))
    }

    @Test func `takes a callback from the header and hides it`() async throws {
        try await withService { service in
            let headers: Headers = ["X-Thumbwire-Callback": "https://93.184.215.14/s3cret"]
            let response = try await service.send(.post, generate, headers: headers, body: body)
            #expect(response.status == 202)
            let summary = try #require(service.engine.submissions.first?.callback?.summary)
            #expect(summary.host == "93.184.215.14")
            let id = try #require(try response.json()["data"]?["id"]?.string)
            #expect(try await !service.send(.get, "/v1/jobs/\(id)").text().contains("s3cret"))
        }
    }

    @Test func `events of its jobs carry what a poll answers, with the editor state as a link`() async throws
    {
        try await withService { service in
            let headers: Headers = [
                "X-Thumbwire-Callback": "https://93.184.215.14/hook", "X-Thumbwire-Callback-Format": "face",
            ]
            let accepted = try await service.send(.post, generate, headers: headers, body: body).json()
            let id = try #require(accepted["data"]?["id"]?.string)
            try await service.engine.finish(.completed) {
                $0.outputs = [
                    Output(
                        artifact: .make("art_"), fileName: "f.jpg", size: .landscape, format: .jpeg, bytes: 9,
                        sha256: "00", variant: 0)
                ]
            }
            let sealed = try #require(service.engine.submissions.first?.callback?.sealed)
            let event = try #require(
                try await service.store.events(EventQuery(account: service.account.id)).last?.event)
            let carried = try JSONValue(parsing: try #require(event.faceData))
            let polled = try await service.send(.get, "/api/v1/thumbnail/\(id)").json()
            var data = try #require(carried["data"]?.object)
            let link = data["editorStateUrl"]?.string
            data["editorStateUrl"] = nil

            #expect(try Callback(unsealing: sealed, with: service.context.sealer).format == .face)
            #expect(event.type == .completed)
            #expect(carried["success"] == true)
            #expect(polled["data"] == .object(data))
            #expect(data["editorState"] == .null)
            #expect(link == "https://thumbs.example/v1/jobs/\(id)/composition")
            #expect(carried["meta"]?.object?.names == polled["meta"]?.object?.names)
            #expect(carried["meta"]?["platform"] == "youtube")
            #expect(carried["meta"]?["request_id"]?.string?.count == 36)
            #expect(carried["meta"]?["processing_time_ms"] == 0)
        }
    }

    @Test(arguments: ["https://93.184.215.14/hook", nil])
    func `names the header whose format it does not know`(callback: String?) async throws {
        try await withService { service in
            var headers: Headers = ["X-Thumbwire-Callback-Format": "soke"]
            headers["X-Thumbwire-Callback"] = callback
            let response = try await service.send(.post, generate, headers: headers, body: body)
            try expectError(response, 400, "BAD_REQUEST")
            #expect(
                try response.json()["error"]?["message"]
                    == "X-Thumbwire-Callback-Format is \"soke\"; allowed: job, face")
            #expect(service.engine.submissions.isEmpty)
        }
    }

    @Test(arguments: ["http://127.0.0.1/s3cret", "nowhere", ""])
    func `names the header whose callback it refuses`(url: String) async throws {
        try await withService { service in
            let headers: Headers = ["X-Thumbwire-Callback": url]
            let response = try await service.send(.post, generate, headers: headers, body: body)
            try expectError(response, 400, "BAD_REQUEST")
            let message = try response.json()["error"]?["message"]?.string
            #expect(message?.hasPrefix("X-Thumbwire-Callback: ") == true)
            #expect(service.engine.submissions.isEmpty)
        }
    }

    private func expectError(
        _ response: Response, _ status: Int, _ code: String, anyID: Bool = false,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let answer = try response.json()
        #expect(response.status == status, sourceLocation: location)
        #expect(answer.object?.names == ["success", "error", "meta"], sourceLocation: location)
        #expect(answer["success"] == false, sourceLocation: location)
        #expect(answer["error"]?["code"]?.string == code, sourceLocation: location)
        #expect(answer["error"]?["details"]?.object != nil, sourceLocation: location)
        if !anyID {
            #expect(answer["meta"] == ["request_id": .string(requestID)], sourceLocation: location)
        }
    }
}
