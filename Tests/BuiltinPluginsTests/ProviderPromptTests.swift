import TestSupport
import Testing
import ThumbwireKit

@testable import BuiltinPlugins

@Suite("Prompts and accounts of providers") struct ProviderPromptTests {
    @Test(
        arguments: LayoutType.allCases, [PixelSize.landscape, .portrait, PixelSize(width: 800, height: 800)])
    func `the room for the title is said in a few words`(layout: LayoutType, size: PixelSize) {
        let sentence = TitleRoom.sentence(for: layout, size: size)

        #expect(sentence.hasPrefix("Keep "))
        #expect(sentence.hasSuffix("."))
        #expect(sentence.count <= 300)
    }

    @Test func `the room is where the layout puts the title`() {
        let left = TitleRoom.sentence(for: .textLeft, size: .landscape)
        let upright = TitleRoom.sentence(for: .textLeft, size: .portrait)

        #expect(left.contains("the left half (5–55 % of the width, 8–88 % of the height)"))
        #expect(left.contains("subject on the right"))
        #expect(upright.contains("the upper part (10–82 % of the width, 16–46 % of the height)"))
    }

    @Test func `every layout has words of its own`() {
        let sentences = LayoutType.allCases.map { TitleRoom.sentence(for: $0, size: .landscape) }

        #expect(Set(sentences).count == LayoutType.allCases.count)
    }

    @Test func `a background's prompt holds words, video, topic and the room`() throws {
        let video = VideoContext.make(.youTube, title: "Desk tour", author: "Ann")

        let prompt = try #require(SokePrompt.text(for: .make(), product: .background, video: video))

        #expect(
            prompt.text == """
                a desk
                The video is called “Desk tour” by Ann. The video's topic is “Ten rules”. \
                \(TitleRoom.withoutText) \(TitleRoom.sentence(for: .textLeft, size: .landscape))
                """)
        #expect(!prompt.isShortened)
    }

    @Test func `the client's words are cut so that the rest fits`() throws {
        let long = String(repeating: "é", count: 32_000)
        let request = GenerationRequest.make(ThumbnailRequest(title: "Ten rules", prompt: long))

        let soke = try #require(SokePrompt.text(for: request, product: .background, video: nil))
        let opus = try #require(OpusPrompt.text(for: request, video: nil))

        for prompt in [soke, opus] {
            #expect(prompt.isShortened)
            #expect(prompt.text.unicodeScalars.count <= 4_000)
            #expect(prompt.text.contains("Ten rules"))
        }
    }

    @Test func `a page's title of any length stays short`() throws {
        let video = VideoContext.make(.page, title: String(repeating: "x", count: 100_000))

        let sentence = try #require(PromptText.sentence(about: video, besides: nil))

        #expect(sentence.count < 300)
    }

    @Test func `a finished thumbnail gets the client's own words`() {
        let prompt = SokePrompt.text(for: .make(purpose: .finished), product: .composed, video: nil)

        #expect(prompt?.text == "a desk")
    }

    @Test func `Opus is told layout and colours`() throws {
        var thumbnail = ThumbnailRequest(title: "Ten rules")
        thumbnail.layoutType = .textBottom
        thumbnail.colorGrading = .neon

        let prompt = try #require(OpusPrompt.text(for: .make(thumbnail), video: nil))

        #expect(prompt.text.contains("along the bottom"))
        #expect(prompt.text.contains("neon light"))
    }

    @Test(arguments: [
        ("apiKey", "two words", "https://api.example.com"), ("apiKey", "  ", "https://api.example.com"),
        ("apiKey", "a\r\nX-Evil: 1", "https://api.example.com"),
        ("apiKey", "ключ", "https://api.example.com"),
        ("baseUrl", "key", "ftp://example.com"), ("baseUrl", "key", "example.com"), ("baseUrl", "key", ""),
        ("baseUrl", "key", "https://u:p@example.com"), ("baseUrl", "key", "https://example.com/?a=1"),
    ])
    func `an account that cannot work is refused without its key`(
        field: String, key: String, url: String
    ) throws {
        let error = #expect(throws: ConfigurationError.self) {
            try ProviderAccount(name: "Test", baseURL: url, apiKey: key)
        }

        #expect(error?.field == field)
        #expect(error?.message.contains("Evil") == false)
    }

    @Test func `accounts share a purse when base URL and key are the same`() throws {
        let first = try ProviderAccount(name: "A", baseURL: "https://a.example/", apiKey: "key-1\n")
        let same = try ProviderAccount(name: "B", baseURL: "https://a.example", apiKey: "key-1")
        let other = try ProviderAccount(name: "A", baseURL: "https://a.example", apiKey: "key-2")

        #expect(first.pacingKey == same.pacingKey)
        #expect(first.pacingKey != other.pacingKey)
        #expect(!first.pacingKey.contains("key-1"))
    }

    @Test func `the pace is the documented one`() throws {
        let opus = try configured(OpusProvider.self, ["apiKey": "k"])
        let soke = try configured(SokeProvider.self, ["apiKey": "k", "requestsPerMinute": 60])

        #expect(opus.pacing?.requestsPerMinute == 30)
        #expect(opus.pacing?.requestsPerCreate == 3)
        #expect(opus.pacing?.pollInterval == .seconds(5))
        #expect(soke.pacing?.requestsPerMinute == 60)
        #expect(soke.pacing?.pollInterval == .seconds(2))
    }
}
