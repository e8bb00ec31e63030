import Imaging
import Testing
import ThumbwireKit

@Suite struct TextTests {
    private static let samples = [
        "This changes everything", "A", "Donaudampfschifffahrtsgesellschaftskapitän", "هذا يغير كل شيء",
        "זה משנה את הכל", "यह सब कुछ बदल देता है", "สิ่งนี้เปลี่ยนทุกอย่าง", "这将彻底改变一切，你准备好了吗",
        "これですべてが変わる「本当の話」", "이것이 모든 것을 바꾼다", "I tried it 👩‍👩‍👧‍👦 for 30 days 🔥", "Tom <b>&</b> Jerry",
        "Z\u{30C}a\u{301}\u{323}lgo o\u{308}\u{304}\u{302}\u{307}\u{30B}\u{30F}\u{313}\u{31B}", "👍", "!",
        String(repeating: "many words here go on and ", count: 12), "one\ntwo\n\nthree", "fluffig jÅÇy",
    ]

    @Test(arguments: samples)
    func `fits its rectangle`(_ text: String) throws {
        let layer = Drawing.text(text)
        let rendering = try Drawing.render([Drawing.layer(layer)])
        let ink = try #require(rendering.pixels.ink(on: .black))
        let resolved = try #require(rendering.resolvedText["title"])

        #expect(ink.left >= 31)
        #expect(ink.top >= 17)
        #expect(ink.right <= 225)
        #expect(ink.bottom <= 163)
        // Emoji have transparent margins, which count as ink.
        let slack = text == "👍" ? 9 : 2.5
        #expect((-1.5...slack).contains(Double(ink.left) - resolved.ink.x * 320))
        #expect((-1.5...slack).contains((resolved.ink.y + resolved.ink.height) * 180 - Double(ink.bottom)))
        #expect(resolved.fontSize <= 0.3 * 180 + 0.01)
        #expect(!rendering.warnings.contains { $0.code == "missing_glyphs" })
        let words = { (text: String) in text.filter { !$0.isWhitespace } }
        #expect(text.unicodeScalars.contains("\u{313}") || words(resolved.lines.joined()) == words(text))
    }

    @Test func `measures what it draws`() throws {
        let layer = Drawing.text("This changes everything about fitting")
        let measurement = try Drawing.renderer().measure(layer, canvas: Drawing.size)
        let rendering = try Drawing.render([Drawing.layer(layer)])

        #expect(measurement.resolved == rendering.resolvedText["title"])
        #expect(measurement.lineInk.count == measurement.resolved.lines.count)
        #expect(measurement.warnings.isEmpty)
    }

    @Test func `balances its lines`() throws {
        let renderer = try Drawing.renderer()
        func lines(_ text: String, maximum: Int = 4) -> [String] {
            var layer = Drawing.text(text)
            layer.fit.maximumLines = maximum
            return renderer.measure(layer, canvas: Drawing.size).resolved.lines
        }

        #expect(lines("aaaa bbbb cccc dddd", maximum: 2) == ["aaaa bbbb", "cccc dddd"])
        #expect(lines("one two three four five six", maximum: 3) == ["one two", "three four", "five six"])
        #expect(lines("Hi") == ["Hi"])
        #expect(lines("first\nsecond") == ["first", "second"])
        #expect(lines("이것이 모든 것을 바꾼다").allSatisfy { !$0.hasSuffix("모") })
    }

    @Test func `larger rectangles give larger letters, and never larger than asked`() throws {
        let renderer = try Drawing.renderer()
        var layer = Drawing.text("This changes everything")
        layer.fit.maximum = 0.25
        var last = 0.0
        for width in stride(from: 0.4, through: 1, by: 0.1) {
            layer.rect = UnitRect(x: 0, y: 0, width: width, height: 1)
            let size = renderer.measure(layer, canvas: Drawing.size).resolved.fontSize
            // A better break may cost a little size.
            #expect(size >= last * 0.9)
            last = size
        }
        #expect(abs(last - 0.25 * 180) < 0.01)
    }

