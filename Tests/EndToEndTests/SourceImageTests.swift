import HTTP
import Imaging
import Testing
import ThumbwireKit

extension EndToEnd {
    @Suite struct SourceImages {
        @Test func `composes on a photo`() async throws {
            let service = try await RunningService.startForLoopback()
            let pictures = try PictureServer(["a.jpg": .picture(try Pictures.jpeg(), "image/jpeg")])

            let answer = try await service.post(
                "/v1/jobs?wait=55", .job("On a photo", ["sourceImageUrl": .string(pictures.url("a.jpg"))]))

            #expect(answer.json["status"] == "completed", "\(answer.text)")
            #expect(pictures.requestCount == 1)
            await pictures.stop()
        }

        @Test func `fails the job with a code of its own for each kind of bad photo`() async throws {
            let service = try await RunningService.startForLoopback()
            let jpeg = try Pictures.jpeg()
            let pictures = try PictureServer([
                "text": .picture(Array("<html>hello</html>".utf8), "text/html"),
                "cut.jpg": .picture(Array(jpeg.prefix(jpeg.count / 2)), "image/jpeg"),
                "claim.png": .picture(Pictures.headerOnlyPNG(side: 50_000), "image/png"),
                "bomb.png": .picture(Pictures.bombPNG(side: 8_192), "image/png"),
            ])
            let expected = [
                ("missing", "source_image_not_found"), ("text", "source_image_not_an_image"),
                ("cut.jpg", "source_image_truncated"), ("claim.png", "source_image_too_many_pixels"),
                ("bomb.png", "source_image_too_many_pixels"),
            ]

            for (name, code) in expected {
                let answer = try await service.post(
                    "/v1/jobs?wait=55", .job("a", ["sourceImageUrl": .string(pictures.url(name))]))

                #expect(answer.json["status"] == "failed", "\(name): \(answer.text)")
                #expect(answer.json["error"]?["code"]?.string == code, "\(name): \(answer.text)")
            }
            let after = try await service.post("/v1/jobs?wait=55", .job("Still here"))

            #expect(after.json["status"] == "completed")
            await pictures.stop()
        }

        @Test func `does not read private addresses that the operator has not allowed`() async throws {
            let service = try await RunningService.start("--allow-private-webhooks", "127.0.0.1")
            let pictures = try PictureServer(["a.jpg": .picture(try Pictures.jpeg(), "image/jpeg")])

            let answer = try await service.post(
                "/v1/jobs?wait=55", .job("a", ["sourceImageUrl": .string(pictures.url("a.jpg"))]))

            #expect(
                answer.text.contains("url_blocked_private_address")
                    || answer.text.contains("source_image_blocked"))

            #expect(answer.json["status"] != "completed")
            #expect(pictures.requestCount == 0)
            await pictures.stop()
        }
    }
}
