import Testing
import ThumbwireKit

@Suite struct VideoSourceTests {
    private static let id = "dQw4w9WgXcQ"

    @Test(arguments: [
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "http://youtube.com/watch?v=dQw4w9WgXcQ",
        "HTTPS://WWW.YouTube.COM/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/watch?feature=share&list=PL1&v=dQw4w9WgXcQ&t=42s#top",
        "https://www.youtube.com/watch/?v=dQw4w9WgXcQ",
        "https://www.youtube.com//watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/watch?v=%64Qw4w9WgXcQ",
        "https://www.youtube.com:443/watch?v=dQw4w9WgXcQ",
        "http://www.youtube.com:80/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com./watch?v=dQw4w9WgXcQ",
        "https://m.youtube.com/watch?v=dQw4w9WgXcQ&app=desktop",
        "https://music.youtube.com/watch?v=dQw4w9WgXcQ&list=RDAMVM",
        "https://gaming.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/?v=dQw4w9WgXcQ",
        "https://www.youtube.com/watch_popup?v=dQw4w9WgXcQ",
        "https://www.youtube.com/watch/dQw4w9WgXcQ",
        "https://www.youtube.com/shorts/dQw4w9WgXcQ?feature=share",
        "https://youtube.com/shorts/dQw4w9WgXcQ/",
        "https://www.youtube.com/embed/dQw4w9WgXcQ?start=3",
        "https://www.youtube.com/live/dQw4w9WgXcQ?si=abc",
        "https://www.youtube.com/v/dQw4w9WgXcQ?version=3",
        "https://www.youtube.com/e/dQw4w9WgXcQ",
        "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
        "https://youtube-nocookie.com/embed/dQw4w9WgXcQ/extra",
        "https://youtu.be/dQw4w9WgXcQ",
        "https://youtu.be/dQw4w9WgXcQ?t=10&si=xyz",
        "https://www.youtu.be/dQw4w9WgXcQ/extra",
        "https://youtu.be/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/attribution_link?a=x&u=%2Fwatch%3Fv%3DdQw4w9WgXcQ%26feature%3Dshare",
    ])
    func `knows a video on YouTube in all its forms`(url: String) {
        let source = VideoSource(url: url)
        #expect(source.kind == .youTube)
        #expect(source.youTubeID == Self.id)
    }

    @Test(arguments: [
        "https://youtube.com@evil.com/watch?v=dQw4w9WgXcQ",
        "https://youtube.com:dQw4w9WgXcQ@evil.com/watch?v=dQw4w9WgXcQ",
        "https://user@youtube.com/watch?v=dQw4w9WgXcQ",
        "https://evil.com\\@youtube.com/watch?v=dQw4w9WgXcQ",
        "https://youtube.com\\.evil.com/watch?v=dQw4w9WgXcQ",
        "https://youtube.com.evil.com/watch?v=dQw4w9WgXcQ",
        "https://evilyoutube.com/watch?v=dQw4w9WgXcQ",
        "https://evil.com/youtube.com/watch?v=dQw4w9WgXcQ",
        "https://evil.com/?u=https://youtu.be/dQw4w9WgXcQ",
        "https://evil.com#https://youtu.be/dQw4w9WgXcQ",
        "https://evil.com/#@youtube.com/watch?v=dQw4w9WgXcQ",
        "https://y\u{F6}utube.com/watch?v=dQw4w9WgXcQ",
        "https://youtube\u{3002}com/watch?v=dQw4w9WgXcQ",
        "https://youtube%2Ecom/watch?v=dQw4w9WgXcQ",
        "https://youtube.com:8443/watch?v=dQw4w9WgXcQ",
        "https://youtube.com:443:443/watch?v=dQw4w9WgXcQ",
        "https://[::1]/watch?v=dQw4w9WgXcQ",
        "ftp://youtube.com/watch?v=dQw4w9WgXcQ",
        "javascript:https://youtube.com/watch?v=dQw4w9WgXcQ",
        "https:/youtube.com/watch?v=dQw4w9WgXcQ",
        "https://youtube.com/\u{301}watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/watch?v=dQw4w9WgXc",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQQ",
        "https://www.youtube.com/watch?v=dQw4w9WgX%2FQ",
        "https://www.youtube.com/watch?v=dQw4w9WgX\u{E9}",
        "https://www.youtube.com/watch?V=dQw4w9WgXcQ",
        "https://www.youtube.com/watch?vv=dQw4w9WgXcQ",
        "https://www.youtube.com/watch?v=short&v=dQw4w9WgXcQ",
        "https://www.youtube.com/watch",
        "https://www.youtube.com/playlist?list=PLdQw4w9WgXcQ",
        "https://www.youtube.com/embed/videoseries?list=PL1",
        "https://www.youtube.com/embed/live_stream?channel=UC1",
        "https://www.youtube.com/@dQw4w9WgXcQ",
        "https://www.youtube.com/dQw4w9WgXcQ",
        "https://www.youtube.com/shorts",
        "https://www.youtube.com/attribution_link?u=https://evil.com/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/attribution_link?u=%40evil.com%2Fwatch%3Fv%3DdQw4w9WgXcQ",
        "https://www.youtube.com/attribution_link?u=%2Fattribution_link%3Fu%3D%252Fwatch%253Fv%253DdQw4w9WgXcQ",
        "https://youtu.be/", "https://youtu.be", "https://", "://", "", "%", "https://%", "?v=dQw4w9WgXcQ",
    ])
    func `takes nothing else for one`(url: String) {
        let source = VideoSource(url: url)
        #expect(source.kind == .page)
        #expect(source.youTubeID == nil)
    }

    @Test(arguments: [
        ("https://example.com/a/b.jpg", VideoSource.Kind.image), ("https://example.com/b.JPEG?w=3", .image),
        ("https://example.com/b.png#x", .image), ("https://example.com/b%2Ewebp", .image),
        ("https://user:key@example.com/b.png", .image), ("https://i.ytimg.com/vi/x/hqdefault.jpg", .image),
        ("https://example.com/b.mp4", .media), ("https://example.com/b.MOV", .media),
        ("https://example.com/b.webm", .media), ("https://example.com/b.mkv", .media),
        ("https://example.com/b.m4v", .media), ("https://example.com/b.avi?token=x.jpg", .media),
        ("https://example.com/jpg", .page), ("https://example.com/a.jpg/b", .page),
        ("https://example.com?a.jpg", .page), ("https://example.jpg", .page),
        ("https://vimeo.com/76979871", .page), ("https://example.com/a.gif", .page),
    ])
    func `tells files by the ending of the path`(url: String, kind: VideoSource.Kind) {
        #expect(VideoSource(url: url).kind == kind)
    }

    @Test func `classifies whatever bytes come`() {
        var random = SystemRandomNumberGenerator()
        let pieces = [
            "https://", "youtube.com", "youtu.be", "/", "?", "#", "@", ":", "%", "%2", "&", "=", "v=", "\\",
            "dQw4w9WgXcQ", "watch", "embed", ".jpg", "\u{301}", "\0", "attribution_link?u=",
        ]
        for _ in 0..<5_000 {
            let url = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
            let source = VideoSource(url: url)
            #expect(
                (source.kind == .youTube) == (source.youTubeID?.utf8.count == 11), "\(url.debugDescription)")
        }
    }
}