    @Test func `warns when a text is too long for its fit`() throws {
        let text = String(repeating: "many words here ", count: 20)
        let measurement = try Drawing.renderer().measure(Drawing.text(text), canvas: Drawing.size)

        #expect(measurement.warnings.map(\.code) == ["text_too_long"])
    }

    @Test func `counts characters that no font has`() throws {
        let rendering = try Drawing.render([Drawing.layer(Drawing.text("ok \u{10FFF0}\u{378}"))])

        #expect(rendering.warnings == [.missingGlyphs(characters: 2, layer: "title")])
    }

    @Test func `warns of a missing family and draws in the default one`() throws {
        let odd = try Drawing.render([Drawing.layer(Drawing.text("Ag", family: "No Such:file=/etc/passwd"))])
        let plain = try Drawing.render([Drawing.layer(Drawing.text("Ag"))])

        #expect(odd.warnings == [.fontMissing(family: "No Such:file=/etc/passwd", layer: "title")])
        #expect(odd.pixels.greatestDistance(to: plain.pixels) == 0)
    }

    @Test func `never reads markup`() throws {
        let rendering = try Drawing.render([Drawing.layer(Drawing.text("<b>&amp;</b>"))])

        #expect(rendering.resolvedText["title"]?.lines.joined() == "<b>&amp;</b>")
    }

    @Test func `drops controls, overrides and piled marks`() throws {
        let renderer = try Drawing.renderer()
        let piled = "e" + String(repeating: "\u{301}", count: 60)
        func lines(_ text: String) -> [String] {
            renderer.measure(Drawing.text(text), canvas: Drawing.size).resolved.lines
        }

        #expect(lines("a\u{0}b\u{7}\u{202E}c\u{2066}d\u{FEFF}") == ["abcd"])
        #expect(lines(piled) == ["e\u{301}\u{301}\u{301}\u{301}"])
        #expect(lines("\u{202E}\u{0}").isEmpty)
        #expect(lines("   ").isEmpty)
    }

    @Test func `capitals need no locale and keep the coloured run in place`() throws {
        let yellow = Color(red: 255, green: 255, blue: 0)
        var layer = Drawing.text("straße istanbul")
        layer.letterCase = .upper
        layer.spans = [TextLayer.Span(range: 7..<15, fill: yellow)]
        layer.fit.maximumLines = 2
        let rendering = try Drawing.render([Drawing.layer(layer)])
        let all = rendering.pixels

        #expect(rendering.resolvedText["title"]?.lines == ["STRASSE", "ISTANBUL"])
        let top = Resampler.resize(
            all, crop: PixelRect(x: 0, y: 0, width: 320, height: 90), to: PixelSize(width: 320, height: 90))
        let low = Resampler.resize(
            all, crop: PixelRect(x: 0, y: 90, width: 320, height: 90), to: PixelSize(width: 320, height: 90))
        #expect(top.count(near: .white) > 400)
        #expect(top.count(near: yellow) == 0)
        #expect(low.count(near: yellow) > 400)
        #expect(low.count(near: .white) == 0)
    }

    @Test func `greek capitals lose their accents`() throws {
        var layer = Drawing.text("τώρα")
        layer.letterCase = .upper

        #expect(try Drawing.renderer().measure(layer, canvas: Drawing.size).resolved.lines == ["ΤΩΡΑ"])
    }

