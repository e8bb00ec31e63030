import ThumbwireKit

/// A prompt made of a client's words and our sentences, within a provider's limit.
struct PromptText: Hashable {
    /// Unicode scalars of what a page says of itself.
    private static let maximumTold = 200

    let text: String
    /// True where the client's words had to be cut.
    let isShortened: Bool

    /// The client's words and then the sentences; `nil` where both are empty. `limit` counts Unicode scalars; our own
    /// sentences are far shorter, and always there.
    init?(_ words: String?, then sentences: [String], limit: Int) {
        let words = words?.trimmingWhitespace ?? ""
        let rest = sentences.joined(separator: " ")
        guard !words.isEmpty || !rest.isEmpty else { return nil }
        let room = max(0, limit - rest.unicodeScalars.count - 1)
        isShortened = words.unicodeScalars.count > room
        let kept = isShortened ? String(words.unicodeScalars.prefix(room)) : words
        let separator = kept.isEmpty || rest.isEmpty ? "" : kept.last == "." ? " " : "\n"
        text = kept + separator + rest
    }

    /// What is known of the video, in one sentence; `nil` where that is nothing, or only the title that the client
    /// gave.
    static func sentence(about video: VideoContext?, besides title: String?) -> String? {
        guard let video else { return nil }
        let author = video.author.map { " by \(told($0))" } ?? ""
        guard let name = video.title, name != title else {
            return author.isEmpty ? nil : "The video is\(author)."
        }
        return "The video is called “\(told(name))”\(author)."
    }

    private static func told(_ text: String) -> String {
        String(text.unicodeScalars.prefix(maximumTold))
    }
}
