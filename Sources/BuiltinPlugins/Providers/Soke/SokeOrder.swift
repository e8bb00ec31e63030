import ThumbwireKit

/// The body of an order at Soke.
struct SokeOrder {
    let product: PluginManifest.Product
    let body: JSONObject
    /// True where the prompt had to be cut.
    let isShortened: Bool

    init(_ request: GenerationRequest, product: PluginManifest.Product, video: VideoContext?) {
        self.product = product
        let thumbnail = request.thumbnail
        var body: JSONObject = ["platform": .string(thumbnail.platform)]
        // Other pages are described in the prompt instead.
        let isVideo = video.map { $0.source.kind == .youTube } ?? true
        if isVideo { body["videoUrl"] = thumbnail.videoURL.map { .string($0) } }
        body["manualTitle"] = thumbnail.title.map { .string($0) }
        let prompt = SokePrompt.text(for: request, product: product, video: video)
        body["manualPrompt"] = prompt.map { .string($0.text) }
        isShortened = prompt?.isShortened ?? false
        let isPortrait = request.size.height > request.size.width
        body["resolution"] = .string((isPortrait ? PixelSize.portrait : .landscape).description)
        if product == .composed {
            body["colorGrading"] = .string((thumbnail.colorGrading ?? .none).rawValue)
            body["layoutType"] = .string(Self.layout(request).rawValue)
        }
        self.body = body
    }

    /// Soke requires one.
    private static func layout(_ request: GenerationRequest) -> LayoutType {
        if let layout = request.thumbnail.layoutType { return layout }
        if case .background(let layout) = request.purpose { return layout }
        return .textLeft
    }
}

/// What Soke is told in `manualPrompt`.
enum SokePrompt {
    /// Unicode scalars: what Thumbwire itself accepts as a prompt. Soke documents no limit.
    static let limit = 4_000

    /// The prompt in the client's words, then what is known of the video; of a background also that it has no text,
    /// and where the title will go. The client's words are what is cut to fit. `nil` where there is nothing to say.
    static func text(
        for request: GenerationRequest, product: PluginManifest.Product, video: VideoContext?
    ) -> PromptText? {
        let thumbnail = request.thumbnail
        var known: [String] = []
        if let video = PromptText.sentence(about: video, besides: thumbnail.title) { known.append(video) }
        if product == .background {
            if let title = thumbnail.title { known.append("The video's topic is “\(title)”.") }
            known.append(TitleRoom.withoutText)
            if case .background(let layout) = request.purpose {
                known.append(TitleRoom.sentence(for: layout, size: request.size))
            }
        }
        return PromptText(thumbnail.prompt, then: known, limit: limit)
    }
}