    @Test func `a run beyond the text colours nothing`() throws {
        var layer = Drawing.text("abc")
        layer.spans = [
            TextLayer.Span(range: 5..<9, fill: Color(red: 255, green: 255, blue: 0)),
            TextLayer.Span(range: 3..<3, fill: Color(red: 255, green: 255, blue: 0)),
        ]

        #expect(
            try Drawing.render([Drawing.layer(layer)]).pixels.count(
                near: Color(red: 255, green: 255, blue: 0)) == 0)
    }

    @Test(arguments: [
        ("abc", TextLayer.Alignment.start, true), ("abc", .end, false), ("אבג", .start, false),
        ("אבג", .end, true),
    ])
    func `starts where its script starts`(_ text: String, _ alignment: TextLayer.Alignment, _ isLeft: Bool)
        throws
    {
        var layer = Drawing.text(text)
        layer.alignment = alignment
        layer.stroke = nil
        let ink = try #require(Drawing.render([Drawing.layer(layer)]).pixels.ink(on: .black))

        #expect(abs(isLeft ? ink.left - 32 : ink.right - 224) <= 1)
    }

    @Test(arguments: TextLayer.VerticalAlignment.allCases)
    func `stands at the top, in the middle or at the bottom`(_ alignment: TextLayer.VerticalAlignment) throws
    {
        var layer = Drawing.text("HHH")
        layer.verticalAlignment = alignment
        let ink = try #require(Drawing.render([Drawing.layer(layer)]).pixels.ink(on: .black))

        switch alignment {
        case .top: #expect(abs(ink.top - 18) <= 1)
        case .middle: #expect(abs(ink.top + ink.bottom - 180) <= 2)
        case .bottom: #expect(abs(ink.bottom - 162) <= 1)
        }
    }

    @Test func `outlines surround letters and leave emoji alone`() throws {
        let blue = Color(red: 0, green: 0, blue: 255)
        let letters = try Drawing.render([Drawing.layer(Drawing.text("HO"))]).pixels
        let emoji = try Drawing.render([Drawing.layer(Drawing.text("🔥"))]).pixels

        #expect(letters.count(near: blue) > 200)
        #expect(letters.count(near: .white) > 400)
        #expect(emoji.count(near: blue) == 0)
        #expect(emoji.ink(on: .black) != nil)
    }

    @Test func `a shadow darkens beside the letters, softly`() throws {
        var layer = Drawing.text("HHH")
        layer.stroke = nil
        let plain = try Drawing.render([Drawing.layer(layer)], background: .white).pixels
        layer.fill = .black
        layer.shadow = TextLayer.Shadow(
            color: Color(red: 255, green: 0, blue: 0), offsetX: 0, offsetY: 0.5, blur: 0.3)
        let shaded = try Drawing.render([Drawing.layer(layer)], background: .white).pixels

        #expect(plain.ink(on: .white) == nil)
        let pinks = (2...4).map {
            shaded.count(near: Color(red: 255, green: UInt8($0 * 50), blue: UInt8($0 * 50)), within: 24)
        }
        #expect(pinks.allSatisfy { $0 > 20 })
    }

    @Test func `tracking spreads letters and line height spreads lines`() throws {
        let renderer = try Drawing.renderer()
        var layer = Drawing.text("two\nlines")
        layer.fit = TextLayer.Fit(minimum: 0.1, maximum: 0.1, maximumLines: 2)
        let plain = renderer.measure(layer, canvas: Drawing.size).resolved
        layer.tracking = 0.2
        layer.lineHeight = 2
        let spread = renderer.measure(layer, canvas: Drawing.size).resolved

        // Four gaps of "lines" at 0.2 em, and one line at one em more; 18 pixels an em.
        #expect(abs((spread.ink.width - plain.ink.width) * 320 - 4 * 0.2 * 18) < 1.5)
        #expect(abs((spread.ink.height - plain.ink.height) * 180 - 18) < 4)
    }

    @Test func `knows the installed families`() throws {
        let fonts = try #require(Drawing.fonts)

        #expect(fonts.hasFamily("inter"))
        #expect(fonts.hasFamily(Fonts.condensedFamily))
        #expect(!fonts.hasFamily("Comic Sans MS"))
        #expect(fonts.families.contains("Noto Color Emoji"))
        #expect(Fonts(folders: ["/var/empty"], cacheFolder: "/var/empty") == nil)
    }
}
