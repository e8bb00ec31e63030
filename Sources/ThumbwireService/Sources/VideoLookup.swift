internal import HTTP
internal import ThumbwireKit

/// What was found out about a `videoUrl`; failures are warnings.
struct VideoFindings: Sendable {
    var context: VideoContext?
    /// The picture that a page names for itself, absolute.
    var picture: String?
    var warnings: [Warning] = []

    /// Nothing was found out, for that reason.
    static func nothing(_ reason: String, picture: String? = nil) -> VideoFindings {
        VideoFindings(context: nil, picture: picture, warnings: [.videoContext(reason)])
    }
}

extension Warning {
    static func videoContext(_ reason: String) -> Warning {
        Warning(code: "video_context_unavailable", message: "videoUrl: \(reason)")
    }
}

/// One look-up of a `videoUrl`: YouTube's oEmbed, else the page itself. Never throws and never takes longer than its
/// time; nothing that the other side says is trusted to be what its status claims.
struct VideoLookup: Sendable {
    static let totalTime = Duration.seconds(15)
    private static let maximumPage = 512 << 10
    private static let maximumDocument = 64 << 10
    /// Scalars: more than YouTube's own 100, and than what can be read on a thumbnail.
    private static let maximumTitle = 200
    private static let maximumDescription = 1_000

    let fetch: LookupFetch
    let site: YouTubeSite

    func findings(of url: String) async -> VideoFindings {
        let source = VideoSource(url: url)
        switch source.kind {
        case .youTube: return await youTube(source, id: source.youTubeID ?? "")
        case .page: return await page(source, url)
        case .image: return VideoFindings(context: VideoContext(source: source), picture: url)
        case .media: return .nothing("nothing is known of a video file")
        }
    }

    // MARK: YouTube

    private func youTube(_ source: VideoSource, id: String) async -> VideoFindings {
        let (known, reason) = await oEmbed(source, id: id)
        if let known { return VideoFindings(context: known) }
        if let known = await watchPage(source, id: id) { return VideoFindings(context: known) }
        return .nothing("YouTube tells nothing of this video: \(reason)")
    }

    /// 401 is a video that may not be embedded, 403 or the text `Forbidden`, also with 200, a private one.
    private func oEmbed(_ source: VideoSource, id: String) async -> (VideoContext?, reason: String) {
        // The id needs no escaping, and the rest is escaped here.
        let url = "\(site.oEmbed)?url=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3D\(id)&format=json"
        let response: OutboundResponse
        do throws(ClientError) {
            response = try await fetch.get(
                url, accept: "application/json", policy: fetch.policy(allowingHostOf: site.oEmbed),
                atMost: Self.maximumDocument)
        } catch {
            return (nil, "\(error)")
        }
        guard response.status == 200 else { return (nil, "it answered \(response.status)") }
        guard let document = try? JSONValue(parsing: response.body),
            let title = document["title"]?.string.flatMap(Self.title)
        else { return (nil, "the video may be private or gone") }
        let author = document["author_name"]?.string.flatMap(Self.title)
        return (VideoContext(source: source, title: title, author: author), "")
    }

    /// Without redirects: they lead to pages about consent and signing in, not about the video.
    private func watchPage(_ source: VideoSource, id: String) async -> VideoContext? {
        let response = try? await fetch.get(
            "\(site.watch)?v=\(id)", accept: "text/html", policy: fetch.policy(allowingHostOf: site.watch),
            atMost: Self.maximumPage)
        guard let response, response.status == 200 else { return nil }
        let head = PageHead(response)
        var title = head["og:title"] ?? head.title
        if let text = title, text.hasSuffix("- YouTube") {
            title = PageText.line(String(text.dropLast("- YouTube".count)), atMost: Self.maximumTitle)
        }
        guard let title = title.flatMap(Self.title), title != "YouTube" else { return nil }
        return VideoContext(source: source, title: title, description: description(in: head))
    }

    // MARK: Pages

    private func page(_ source: VideoSource, _ url: String) async -> VideoFindings {
        let response: OutboundResponse
        do throws(ClientError) {
            response = try await fetch.get(
                url, accept: "text/html, application/xhtml+xml, image/*;q=0.5", policy: fetch.policy,
                atMost: Self.maximumPage, followRedirects: LookupFetch.maximumRedirects)
        } catch {
            return .nothing("the page could not be read: \(error)\(error.remedy)")
        }
        guard response.status == 200 else {
            return .nothing("the page could not be read: its server answered \(response.status)")
        }
        let type = response.mediaType
        if type?.hasPrefix("image/") == true {
            return VideoFindings(context: VideoContext(source: source), picture: response.url)
        }
        guard type == nil || type == "text/html" || type == "application/xhtml+xml" else {
            return .nothing("it leads to no page and no picture (\(type?.prefix(60) ?? ""))")
        }
        return findings(in: PageHead(response), source, at: response.url)
    }

    private func findings(in head: PageHead, _ source: VideoSource, at url: String) -> VideoFindings {
        let image = head["og:image:secure_url"] ?? head["og:image"] ?? head["og:image:url"]
        let picture = image.flatMap { try? URLParts(url).resolving(location: $0).text }
        let title = (head["og:title"] ?? head.title).flatMap(Self.title)
        let description = description(in: head)
        guard title != nil || description != nil else {
            return .nothing("the page has no title", picture: picture)
        }
        // `article:author` is often the link of a profile.
        let authors = [head["article:author"], head["author"], head["og:site_name"]].compactMap { $0 }
        let author = authors.first { !$0.contains("://") }.flatMap(Self.title)
        return VideoFindings(
            context: VideoContext(source: source, title: title, author: author, description: description),
            picture: picture)
    }

    private static func title(_ text: String) -> String? { PageText.line(text, atMost: maximumTitle) }

    private func description(in head: PageHead) -> String? {
        (head["og:description"] ?? head["description"]).flatMap {
            PageText.line($0, atMost: Self.maximumDescription)
        }
    }
}

/// What the head of an HTML page says, decoded.
struct PageHead {
    private let scanner: HeadScanner
    private let charset: String?

    init(_ response: OutboundResponse) {
        scanner = HeadScanner(response.body)
        charset = response.headers["Content-Type"].flatMap(HeadScanner.charset) ?? scanner.charset
    }

    /// The text of `title`.
    var title: String? { scanner.title.flatMap(text) }

    /// The `content` of a property, `nil` where it is absent or blank.
    subscript(property: String) -> String? { scanner.properties[property].flatMap(text) }

    private func text(_ bytes: [UInt8]) -> String? {
        let text = PageText.decode(bytes, charset: charset).map(PageText.withoutReferences)
        return text.flatMap { PageText.line($0, atMost: .max) }
    }
}
