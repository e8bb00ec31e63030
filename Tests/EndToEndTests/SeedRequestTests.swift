import HTTP
import Imaging
import Testing
import ThumbwireKit

extension EndToEnd {
    /// The request that the project began with: unchanged in, one signed webhook out.
    @Suite struct SeedRequest {
        static func body(_ resolution: String) -> JSONValue {
            [
                "manualTitle": "10 Developer Productivity Hacks",
                "manualPrompt": "A developer at a clean desk with multiple monitors showing code",
                "colorGrading": "Cinematic", "layoutType": "TextCenter",
                "resolution": .string(resolution), "platform": "youtube",
            ]
        }

        @Test(arguments: [PixelSize(width: 1280, height: 720), PixelSize(width: 1080, height: 1920)])
        func `answers 202 and sends one signed webhook with a picture`(_ size: PixelSize) async throws {
            let service = try await RunningService.startForLoopback()
            let receiver = try WebhookReceiver()
            let endpoint = try await service.subscribe(receiver.url())

            let accepted = try await service.post(
                "/api/v1/thumbnail/generate", Self.body("\(size.width)x\(size.height)"),
                headers: ["X-Soke-Key": RunningService.key])
            let webhook = try #require(try await receiver.requests(atLeast: 1).first)
            let picture = try await picture(of: webhook, at: service)

            #expect(accepted.status == 202)
            #expect(accepted.json["success"] == true)
            #expect(accepted.json["data"]?["status"] == "processing")
            #expect(accepted.json["data"]?["id"]?.string?.hasPrefix("thumb_") == true)
            #expect(accepted.json["data"]?["sessionId"]?.string?.isEmpty == false)
            #expect(accepted.json["meta"]?.object != nil)
            #expect(webhook.json["type"] == "thumbnail.completed")
            #expect(webhook.json["data"]?["id"] == accepted.json["data"]?["id"])
            #expect(webhook.headers["webhook-id"] == webhook.json["id"]?.string)
            #expect(throws: Never.self) { try webhook.verify(secret: endpoint.secret) }
            #expect(picture == size)
            await receiver.stop()
        }

        /// The size of the webhook's first picture, which must be of the declared type and length.
        private func picture(of webhook: Request, at service: RunningService) async throws -> PixelSize {
            let output = try #require(webhook.json["data"]?["outputs"]?.array?.first)
            let url = try #require(output["url"]?.string)
            let answer = try await service.sendAsIs(.get, url, headers: [:])
            let header = try ImageDecoder.probe(answer.body)
            #expect(answer.status == 200)
            #expect(answer.headers["Content-Type"] == header.format.mediaType)
            #expect(output["bytes"]?.integer == Int64(answer.body.count))
            return header.size
        }

        @Test func `shows the job on both faces under one id`() async throws {
            let service = try await RunningService.start()

            let accepted = try await service.post("/api/v1/thumbnail/generate", Self.body("1280x720"))
            let id = try #require(accepted.json["data"]?["id"]?.string)
            let native = try await service.finished(id)
            let soke = try await service.get("/api/v1/thumbnail/\(id)")

            #expect(native["status"] == "completed")
            #expect(soke.json["data"]?["status"] == "completed")
            #expect(soke.json["data"]?["imageUrl"] == native["outputs"]?.array?.first?["url"])
        }

        @Test func `refuses a platform it does not draw for with 501`() async throws {
            let service = try await RunningService.start()
            var body = try #require(Self.body("1280x720").object)
            body["platform"] = "tiktok"

            let answer = try await service.post("/api/v1/thumbnail/generate", .object(body))

            #expect(answer.status == 501)
            #expect(answer.json["success"] == false)
            #expect(answer.json["error"]?["code"] == "PLATFORM_NOT_IMPLEMENTED")
        }
    }
}
