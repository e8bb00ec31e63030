import ThumbwireKit

/// The words that a model is asked with.
///
/// A finished picture gets the client's own prompt, letter by letter. A background gets, in this order: what the
/// picture is for, the client's prompt, the title as the subject (never as text to draw), what is known of the video,
/// where ``TitleRoom`` wants calm room, and that there is no text. Where that is too long for the model, the video
/// goes first, then the title; a client's prompt that is too long by itself is refused.
enum OpenAIPrompt {
    /// The prompt, of at most `limit` scalars. Throws `validation_failed` for a client's prompt that cannot fit and for a
    /// request that says nothing of the picture.
    static func text(
        for request: GenerationRequest, video: VideoContext?, limit: Int
    ) throws(Failure) -> String {
        let words = request.thumbnail
        let subject = [words.prompt, words.title, video?.title].compactMap(nonEmpty)
        guard let first = subject.first else {
            throw Failure(
                .invalidInput, code: "validation_failed",
                message: "prompt or title is needed: nothing is known of the video")
        }
        switch request.purpose {
        case .finished:
            return try fitting([words.prompt ?? first], limit)
        case .background(let layout):
            let room = "\(TitleRoom.sentence(for: layout, size: request.size)) \(TitleRoom.withoutText)"
            let prompt = nonEmpty(words.prompt).map { "The picture shows: \($0)" }
            let title = nonEmpty(words.title).map { titleSentence($0) }
            let parts = [Self.purpose, prompt, title, videoSentence(video), room]
            let attempts = [
                parts, [Self.purpose, prompt, title, room], [Self.purpose, prompt, room], [prompt],
            ]
            return try fitting(attempts.map { $0.compactMap { $0 }.joined(separator: "\n") }, limit)
        }
    }

    private static let purpose =
        "A striking background picture for a video thumbnail: one clear subject, strong light, rich contrast."

    private static func titleSentence(_ title: String) -> String {
        "The video's title gives the subject and the mood, and is not written in the picture: “\(shortened(title))”."
    }

    /// Pages say of themselves what they like, so that their words are quoted, short and on one line.
    private static func videoSentence(_ video: VideoContext?) -> String? {
        guard let video, let title = nonEmpty(video.title) else { return nil }
        let author = nonEmpty(video.author).map { " by “\(shortened($0))”" } ?? ""
        let description =
            nonEmpty(video.description).map { ", which says of itself: “\(shortened($0))”" } ?? ""
        return "It belongs to the video “\(shortened(title))”\(author)\(description)."
    }

    private static func shortened(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count > 300 ? "\(line.prefix(299))…" : line
    }

    private static func fitting(_ attempts: [String], _ limit: Int) throws(Failure) -> String {
        if let text = attempts.first(where: { !$0.isEmpty && $0.unicodeScalars.count <= limit }) {
            return text
        }
        throw Failure(
            .invalidInput, code: "validation_failed",
            message: "prompt: longer than the model's limit of \(limit) characters")
    }

    private static func nonEmpty(_ text: String?) -> String? {
        guard let text, text.contains(where: { !$0.isWhitespace }) else { return nil }
        return text
    }
}
