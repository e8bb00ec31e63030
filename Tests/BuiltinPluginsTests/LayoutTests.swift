import BuiltinPlugins
import Imaging
import Testing
import ThumbwireKit

private func plain(_ size: PixelSize, _ color: Color) -> PixelBuffer {
    let buffer = PixelBuffer(size: size)
    let pixel = 0xFF00_0000 | UInt32(color.red) << 16 | UInt32(color.green) << 8 | UInt32(color.blue)
    buffer.bytes.bindMemory(to: UInt32.self).update(repeating: pixel)
    return buffer
}

private func titled(
    _ title: String, _ layout: LayoutType, _ size: PixelSize, on color: Color = .white
) throws -> (text: TextLayer, composition: Composition, context: TestContext) {
    var request = ThumbnailRequest(title: title, resolution: size)
    request.layoutType = layout
    let flat = plain(PixelSize(width: max(1, size.width / 20), height: max(1, size.height / 20)), color)
    let context = TestContext(request, background: flat, drawing: flat)
    var composition = context.composition
    try configured(Layout.self).process(&composition, context: context)
    guard case .text(let text)? = composition[layer: "title"]?.content else {
        throw Failure(.internal, code: "no_title", message: "the composition has no title layer")
    }
    return (text, composition, context)
}

private let sizes = [
    PixelSize.landscape, .portrait, PixelSize(width: 1_080, height: 1_080),
    PixelSize(width: 640, height: 480),
    PixelSize(width: 1_500, height: 500), PixelSize(width: 1_024, height: 1_536),
]

private let titles = [
    "A", "10 Developer Productivity Hacks", "I Quit My Job After 30 Days", "👩🏽‍💻🔥🚀",
    "Donaudampfschifffahrtsgesellschaftskapitän", "أسرار النجاح في العمل", "日本語のタイトルが3分で完成",
    "שלום עולם 2026", "<b>Tom & Jerry</b> \"quoted\"", String(repeating: "long title ", count: 27) + "end",
    String(repeating: "x", count: 300), "नमस्ते दुनिया", "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}vil",
]

@Suite struct LayoutTests {
    @Test(arguments: sizes)
    func `ink stays in the box and clear of the platform's interface`(size: PixelSize) throws {
        for layout in LayoutType.allCases {
            for title in titles {
                let (text, composition, _) = try titled(title, layout, size)
                let ink = try #require(text.resolved?.ink)
                let slack = 1.0 / Double(size.shorterSide)
                #expect(ink.width > 0 && ink.height > 0, "\(title) \(layout)")
                #expect(ink.x >= text.rect.x - slack && ink.y >= text.rect.y - slack, "\(title) \(layout)")
                #expect(ink.x + ink.width <= text.rect.x + text.rect.width + slack, "\(title) \(layout)")
                #expect(ink.y + ink.height <= text.rect.y + text.rect.height + slack, "\(title) \(layout)")
                for area in composition.safeAreas {
                    #expect(!overlap(ink, area.rect, slack), "\(title) \(layout) \(area.id)")
                }
            }
        }
    }

    private func overlap(_ first: UnitRect, _ second: UnitRect, _ slack: Double) -> Bool {
        first.x + first.width > second.x + slack && second.x + second.width > first.x + slack
            && first.y + first.height > second.y + slack && second.y + second.height > first.y + slack
    }

    @Test(arguments: LayoutType.allCases)
    func `letters have a contrast of 4,5 on a white picture`(layout: LayoutType) throws {
        for size in [PixelSize.landscape, .portrait] {
            let (text, composition, _) = try titled("Ten Hacks for You", layout, size)
            let context = TestContext(
                ThumbnailRequest(), background: plain(.init(width: 32, height: 18), .white))
            let ink = try #require(text.resolved?.ink)

            var behind = composition
            behind[layer: "title"] = nil
            behind.canvas.size = PixelSize(width: size.width / 8, height: size.height / 8)
            let grid = PictureGrid(try context.render(behind))
            let contrast = LuminanceStatistics(of: grid, in: ink).worstContrast(of: text.fill)

            #expect(contrast >= 4.4, "\(layout) \(size): \(contrast)")
            #expect(composition.provenance["layout"]?["type"] == .string(layout.rawValue))
        }
    }

    @Test func `a dark picture needs no scrim in full bleed`() throws {
        let (_, composition, _) = try titled("Night", .fullBleed, .landscape, on: .black)

        #expect(composition[layer: "scrim"] == nil)
    }

    @Test func `short titles are large`() throws {
        for title in ["Why?", "I Quit My Job", "10 Developer Productivity Hacks"] {
            let (text, _, context) = try titled(title, .textLeft, .landscape)
            let size = try #require(text.resolved?.fontSize)

            #expect(size >= 90, "\(title): \(size)")
            #expect(context.warnings.isEmpty)
        }
    }

    @Test func `a title that has to be tiny is drawn with a warning`() throws {
        let (text, _, context) = try titled(
            String(repeating: "many words here ", count: 18), .textBottom, .landscape)

        #expect(context.warnings.map { $0.code } == ["title_too_long"])
        #expect(text.resolved?.lines.isEmpty == false)
    }

    @Test(arguments: [nil, "", "   ", "\u{0}\u{202E}"])
    func `no title draws no text and no scrim`(title: String?) throws {
        let request = ThumbnailRequest(title: title, resolution: PixelSize(width: 160, height: 90))
        let (composition, _) = try chain(request, on: plain(request.resolution, .white))

        #expect(composition[layer: "title"] == nil)
        #expect(composition[layer: "scrim"] == nil)
        #expect(!composition.safeAreas.isEmpty)
    }

    @Test func `a finished picture of a provider gets nothing, unless the step says so`() throws {
        let request = ThumbnailRequest(title: "Hello")
        let context = TestContext(
            request, background: plain(.init(width: 64, height: 36), .white), product: .composed)
        let untouched = context.composition
        var composition = untouched
        let steps: [any PostProcessor] = [
            try configured(SmartCrop.self), try configured(ColorGrade.self),
            try configured(AccentDetection.self),
            try configured(Layout.self), try configured(Overlay.self, ["vignette": 0.5]),
        ]

        for step in steps { try step.process(&composition, context: context) }
        #expect(composition == untouched)

        try configured(Layout.self, ["on": "any"]).process(&composition, context: context)
        #expect(composition[layer: "title"] != nil)
    }

    @Test func `only short titles in scripts with capitals are set in capitals`() throws {
        #expect(try titled("Ten hacks", .textLeft, .landscape).text.letterCase == .upper)
        #expect(try titled("Привет мир", .textLeft, .landscape).text.letterCase == .upper)
        #expect(try titled("Große Straße", .textLeft, .landscape).text.letterCase == .original)
        #expect(try titled("日本語", .textLeft, .landscape).text.letterCase == .original)
        let long = "this is a title of far more than thirty-six letters"
        #expect(try titled(long, .textLeft, .landscape).text.letterCase == .original)
    }

    @Test func `laying out twice leaves one title`() throws {
        var (_, composition, context) = try titled("Hello", .textLeft, .landscape)
        let once = composition.layers.map { $0.id }

        try configured(Layout.self).process(&composition, context: context)

        #expect(composition.layers.map { $0.id }.sorted() == once.sorted())
    }
}
