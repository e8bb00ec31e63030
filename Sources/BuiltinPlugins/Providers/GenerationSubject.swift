package import ThumbwireKit

/// What a picture is about: the client's words, and what the video says of itself.
///
/// The client's own words come first. Of the video, its title counts where the request has none, then its description.
package struct GenerationSubject: Hashable, Sendable {
    /// The request's title, else the video's; `nil` where neither has one.
    package let title: String?
    /// What the client wants to see.
    package let prompt: String?
    /// What was found out about the video.
    package let video: VideoContext?

    /// Throws `source_unreadable` where the request has nothing but a video of which nothing could be found out.
    package init(_ request: ThumbnailRequest, video: VideoContext?) throws(Failure) {
        title = request.title ?? video?.title
        prompt = request.prompt
        self.video = video
        guard !words.isEmpty else {
            throw Failure(
                .invalidInput, code: "source_unreadable",
                message:
                    "nothing could be found out about the video at videoUrl, and the request has no other words; "
                    + "add a title or a prompt, or check that the video is public")
        }
    }

    /// The texts from the one that counts most to the one that counts least, each once.
    package var words: [String] {
        var words: [String] = []
        for text in [prompt, title, video?.title, video?.description].compactMap({ $0 })
        where !words.contains(text) {
            words.append(text)
        }
        return words
    }
}
