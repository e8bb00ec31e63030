import Testing
import ThumbwireKit

@testable import BuiltinPlugins

@Suite struct OpenAIPromptTests {
    private let video = VideoContext.video(
        "How I\nwork", by: "Ada", description: String(repeating: "long ", count: 200))

    private func text(
        _ request: GenerationRequest, video: VideoContext? = nil, limit: Int = 32_000
    ) throws -> String {
        try OpenAIPrompt.text(for: request, video: video, limit: limit)
    }

    @Test func `a finished picture gets the client's words and nothing else`() throws {
        let words = "  exactly\nthis “prompt”  "

        #expect(try text(.asking(prompt: words, purpose: .finished), video: video) == words)
        #expect(try text(.asking(title: "Only a title", prompt: nil, purpose: .finished)) == "Only a title")
    }

    @Test(arguments: LayoutType.allCases)
    func `a background has no text and leaves room where the layout puts the title`(layout: LayoutType) throws
    {
        let request = GenerationRequest.asking(purpose: .background(layout))

        let text = try text(request, video: video)

        #expect(text.contains("The picture shows: a developer's desk"))
        #expect(text.contains("is not written in the picture: “Ten hacks”"))
        #expect(text.contains("the video “How I work” by “Ada”"))
        #expect(text.contains(TitleRoom.sentence(for: layout, size: .landscape)))
        #expect(text.hasSuffix(TitleRoom.withoutText))
        #expect(text.count < 2_000)
    }

    @Test func `what does not fit goes in order, and the client's prompt last`() throws {
        let long = GenerationRequest.asking(prompt: String(repeating: "x", count: 500))
        let whole = try text(long, video: video)

        let withoutVideo = try text(long, video: video, limit: whole.count - 1)
        let withoutTitle = try text(long, video: video, limit: withoutVideo.count - 1)
        let alone = try text(long, video: video, limit: withoutTitle.count - 1)

        #expect(!withoutVideo.contains("Ada") && withoutVideo.contains("Ten hacks"))
        #expect(!withoutTitle.contains("Ten hacks") && withoutTitle.hasSuffix(TitleRoom.withoutText))
        #expect(alone == "The picture shows: " + String(repeating: "x", count: 500))
        let failure = #expect(throws: Failure.self) { try text(long, limit: 400) }
        #expect(failure?.failureClass == .invalidInput)
        #expect(failure?.message == "prompt: longer than the model's limit of 400 characters")
    }

    @Test func `the video alone is enough, and nothing at all is not`() throws {
        let bare = GenerationRequest.asking(title: nil, prompt: " ")

        #expect(try text(bare, video: video).contains("How I work"))
        let failure = #expect(throws: Failure.self) { try text(bare) }
        #expect(failure?.failureClass == .invalidInput)
    }
}
