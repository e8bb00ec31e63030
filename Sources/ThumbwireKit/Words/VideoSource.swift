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
        /// A video file, or a store that holds one.
        case media
    }

    /// What kind of thing it is.
    public var kind: Kind
    /// The 11 characters of a YouTube video.
    public var youTubeID: String?
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
