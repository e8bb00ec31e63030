import HTTP
import Imaging
import TestSupport
import Testing
import ThumbwireKit

@testable import ThumbwireService

@Suite("Pages and pictures as videoUrl", .timeLimit(.minutes(10)))
struct PageTests {
    @Test func `a page is read by its og properties and its picture is the frame`() async throws {
        try await VideoFixture.with(isSiteAllowed: true) { video in
            let jpeg = try VideoFixture.jpeg(320, 180)
            video.site.on(
                "/watch/later",
                """
                <!DOCTYPE html><html><head><title>Element</title>
                <meta content="Caf&eacute; tour" property="og:title">
                <meta property='og:description' content='All of  it'>
                <meta name=author content="Ann Example">
                <meta property="article:author" content="https://example.com/ann">
                <meta property="og:image" content="../big.jpg?a=1&amp;b=2"></head><body></body></html>
                """)
            video.site.on("/big.jpg") { request in
                guard request.query("a") == "1", request.query("b") == "2" else {
                    return Response(status: 400)
                }
                return Response(status: 200, body: .bytes(jpeg))
            }
            let url = video.site.url + "/watch/later"

            let context = await video.context(of: url)
            let frame = await video.frame(of: url)

            #expect(context?.title == "Café tour")
            #expect(context?.description == "All of it")
            #expect(context?.author == "Ann Example")
            #expect(frame == GenerationResult.Picture(bytes: jpeg, mediaType: "image/jpeg"))
            #expect(video.site.requests == ["/watch/later", "/big.jpg"])
            #expect(video.warnings.isEmpty)
        }
    }

    @Test func `links of a page are resolved where redirects led`() async throws {
        try await VideoFixture.with(isSiteAllowed: true) { video in
            let jpeg = try VideoFixture.jpeg(320, 180)
            video.site.on("/short", status: 302, headers: ["Location": "/deep/page"], "")
            video.site.on("/deep/page", "<title>T</title><meta property='og:image' content='f.jpg'>")
            video.site.on("/deep/f.jpg", type: "image/jpeg", jpeg)
            let url = video.site.url + "/short"

            #expect(await video.context(of: url)?.title == "T")
            #expect(await video.frame(of: url)?.bytes == jpeg)
        }
    }

    @Test func `a direct picture is its own frame, with or without an ending`() async throws {
        try await VideoFixture.with(isSiteAllowed: true) { video in
            let jpeg = try VideoFixture.jpeg(320, 240, bars: 30)
            for path in ["/a.png", "/plain"] {
                video.site.on(path, type: "image/png", jpeg)
                let frame = await video.frame(of: video.site.url + path)
                // As it came, and what it is, not what its server calls it.
                #expect(frame == GenerationResult.Picture(bytes: jpeg, mediaType: "image/jpeg"))
                #expect(await video.context(of: video.site.url + path)?.title == nil)
            }
            #expect(video.warnings.isEmpty)
        }
    }

    @Test(arguments: [
        ("/missing", "404"), ("/pdf", "application/pdf"), ("/empty", "no title"), ("/error", "500"),
        ("/loop", "redirects"),
    ])
    func `what says nothing is a warning with the reason`(path: String, reason: String) async throws {
        try await VideoFixture.with(isSiteAllowed: true) { video in
            video.site.on("/pdf", type: "application/pdf", "%PDF-1.7 <title>no</title>")
            video.site.on("/empty", "<p>text</p>")
            video.site.on("/error", status: 500, "<title>no</title>")
            video.site.on("/loop", status: 302, headers: ["Location": "/loop"], "")

            #expect(await video.context(of: video.site.url + path) == nil)
            #expect(await video.frame(of: video.site.url + path) == nil)

            #expect(video.warnings.map(\.code) == ["video_context_unavailable"])
            #expect(video.warningText.contains(reason), "\(video.warningText)")
        }
    }

    @Test func `private addresses are refused for pages, pictures and frames`() async throws {
        try await VideoFixture.with { video in
            for path in ["/page", "/a.jpg"] {
                _ = await video.context(of: video.site.url + path)
                #expect(await video.frame(of: video.site.url + path) == nil)
            }
            #expect(video.site.requests.isEmpty)
            #expect(video.warningText.contains("--allow-private-sources"))
        }
    }

    @Test func `redirects and og images that lead to private addresses are refused`() async throws {
        try await VideoFixture.with(isSiteAllowed: true) { video in
            let elsewhere = try ScriptedSite(host: "127.0.0.2")
            let inside = elsewhere.url
            elsewhere.on("/secret", "<title>Secret</title>")
            elsewhere.on("/a.jpg", type: "image/jpeg", try VideoFixture.jpeg(320, 180))
            video.site.on("/out", status: 302, headers: ["Location": inside + "/secret"], "")
            video.site.on("/page", "<title>T</title><meta property='og:image' content='\(inside)/a.jpg'>")
            video.site.on("/data", "<title>T</title><meta property='og:image' content='file:///etc/passwd'>")

            #expect(await video.context(of: video.site.url + "/out") == nil)
            #expect(await video.context(of: video.site.url + "/page")?.title == "T")
            #expect(await video.frame(of: video.site.url + "/page") == nil)
            #expect(await video.frame(of: video.site.url + "/data") == nil)

            #expect(elsewhere.requests.isEmpty)
            #expect(video.warnings.count == 2)
            await elsewhere.stop()
        }
    }

    @Test func `a huge page is read as far as its limit`() async throws {
        try await VideoFixture.with(isSiteAllowed: true) { video in
            let padding = String(repeating: "<p>padding</p>", count: 200_000)
            video.site.on("/early", "<title>Early</title>" + padding)
            video.site.on("/late", padding + "<title>Late</title>")

            #expect(await video.context(of: video.site.url + "/early")?.title == "Early")
            #expect(await video.context(of: video.site.url + "/late") == nil)
        }
    }

    @Test func `a page that drips ends at its time`() async throws {
        try await VideoFixture.with(isSiteAllowed: true, requestTime: .milliseconds(300)) { video in
            video.site.on("/drip") { _ in
                Response(
                    status: 200, headers: ["Content-Type": "text/html"],
                    body: .stream(
                        AsyncStream {
                            try? await Task.sleep(for: .milliseconds(20))
                            return Task.isCancelled ? nil : [0x20]
                        }))
            }

            #expect(await video.context(of: video.site.url + "/drip") == nil)
            #expect(video.warningText.contains("out of time"))
        }
    }

    @Test func `a caller's deadline ends its wait`() async throws {
        let clock = ManualClock()
        try await VideoFixture.with(isSiteAllowed: true, clock: clock) { video in
            let gate = Barrier()
            video.site.on("/slow") { _ in
                await gate.wait()
                return Response(status: 200)
            }
            let asking = Task { await video.context(of: video.site.url + "/slow", within: .seconds(2)) }
            while video.site.requests.isEmpty || clock.sleeperCount == 0 { await Task.yield() }
            clock.advance(by: .seconds(2))

            #expect(await asking.value == nil)
            #expect(video.warningText.contains("time"))
            gate.open()
        }
    }
}
