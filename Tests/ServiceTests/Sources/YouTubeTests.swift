import HTTP
import Imaging
import TestSupport
import Testing
import ThumbwireKit

@testable import ThumbwireService

@Suite("Videos on YouTube", .timeLimit(.minutes(10)))
struct YouTubeTests {
    private static let oEmbed =
        #"{"type":"video","version":"1.0","title":"10 Hacks &amp; more","author_name":"Ann"}"#

    @Test func `title and author come from oEmbed, which is asked once`() async throws {
        try await VideoFixture.with { video in
            video.site.on("/oembed") { request in
                let isRight =
                    request.query("url") == "https://www.youtube.com/watch?v=\(VideoFixture.id)"
                    && request.query("format") == "json"
                return Response(status: isRight ? 200 : 400, body: .bytes(Array(Self.oEmbed.utf8)))
            }

            let first = await video.context(of: "https://youtu.be/\(VideoFixture.id)?t=3")
            let again = await video.context(of: "https://youtu.be/\(VideoFixture.id)?t=3")

            // JSON has no entities: what stands there is meant.
            #expect(first?.title == "10 Hacks &amp; more")
            #expect(first?.author == "Ann")
            #expect(first?.source.youTubeID == VideoFixture.id)
            #expect(again == first)
            #expect(video.site.requests == ["/oembed"])
            #expect(video.warnings.isEmpty)
        }
    }

    @Test(arguments: [
        (200, "Forbidden"), (401, "Unauthorized"), (403, "Forbidden"), (404, "Not Found"),
        (400, "Bad Request"),
        (200, ""), (200, "{}"), (200, #"{"title":""}"#), (200, #"{"title":"\u200b"}"#),
        (200, #"{"title":5}"#),
        (200, "[]"), (500, #"{"title":"no"}"#), (302, ""),
    ])
    func `the page is read where oEmbed says nothing`(status: Int, body: String) async throws {
        try await VideoFixture.with { video in
            video.site.on("/oembed", status: status, headers: ["Location": "/elsewhere"], body)
            video.site.on(
                "/watch",
                "<title>Other - YouTube</title><meta property='og:title' content='Tom &amp; Ann'>")

            let context = await video.context()

            #expect(context?.title == "Tom & Ann")
            #expect(video.site.requests == ["/oembed", "/watch"])
            #expect(video.warnings.isEmpty)
        }
    }

    @Test func `the title element serves without the site's name`() async throws {
        try await VideoFixture.with { video in
            video.site.on("/watch", "<title>My trip - YouTube</title>")
            #expect(await video.context()?.title == "My trip")
        }
    }

    @Test(arguments: ["<title>YouTube</title>", "<title> - YouTube</title>", "<p>", ""])
    func `a video of which nothing is said is warned about`(page: String) async throws {
        try await VideoFixture.with { video in
            video.site.on("/oembed", status: 401, "Unauthorized")
            video.site.on("/watch", page)

            #expect(await video.context() == nil)
            #expect(await video.context() == nil)

            #expect(video.warnings.map(\.code) == ["video_context_unavailable", "video_context_unavailable"])
            #expect(video.warningText.contains("401"))
            #expect(video.site.requests.count == 2)
        }
    }

    @Test func `pages about consent are not taken for the video's`() async throws {
        try await VideoFixture.with { video in
            video.site.on("/watch", status: 302, headers: ["Location": "/consent"], "")
            video.site.on("/consent", "<title>Before you continue to YouTube</title>")

            #expect(await video.context() == nil)
            #expect(!video.site.requests.contains("/consent"))
        }
    }

    @Test func `nothing found out is asked again after a while, something later`() async throws {
        let clock = ManualClock()
        try await VideoFixture.with(clock: clock) { video in
            #expect(await video.context() == nil)
            video.site.on("/oembed", Self.oEmbed)
            #expect(await video.context() == nil)
            clock.advance(by: .seconds(31))
            #expect(await video.context() != nil)
            video.site.on("/oembed", status: 404, "")
            clock.advance(by: .seconds(500))
            #expect(await video.context() != nil)
            clock.advance(by: .seconds(101))
            #expect(await video.context() == nil)
        }
    }

    @Test func `the best picture that exists is taken by its status`() async throws {
        let grey = try VideoFixture.jpeg(120, 90)
        let sizes = [
            "maxresdefault": (640, 360), "sddefault": (320, 180), "hqdefault": (160, 90),
            "mqdefault": (96, 54),
        ]
        let names = ["maxresdefault", "sddefault", "hqdefault", "mqdefault"]
        try await VideoFixture.with { video in
            for missing in 0...names.count {
                for (index, name) in names.enumerated() {
                    let path = "/vi/\(VideoFixture.id)/\(name).jpg"
                    let (width, height) = try #require(sizes[name])
                    if index < missing {
                        // A missing size answers 404 with a valid grey picture.
                        video.site.on(path, status: 404, type: "image/jpeg", grey)
                    } else {
                        video.site.on(path, type: "image/jpeg", try VideoFixture.jpeg(width, height))
                    }
                }
                let frame = await video.frame()
                let size = try frame.map { try ImageDecoder.probe($0.bytes).size }
                let expected = missing < names.count ? sizes[names[missing]] : nil
                #expect(size?.width == expected?.0 && size?.height == expected?.1, "\(missing)")
            }
            #expect(video.warnings.map(\.code) == ["video_context_unavailable"])
        }
    }

    @Test func `black bars of 4 to 3 pictures are cut off`() async throws {
        let path = "/vi/\(VideoFixture.id)/sddefault.jpg"
        try await VideoFixture.with { video in
            video.site.on(path, type: "image/jpeg", try VideoFixture.jpeg(640, 480, bars: 60))
            let cut = try ImageDecoder.decode(try #require(await video.frame()).bytes)
            #expect(cut.size == PixelSize(width: 640, height: 360))
            #expect(cut.bytes[0] > 150 && cut.bytes[cut.bytes.count - 4] > 150)

            let full = try VideoFixture.jpeg(640, 480)
            video.site.on(path, type: "image/jpeg", full)
            #expect(await video.frame()?.bytes == full)
        }
    }

    @Test func `a picture that is none gives way to the next`() async throws {
        try await VideoFixture.with { video in
            video.site.on("/vi/\(VideoFixture.id)/maxresdefault.jpg", type: "image/jpeg", "no picture")
            let small = try VideoFixture.jpeg(320, 180)
            video.site.on("/vi/\(VideoFixture.id)/mqdefault.jpg", type: "image/jpeg", small)
            #expect(await video.frame()?.bytes == small)
        }
    }

    @Test func `a site that cannot be reached is a warning`() async throws {
        try await VideoFixture.with { video in
            await video.site.stop()
            #expect(await video.context() == nil)
            #expect(await video.frame() == nil)
            #expect(video.warnings.count == 2)
        }
    }

    @Test func `many who ask at once share one request`() async throws {
        try await VideoFixture.with { video in
            let gate = Barrier()
            video.site.on("/oembed") { _ in
                await gate.wait()
                return Response(status: 200, body: .bytes(Array(Self.oEmbed.utf8)))
            }
            let asking = (0..<8).map { _ in Task { await video.context()?.title } }
            // The first must not be alone when it leaves: a look-up that nobody waits for is cancelled.
            while video.site.requests.isEmpty || video.fetcher.lookups.waiterCount < 8 { await Task.yield() }
            asking[0].cancel()
            _ = await asking[0].value
            gate.open()

            for task in asking.dropFirst() { #expect(await task.value != nil) }
            #expect(video.site.requests == ["/oembed"])
        }
    }
}
