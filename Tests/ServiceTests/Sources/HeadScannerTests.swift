import Testing

@testable import ThumbwireService

@Suite("The head of a page")
struct HeadScannerTests {
    private static let pages: [(html: String, name: String, value: String?)] = [
        (#"<meta property="og:title" content="A &amp; B">"#, "og:title", "A &amp; B"),
        (#"<META CONTENT='A "b"' PROPERTY='OG:Title'/>"#, "og:title", #"A "b""#),
        ("<meta property=og:title content=bare>", "og:title", "bare"),
        ("<meta\nproperty = \"og:title\"\n\tcontent = \"x > y\" data-x>", "og:title", "x > y"),
        (#"<meta name="og:title" content="by name">"#, "og:title", "by name"),
        (#"<meta property=" og:title " content="spaces">"#, "og:title", "spaces"),
        (#"<meta property="og:title" content=""><meta property="og:title" content="b">"#, "og:title", "b"),
        (#"<meta property="og:title" content="1"><meta property="og:title" content="2">"#, "og:title", "1"),
        (#"<meta property="og:title" property="x" content="1">"#, "og:title", "1"),
        (#"<!-- <meta property="og:title" content="no"> --><p>"#, "og:title", nil),
        (#"<!--><meta property="og:title" content="yes">"#, "og:title", "yes"),
        (#"<script>'<meta property="og:title" content="no">'</script>"#, "og:title", nil),
        (#"<script>"</scripty>"</script ><meta property="og:title" content="yes">"#, "og:title", "yes"),
        (#"<noscript><meta property="og:title" content="no"></noscript>"#, "og:title", nil),
        (#"<title><meta property="og:title" content="no"></title>"#, "og:title", nil),
        (#"</head><meta property="og:title" content="no">"#, "og:title", nil),
        (#"<body class="x"><meta property="og:title" content="no">"#, "og:title", nil),
        (#"<header><meta property="og:title" content="yes">"#, "og:title", "yes"),
        (#"<link title="<meta property='og:title' content='no'>"><p>"#, "og:title", nil),
        (#"<meta property="og:title" content="never closed"#, "og:title", "never closed"),
        (#"< meta property="og:title" content="no">"#, "og:title", nil),
        (#"<meta property="og:titles" content="no">"#, "og:title", nil),
        (
            #"<?xml version="1.0"?><!DOCTYPE html><html><head><meta name="author" content="Ann">"#, "author",
            "Ann"
        ),
    ]

    @Test(arguments: pages.indices)
    func `finds what its meta elements say`(index: Int) {
        let page = Self.pages[index]
        let found = HeadScanner(Array(page.html.utf8)).properties[page.name]
        #expect(found.map { String(decoding: $0, as: UTF8.self) } == page.value, "\(page.html)")
    }

    @Test func `finds title and charset`() {
        func title(_ html: String) -> String? {
            HeadScanner(Array(html.utf8)).title.map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(title("<TITLE lang=en>a < b</Title><title>second</title>") == "a < b")
        #expect(title("<svg><title>icon</title></svg><title>page</title>") == "page")
        #expect(title("<title>never closed") == "never closed")
        #expect(title("<p>none") == nil)
        #expect(HeadScanner(Array("<meta charset='ISO-8859-1'>".utf8)).charset == "iso-8859-1")
        let old = #"<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">"#
        #expect(HeadScanner(Array(old.utf8)).charset == "windows-1252")
        #expect(HeadScanner.charset(ofMediaType: "text/html; Charset=\"UTF-8\"; x=y") == "utf-8")
        #expect(HeadScanner.charset(ofMediaType: "text/html") == nil)
    }

    @Test func `reads whatever bytes come`() {
        var random = SystemRandomNumberGenerator()
        let pieces = [
            "<", ">", "</", "<!--", "-->", "<!", "<?", "<meta ", "property=", "og:title", "content=", "'",
            "\"",
            "<title", "</title", "<script", "</script", "<svg>", "=", "/", " ", "\0", "&", "&#", "&amp;", "x",
        ].map { Array($0.utf8) }
        for round in 0..<3_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...60, using: &random) {
                bytes +=
                    round.isMultiple(of: 2)
                    ? pieces.randomElement(using: &random) ?? []
                    : [UInt8.random(in: 0...255, using: &random)]
            }
            let scanner = HeadScanner(bytes)
            let values = Array(scanner.properties.values) + [scanner.title].compactMap(\.self)
            #expect(values.allSatisfy { $0.count <= bytes.count }, "\(bytes)")
        }
    }

    @Test(arguments: [
        "<", "<!--", "<a b=", "</", "<title>", "<script></", "<meta x='", "&", "<a ", "<m\u{0}",
    ])
    func `takes no longer than the bytes are many`(piece: String) {
        let page = Array(String(repeating: piece, count: (512 << 10) / piece.utf8.count).utf8)
        let start = ContinuousClock.now
        _ = HeadScanner(page)
        // Linear work takes milliseconds; squared work would take hours.
        #expect(ContinuousClock.now - start < .seconds(300))
    }
}

@Suite("The text of a page")
struct PageTextTests {
    @Test(arguments: [
        ("A &amp; B", "A & B"), ("&lt;b&gt; &quot;q&quot; &apos;a&apos; &#39;b&#39;", "<b> \"q\" 'a' 'b'"),
        ("&#x41;&#X42;&#67;", "ABC"),
        ("caf&eacute; &Uuml;ber &yuml;&nbsp;x", "caf\u{E9} \u{DC}ber \u{FF}\u{A0}x"),
        ("&#128512;", "\u{1F600}"), ("&#146;s", "\u{2019}s"), ("&#0;", "\u{FFFD}"),
        ("&#xD800; &#x110000; &#99999999999;", "&#xD800; &#x110000; &#99999999999;"),
        ("&unknown; & &; &#; &#x; &#+65; &amp", "&unknown; & &; &#; &#x; &#+65; &amp"),
        ("&amp;lt;", "&lt;"), ("R&D; a & b; c", "R&D; a & b; c"), ("", ""),
    ])
    func `replaces character references`(text: String, plain: String) {
        #expect(PageText.withoutReferences(text) == plain)
    }

    @Test func `knows UTF-8 from Latin-1`() {
        let latin: [UInt8] = [0x63, 0x61, 0x66, 0xE9, 0x20, 0x93, 0x80, 0x94]
        #expect(PageText.decode(Array("café".utf8), charset: "iso-8859-1") == "café")
        #expect(PageText.decode(latin, charset: "iso-8859-1") == "café \u{201C}\u{20AC}\u{201D}")
        #expect(PageText.decode(latin, charset: nil) == "café \u{201C}\u{20AC}\u{201D}")
        #expect(PageText.decode([0x61, 0xE9], charset: "utf-8") == "a\u{FFFD}")
        #expect(PageText.decode([0x82, 0xA0], charset: "shift_jis") == nil)
    }

    @Test(arguments: [
        ("  two\n\twords  ", "two words"), ("bell\u{7}", "bell"), ("\u{202E}gpj.exe", "gpj.exe"),
        ("family \u{1F468}\u{200D}\u{1F469}", "family \u{1F468}\u{200D}\u{1F469}"),
        (" \u{200B}\u{2060}\n", nil), ("", nil), ("\u{2066}", nil),
        ("one two three four five", "one two three\u{2026}"),
        ("abcdefghijklmnopqrstuvwxyz", "abcdefghijklmno\u{2026}"),
    ])
    func `makes one visible line of it`(text: String, line: String?) {
        #expect(PageText.line(text, atMost: 16) == line)
    }
}
