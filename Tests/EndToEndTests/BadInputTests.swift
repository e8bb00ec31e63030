import HTTP
import Testing
import ThumbwireKit

extension EndToEnd {
    @Suite struct BadInput {
        /// One wrong request to `POST /v1/jobs` and how it is refused.
        struct Case: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let body: String
            let status: Int
            let code: String
            /// What the answer must name.
            var names = ""
        }

        static let cases = [
            Case(testDescription: "no JSON", body: "{\"title\":", status: 400, code: "json_malformed"),
            Case(
                testDescription: "a duplicate member", body: #"{"title":"a","title":"b"}"#, status: 400,
                code: "json_malformed", names: "title"),
            Case(testDescription: "an array", body: "[]", status: 422, code: "validation_failed"),
            Case(testDescription: "nothing asked for", body: "{}", status: 422, code: "validation_failed"),
            Case(
                testDescription: "a misspelt field", body: #"{"titel":"a"}"#, status: 422,
                code: "validation_failed", names: "title"),
            Case(
                testDescription: "an unknown layout", body: #"{"title":"a","layoutType":"Middle"}"#,
                status: 422, code: "validation_failed", names: "layoutType"),
            Case(
                testDescription: "an unknown grading", body: #"{"title":"a","colorGrading":"Sepia"}"#,
                status: 422, code: "validation_failed", names: "colorGrading"),
            Case(
                testDescription: "a tiny resolution", body: #"{"title":"a","resolution":"10x10"}"#,
                status: 422, code: "validation_failed", names: "resolution"),
            Case(
                testDescription: "a resolution in words", body: #"{"title":"a","resolution":"big"}"#,
                status: 422, code: "validation_failed", names: "resolution"),
            Case(
                testDescription: "too many variants", body: #"{"title":"a","variants":11}"#, status: 422,
                code: "validation_failed", names: "variants"),
            Case(
                testDescription: "301 characters",
                body: "{\"title\":\"\(String(repeating: "x", count: 301))\"}", status: 422,
                code: "validation_failed", names: "title"),
            Case(
                testDescription: "a control character", body: #"{"title":"a\u0007b"}"#, status: 422,
                code: "validation_failed", names: "title"),
            Case(
                testDescription: "another platform", body: #"{"title":"a","platform":"tiktok"}"#, status: 422,
                code: "platform_not_supported", names: "platform"),
            Case(
                testDescription: "a file URL", body: #"{"title":"a","sourceImageUrl":"file:///etc/passwd"}"#,
                status: 422, code: "url_invalid", names: "sourceImageUrl"),
            Case(
                testDescription: "a private callback",
                body: #"{"title":"a","callbackUrl":"http://127.0.0.1:9/x"}"#, status: 422,
                code: "url_blocked_private_address", names: "--allow-private-webhooks"),
            Case(
                testDescription: "a metadata callback",
                body: #"{"title":"a","callbackUrl":"http://169.254.169.254/latest"}"#, status: 422,
                code: "url_blocked_private_address", names: "metadata"),
            Case(
                testDescription: "an unknown chain", body: #"{"title":"a","chain":"nope"}"#, status: 422,
                code: "chain_unknown"),
        ]

        @Test func `refuses wrong bodies with a problem that names the place`() async throws {
            let service = try await RunningService.start()

            for bad in Self.cases {
                let answer = try await service.send(.post, "/v1/jobs", body: Array(bad.body.utf8))

                #expect(answer.status == bad.status, "\(bad.testDescription): \(answer.text)")
                #expect(answer.json["code"]?.string == bad.code, "\(bad.testDescription): \(answer.text)")
                #expect(answer.headers["Content-Type"] == "application/problem+json")
                #expect(bad.names.isEmpty || answer.text.contains(bad.names), "\(answer.text)")
            }
            #expect(try await service.get("/v1/jobs").json["data"]?.array?.isEmpty == true)
        }

        @Test func `asks for a key`() async throws {
            let service = try await RunningService.start()
            let body = Array(#"{"title":"a"}"#.utf8)

            let none = try await service.sendAsIs(
                .post, "/v1/jobs", headers: ["Content-Type": "application/json"], body: body)
            let wrong = try await service.send(
                .post, "/v1/jobs", headers: ["Authorization": "Bearer nope"], body: body)
            let soke = try await service.send(
                .post, "/api/v1/thumbnail/generate", headers: ["X-Soke-Key": "nope"], body: body)

            #expect(none.status == 401)
            #expect(none.json["code"] == "key_missing")
            #expect(wrong.status == 401)
            #expect(wrong.json["code"] == "key_invalid")
            #expect(soke.status == 401)
            #expect(soke.json["error"]?["code"] == "UNAUTHORIZED")
        }

        @Test func `refuses what is wrong with the request as HTTP`() async throws {
            let service = try await RunningService.start()
            let large = [UInt8](repeating: 0x20, count: 2 << 20)

            let text = try await service.send(
                .post, "/v1/jobs", headers: ["Content-Type": "text/plain"], body: [0x7B, 0x7D])
            let long = try await service.send(.post, "/v1/jobs", body: large)
            let head = try await service.send(
                .get, "/v1/jobs", headers: ["X-Filler": String(repeating: "x", count: 20_000)])
            let method = try await service.send(.delete, "/v1/jobs")
            let path = try await service.get("/v1/nothing")
            let job = try await service.get("/v1/jobs/job_unknown")

            #expect(text.status == 415)
            #expect(long.status == 413)
            #expect(head.status == 431)
            #expect(method.status == 405)
            #expect(method.headers["Allow"]?.contains("POST") == true)
            #expect(path.status == 404)
            #expect(job.status == 404)
        }
    }
}
