import Testing

@testable import ThumbwireKit

@Suite("Suggestions")
struct SuggestionTests {
    @Test(arguments: [
        ("facse", "faces"), ("studo", "studio"), ("colr-grade", "color-grade"), ("Cinematik", "Cinematic"),
    ])
    func `a near miss is guessed`(written: String, meant: String) {
        let text = suggestion(for: written, among: ["faces", "studio", "color-grade", "Cinematic"])

        #expect(text.hasPrefix("did you mean \"\(meant)\"? allowed: "))
    }

    @Test func `a far miss gets the list alone`() {
        #expect(suggestion(for: "purple", among: ["Warm", "Cool"]) == "allowed: Warm, Cool")
    }
}
