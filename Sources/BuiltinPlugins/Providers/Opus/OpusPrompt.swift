import ThumbwireKit

/// What Opus is told in `prompt`.
enum OpusPrompt {
    /// Unicode scalars: what Thumbwire itself accepts as a prompt. Opus documents no limit.
    static let limit = 4_000

    /// The client's words, then the title to be drawn and where, the grading, and what is known of the video: Opus's
    /// pictures are finished, so that no later step adds the title. The client's words are what is cut to fit. `nil`
    /// where nothing was asked for: Opus then goes by the video alone.
    static func text(for request: GenerationRequest, video: VideoContext?) -> PromptText? {
        let thumbnail = request.thumbnail
        var wishes: [String] = []
        if let title = thumbnail.title {
            wishes.append(
                "Write exactly this title on the picture, spelt as it is, and no other text: “\(title)”.")
            wishes.append("Put the title \(place(layout(of: request))).")
        }
        if let grading = thumbnail.colorGrading, grading != .none {
            wishes.append("The colours are \(mood(grading)).")
        }
        guard thumbnail.prompt != nil || !wishes.isEmpty else { return nil }
        if let video = PromptText.sentence(about: video, besides: thumbnail.title) { wishes.append(video) }
        return PromptText(thumbnail.prompt, then: wishes, limit: limit)
    }

    private static func layout(of request: GenerationRequest) -> LayoutType {
        if let layout = request.thumbnail.layoutType { return layout }
        if case .background(let layout) = request.purpose { return layout }
        return .textLeft
    }

    private static func place(_ layout: LayoutType) -> String {
        switch layout {
        case .textLeft: "on the left half, in large letters"
        case .textRight: "on the right half, in large letters"
        case .textCenter: "in the centre, in large letters"
        case .textBottom: "along the bottom, clear of the bottom right corner, in large letters"
        case .fullBleed: "across the whole width, in very large letters"
        }
    }

    private static func mood(_ grading: ColorGrading) -> String {
        switch grading {
        case .none: "natural"
        case .warm: "warm and golden"
        case .cool: "cool and bluish"
        case .cinematic: "cinematic, with teal shadows and orange light"
        case .vintage: "faded like old film"
        case .desaturated: "muted and nearly grey"
        case .neon: "glowing and saturated like neon light"
        }
    }
}
