import HTTP
import Imaging
import Synchronization
import Testing
import ThumbwireKit

extension EndToEnd {
    @Suite struct Videos {
        private static let id = "dQw4w9WgXcQ"
        private static let video: JSONValue = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"

        @Test func `a video alone gives its title on its own picture`() async throws {
            let youTube = try YouTubeServer(title: "Ten hacks for Linux", frame: try Pictures.jpeg())
            let service = try await RunningService.start(youTube: youTube.url)

            let answer = try await service.post(
                "/v1/jobs?wait=55", ["videoUrl": Self.video, "resolution": "320x180"])
            let job = answer.json
            let composition = try await service.get("/v1/jobs/\(job["id"]?.string ?? "")/composition")

            #expect(job["status"] == "completed", "\(answer.text)")
            #expect(job["request"]?["title"] == nil)
            #expect(job["warnings"] == [])
            #expect(composition.json["provenance"]?["title"] == ["from": "video"])
            #expect(composition.text.uppercased().contains("TEN HACKS"), "\(composition.text)")
            // Title and picture, each asked for once.
            #expect(youTube.requests.sorted() == ["/oembed", "/vi/\(Self.id)/maxresdefault.jpg"])
            await youTube.stop()
        }

        @Test func `Soke's clients may send a video alone`() async throws {
            let youTube = try YouTubeServer(title: "Ten hacks for Linux", frame: nil)
            let service = try await RunningService.start(youTube: youTube.url)

            let accepted = try await service.post(
                "/api/v1/thumbnail/generate",
                [
                    "videoUrl": Self.video, "colorGrading": "Cinematic", "layoutType": "TextLeft",
                    "resolution": "1280x720",
                ], headers: ["X-Soke-Key": RunningService.key])
            let job = try await service.finished(accepted.json["data"]?["id"]?.string ?? "")

            #expect(accepted.status == 202)
            #expect(job["status"] == "completed")
            #expect(job["warnings"]?.array?.map { $0["code"] } == ["video_context_unavailable"])
            await youTube.stop()
        }

        @Test func `a video that tells nothing fails alone and serves with a title`() async throws {
            let service = try await RunningService.start()

            let alone = try await service.post(
                "/v1/jobs?wait=55", ["videoUrl": Self.video, "resolution": "320x180"])
            let titled = try await service.post("/v1/jobs?wait=55", .job("Mine", ["videoUrl": Self.video]))

            #expect(alone.json["status"] == "failed", "\(alone.text)")
            #expect(alone.json["error"]?["code"] == "source_unreadable")
            #expect(alone.json["error"]?["class"] == "invalid_input")
            #expect(titled.json["status"] == "completed", "\(titled.text)")
            #expect(titled.text.contains("video_context_unavailable"))
        }

        @Test func `a source that no provider reads is refused at once`() async throws {
            let service = try await RunningService.start()

            let answer = try await service.post(
                "/v1/jobs", .job("Mine", ["videoUrl": "https://example.com/a.mp4"]))

            #expect(answer.status == 422)
            #expect(answer.json["code"] == "source_unsupported")
            #expect(answer.json["detail"]?.string?.contains("read: youtube, page, image") == true)
        }

        @Test func `a setting for tests that is no URL is refused`() async throws {
            let tool = try ToolProcess(
                ["serve", "--listen", "127.0.0.1:0"], environment: ["THUMBWIRE_YOUTUBE_BASE": "nowhere"])
            #expect(try await tool.exit() == 2)
            #expect(tool.standardError.contains("THUMBWIRE_YOUTUBE_BASE"))
        }
    }
}

/// YouTube as far as thumbnails need it, with one video.
private final class YouTubeServer: Sendable {
    private final class Log: Sendable {
        let paths = Mutex<[String]>([])
    }

    let url: String
    private let server: Server
    private let log = Log()

    /// No frame answers 404 for every size.
    init(title: String, frame: [UInt8]?) throws {
        var router = Router()
        let log = log
        router.on(.get, "/oembed") { request in
            log.paths.withLock { $0.append(request.path) }
            let document: JSONValue = ["type": "video", "version": "1.0", "title": .string(title)]
            return Response(
                status: 200, headers: ["Content-Type": "application/json"],
                body: .bytes(document.serialized()))
        }
        router.on(.get, "/vi/{id}/{name}") { request in
            log.paths.withLock { $0.append(request.path) }
            return frame.map { .picture($0, "image/jpeg") } ?? Response(status: 404)
        }
        server = Server(configuration: .init(), router: router) { error, _ in Response(status: error.status) }
        url = "http://127.0.0.1:\(try server.start())"
    }

    var requests: [String] { log.paths.withLock { $0 } }

    func stop() async {
        await server.stop(grace: .zero)
    }
}
