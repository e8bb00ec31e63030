import Testing
import ThumbwireKit

@testable import BuiltinPlugins

@Suite struct TitleTextTests {
    @Test(arguments: [
        ("I *quit* my job", "I quit my job", ["quit"]), ("*Never again*!", "Never again!", ["Never again"]),
        ("5 * 3 = 15 * 1", "5 * 3 = 15 * 1", []), ("f*ck and sh*t", "f*ck and sh*t", []),
        ("*open only", "*open only", []), ("** bold **", "** bold **", []),
        ("*a* and *b*", "a and b", ["a", "b"]),
        ("rated 5* hotel*", "rated 5* hotel*", []), ("*", "*", []), ("**", "**", []), ("* *", "* *", []),
        ("*日本*の", "*日本*の", []), ("*日本* の", "日本 の", ["日本"]),
    ])
    func `stars around words mark an accent, other stars are text`(
        title: String, text: String, marked: [String]
    ) {
        let parsed = TitleText(title)

        #expect(parsed.text == text)
        #expect(parsed.markedWords == marked)
    }

    @Test func `control characters and overrides are gone and spaces are single`() {
        #expect(TitleText(" a\u{0}\u{1B}\u{202E}b \n\t c\u{2066} ").text == "ab c")
        #expect(TitleText("👩🏽‍💻 می‌خواهم").text == "👩🏽‍💻 می‌خواهم")
    }

    @Test func `words are found as whole words in any case`() {
        #expect("the then THE".scalarRange(of: "THEN") == 4..<8)
        #expect("another one".scalarRange(of: "other") == nil)
        #expect("earn $500, fast".scalarRange(of: "$500") == 5..<9)
        #expect("日本語のタイトル".scalarRange(of: "タイトル") == 4..<8)
        #expect("abc".scalarRange(of: "") == nil)
    }
}

@Suite struct AccentWordsTests {
    @Test(arguments: [
        ("I Quit My Job After 30 Days", "30 Days"), ("10 Swift tricks you need in 2025", "10"),
        ("How I made $10,000 with no money", "$10,000"), ("This is the WORST phone of the year", "WORST"),
        ("Why “free time” is a lie for all of us", "free time"),
        ("The biggest secret of the ocean", "biggest"),
        ("日本語のタイトルが3分で完成", "3分"), ("Never do this again", "Never"),
    ])
    func `rules find what people stress`(title: String, words: String) {
        #expect(AccentWords(title).best?.words == words)
    }

    @Test(arguments: ["", "Hello", "of the and", "!!! ???", "😀 😀"])
    func `nothing is stressed where nothing stands out`(title: String) {
        #expect(AccentWords(title).best == nil)
    }

    @Test func `the run is short and part of the title`() throws {
        for title in [
            "Building a Compiler from Scratch", "7 ways to grow",
            "The truth about AI agents nobody tells you",
        ] {
            let words = try #require(AccentWords(title).best?.words)
            #expect(title.contains(words))
            #expect(words.split(separator: " ").count <= 2)
        }
    }
}
