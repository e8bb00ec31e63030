/// What stands at a request's `videoUrl`, as far as the URL alone tells.
public struct VideoSource: Hashable, Sendable {
    /// What kind of thing it is; providers say which kinds they read.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// A video on YouTube.
        case youTube = "youtube"
        /// Another page of the web, read by its `og:` properties.
        case page
        /// A picture by itself.
        case image
        /// A video file.
        case media
    }

    /// What kind of thing it is.
    public var kind: Kind
    /// The 11 characters of a YouTube video.
    public var youTubeID: String?

    /// Classifies a URL; never looks anywhere. A YouTube address without the id of a video, one with userinfo, and
    /// whatever is no URL at all are pages.
    public init(url: String) {
        let link = Link(url)
        youTubeID = YouTubeLink.videoID(in: link)
        kind = youTubeID == nil ? Self.kind(ofFile: link.path.last ?? "") : .youTube
    }

    private static func kind(ofFile name: String) -> Kind {
        let parts = name.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 1, let ending = parts.last else { return .page }
        switch ending {
        case "jpg", "jpeg", "png", "webp": return .image
        case "mp4", "mov", "webm", "mkv", "m4v", "avi": return .media
        default: return .page
        }
    }
}

/// What was found out about a request's `videoUrl`.
public struct VideoContext: Hashable, Sendable {
    /// What kind of source it is.
    public var source: VideoSource
    /// The video's or page's title.
    public var title: String?
    /// Who made it.
    public var author: String?
    /// What the page says of itself.
    public var description: String?

    /// What was found out.
    public init(
        source: VideoSource, title: String? = nil, author: String? = nil, description: String? = nil
    ) {
        self.source = source
        self.title = title
        self.author = author
        self.description = description
    }
}

/// The links that lead to a video on YouTube.
private enum YouTubeLink {
    private static let hosts: Set<String> = [
        "youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com", "gaming.youtube.com",
        "youtube-nocookie.com", "www.youtube-nocookie.com",
    ]
    private static let shortHosts: Set<String> = ["youtu.be", "www.youtu.be"]
    private static let playerPaths: Set<String> = ["embed", "shorts", "live", "v", "e", "vi", "watch"]
    /// Players without a video of their own, whose names happen to have 11 characters.
    private static let players: Set<String> = ["videoseries", "live_stream"]

    static func videoID(in link: Link) -> String? {
        if shortHosts.contains(link.host) {
            return link.path.first.flatMap(checked) ?? videoID(path: link.path, query: link.query)
        }
        return hosts.contains(link.host) ? videoID(path: link.path, query: link.query) : nil
    }

    private static func videoID(path: [String], query: [(name: String, value: String)]) -> String? {
        func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }
        switch path.first {
        case nil: return parameter("v").flatMap(checked)
        case "watch" where path.count == 1, "watch_popup": return parameter("v").flatMap(checked)
        case "attribution_link":
            // The link inside is a path on YouTube; one inside of that is nobody's.
            let inner = Link("https://youtube.com" + (parameter("u") ?? ""))
            guard inner.host == "youtube.com", inner.path.first != "attribution_link" else { return nil }
            return videoID(path: inner.path, query: inner.query)
        case let first? where playerPaths.contains(first) && path.count > 1: return checked(path[1])
        default: return nil
        }
    }

    private static func checked(_ text: String) -> String? {
        guard text.utf8.count == 11, !players.contains(text) else { return nil }
        let isID = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
            default: false
            }
        }
        return isID ? text : nil
    }
}

/// A URL taken apart as far as its kind depends on it (RFC 3986 §3). The host is empty where readers could disagree
/// about it: with userinfo, a port of its own, a backslash, or letters outside ASCII.
private struct Link {
    var host = ""
    /// Without empty segments, percent-decoded.
    var path: [String] = []
    /// Percent-decoded, in order.
    var query: [(name: String, value: String)] = []

    init(_ text: String) {
        // Bytes: a delimiter with a combining accent after it is another `Character`.
        var rest = Array(text.utf8.prefix { $0 != UInt8(ascii: "#") })[...]
        guard let scheme = rest.firstRange(of: Array("://".utf8)) else { return }
        let name = String(decoding: rest[..<scheme.lowerBound], as: UTF8.self).lowercased()
        guard name == "http" || name == "https" else { return }
        rest = rest[scheme.upperBound...]
        let authority = rest.prefix { !"/?".utf8.contains($0) }
        host = Self.host(Array(authority), defaultPort: name == "http" ? "80" : "443")
        let target = rest[authority.endIndex...]
        let pathBytes = target.prefix { $0 != UInt8(ascii: "?") }
        path = pathBytes.split(separator: UInt8(ascii: "/")).map { decoded($0) }
        for pair in target[pathBytes.endIndex...].dropFirst().split(separator: UInt8(ascii: "&")) {
            let name = pair.prefix { $0 != UInt8(ascii: "=") }
            query.append((decoded(name), decoded(pair[name.endIndex...].dropFirst())))
        }
    }

    private static func host(_ authority: [UInt8], defaultPort: String) -> String {
        guard authority.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"@\\%".utf8.contains($0) }) else { return "" }
        let parts = authority.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        let port = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : ""
        guard let name = parts.first, parts.count <= 2, port.isEmpty || port == defaultPort else { return "" }
        let host = String(decoding: name, as: UTF8.self).lowercased()
        return host.hasSuffix(".") ? String(host.dropLast()) : host
    }
}

/// Percent-encoded bytes as text (RFC 3986 §2.1); a `%` that begins nothing stays.
private func decoded(_ bytes: ArraySlice<UInt8>) -> String {
    var plain: [UInt8] = []
    var index = bytes.startIndex
    while index < bytes.endIndex {
        if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.endIndex,
            let high = Character(Unicode.Scalar(bytes[index + 1])).hexDigitValue,
            let low = Character(Unicode.Scalar(bytes[index + 2])).hexDigitValue
        {
            plain.append(UInt8(high * 16 + low))
            index += 3
        } else {
            plain.append(bytes[index])
            index += 1
        }
    }
    return String(decoding: plain, as: UTF8.self)
}
