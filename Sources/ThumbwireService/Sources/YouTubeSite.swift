/// Where YouTube answers questions about its videos. The operator chooses it, so that it may be private.
public struct YouTubeSite: Hashable, Sendable {
    /// The oEmbed endpoint (oembed.com §2), without query.
    public var oEmbed: String
    /// The folder of the videos' pictures: an id and a picture's name follow.
    public var images: String
    /// The page of a video, without query.
    public var watch: String

    /// These three, each absolute and without a slash at its end.
    public init(
        oEmbed: String = "https://www.youtube.com/oembed", images: String = "https://i.ytimg.com/vi",
        watch: String = "https://www.youtube.com/watch"
    ) {
        self.oEmbed = oEmbed
        self.images = images
        self.watch = watch
    }

    /// The same paths below another address, such as that of a simulator.
    public init(base: String) {
        let base = base.hasSuffix("/") ? String(base.dropLast()) : base
        self.init(oEmbed: base + "/oembed", images: base + "/vi", watch: base + "/watch")
    }
}
