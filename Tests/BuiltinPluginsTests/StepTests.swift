import BuiltinPlugins
import Imaging
import Testing
import ThumbwireKit

private func picture(_ width: Int, _ height: Int, _ color: (Int, Int) -> Color) -> PixelBuffer {
    let buffer = PixelBuffer(size: PixelSize(width: width, height: height))
    let pixels = buffer.bytes.bindMemory(to: UInt32.self)
    for index in pixels.indices {
        let value = color(index % width, index / width)
        pixels[index] = 0xFF00_0000 | UInt32(value.red) << 16 | UInt32(value.green) << 8 | UInt32(value.blue)
    }
    return buffer
}

private let slate = Color(red: 50, green: 54, blue: 62)

private func noisy(_ width: Int, _ height: Int) -> PixelBuffer {
    var state: UInt64 = 1
    return picture(width, height) { _, _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Color(
            red: UInt8(state >> 56), green: UInt8(state >> 48 & 255), blue: UInt8(state >> 40 & 255))
    }
}

@Suite struct SmartCropTests {
    private func crop(
        _ background: PixelBuffer, _ size: PixelSize, _ layout: LayoutType?, title: String? = "Title"
    ) throws -> (rect: UnitRect, focus: UnitPoint?) {
        var request = ThumbnailRequest(title: title, resolution: size)
        request.layoutType = layout
        let context = TestContext(request, background: background)
        var composition = context.composition
        try configured(SmartCrop.self).process(&composition, context: context)
        guard case .image(let image)? = composition[layer: "background"]?.content,
            case .cover(let crop) = image.placement
        else { throw Failure(.internal, code: "no_crop", message: "the background has no crop") }
        return (crop, image.focus)
    }

    /// A bright disc on a wide dark picture.
    private func disc(at x: Int) -> PixelBuffer {
        picture(400, 150) { column, row in
            let (dx, dy) = (column - x / 4, row - 75)
            return dx * dx + dy * dy < 30 * 30 ? Color(red: 235, green: 140, blue: 60) : slate
        }
    }

    @Test(arguments: [250, 800, 1_350])
    func `a portrait cut keeps the subject`(x: Int) throws {
        let (rect, focus) = try crop(disc(at: x), .portrait, .textBottom)
        let place = Double(x) / 1_600

        #expect(rect.x < place - 0.05 && rect.x + rect.width > place + 0.05)
        #expect(focus.map { abs($0.x - place) < 0.03 } == true)
        #expect(abs(rect.width * 1_600 / (rect.height * 600) - 1_080.0 / 1_920) < 0.01)
    }

    @Test func `the subject is moved out from under the title`() throws {
        let left = try crop(disc(at: 800), .landscape, .textLeft).rect
        let right = try crop(disc(at: 800), .landscape, .textRight).rect

        #expect((0.5 - left.x) / left.width > 0.55)
        #expect((0.5 - right.x) / right.width < 0.45)
    }

    @Test func `a picture without a subject is cut around its middle`() throws {
        let rect = try crop(picture(400, 150) { _, _ in slate }, .landscape, .textCenter, title: nil).rect

        #expect(abs(rect.x + rect.width / 2 - 0.5) < 0.02)
    }

    @Test func `a picture of the canvas's size is not enlarged`() throws {
        #expect(try crop(noisy(320, 180), PixelSize(width: 320, height: 180), .textLeft).rect == .full)
    }
}

@Suite struct ColorGradeTests {
    @Test func `the request's grading wins over the configured one`() throws {
        var request = ThumbnailRequest()
        request.colorGrading = .vintage
        let context = TestContext(request, background: noisy(64, 36))
        var composition = context.composition

        try configured(ColorGrade.self, ["strength": 0.5]).process(&composition, context: context)

        guard case .image(let image)? = composition[layer: "background"]?.content else {
            Issue.record("the background is gone")
            return
        }
        #expect(image.grade == Grade(preset: .vintage, strength: 0.5))
        #expect(composition[layer: "vignette"]?.content == .vignette(VignetteLayer(strength: 0.15)))
        #expect(composition.provenance["grade"]?["source"] == "request")
    }

    @Test func `grading None changes no pixel`() throws {
        var request = ThumbnailRequest(resolution: PixelSize(width: 64, height: 36))
        request.colorGrading = ColorGrading.none
        let context = TestContext(request, background: noisy(64, 36))
        var composition = context.composition
        let before = try context.render(composition)

        try configured(ColorGrade.self).process(&composition, context: context)

        let after = try context.render(composition)
        withExtendedLifetime((before, after)) { #expect(after.bytes.elementsEqual(before.bytes)) }
        #expect(composition[layer: "vignette"] == nil)
    }

    @Test func `grading again replaces the vignette`() throws {
        let context = TestContext(ThumbnailRequest(), background: noisy(64, 36))
        var composition = context.composition
        let step = try configured(ColorGrade.self)

        try step.process(&composition, context: context)
        try step.process(&composition, context: context)

        #expect(composition.layers.map { $0.id } == ["background", "vignette"])
    }
}

@Suite struct AccentDetectionTests {
    private func accent(
        _ request: ThumbnailRequest, _ configuration: JSONObject = [:], warnings: Int = 0
    ) throws -> JSONValue {
        let context = TestContext(request, background: picture(64, 36) { _, _ in slate })
        defer { #expect(context.warnings.filter { $0.code == "accent_word_missing" }.count == warnings) }
        var composition = context.composition
        try configured(AccentDetection.self, configuration).process(&composition, context: context)
        return composition.provenance["accent"] ?? .null
    }

    @Test func `the request's choice wins, words that the title lacks are left out with a warning`() throws {
        var request = ThumbnailRequest(title: "I *quit* my job")
        request.accent = .init(color: Color(red: 1, green: 200, blue: 3), words: ["job", "car"])

        let found = try accent(request, warnings: 1)

        #expect(found["color"] == "#01C803")
        #expect(found["words"] == ["job"])
        #expect(found["source"] == "request")
    }

    @Test func `marked words win over rules`() throws {
        let found = try accent(ThumbnailRequest(title: "I *quit* my job after 30 days"))

        #expect(found["words"] == ["quit"])
        #expect(found["source"] == "markup")
    }

    @Test func `the colour stands out from white and from the picture`() throws {
        for tone in [
            slate, Color(red: 20, green: 110, blue: 60), Color(red: 200, green: 60, blue: 40), .white,
        ] {
            let context = TestContext(
                ThumbnailRequest(title: "Best of 10"), background: picture(64, 36) { _, _ in tone })
            var composition = context.composition
            try configured(AccentDetection.self).process(&composition, context: context)
            let text = try #require(composition.provenance["accent"]?["color"]?.string)
            let color = OKLab(try #require(Color(hex: text)))
            #expect(color.distance(to: OKLab(.white)) >= 0.15, "\(text)")
            #expect(color.distance(to: OKLab(tone)) >= 0.12, "\(text) on \(tone)")
            #expect(color.lightness >= 0.7)
        }
    }

    @Test func `the layout colours the words that were found`() throws {
        let (composition, _) = try chain(
            ThumbnailRequest(title: "I quit after *30 days*"), on: picture(64, 36) { _, _ in slate })

        guard case .text(let text)? = composition[layer: "title"]?.content else {
            Issue.record("there is no title")
            return
        }
        #expect(text.text == "I quit after 30 days")
        #expect(text.spans.map { $0.range } == [13..<20])
    }
}

@Suite struct EncodeTests {
    private func files(_ configuration: JSONObject, _ size: PixelSize = PixelSize(width: 320, height: 180))
        throws -> [EncodedPicture]
    {
        let context = TestContext(ThumbnailRequest(resolution: size), background: noisy(320, 180))
        var composition = context.composition
        try configured(Encode.self, configuration).process(&composition, context: context)
        return context.pictures
    }

    @Test(arguments: ImageFormat.allCases)
    func `each format decodes to the asked size`(format: ImageFormat) throws {
        let file = try #require(
            try files(
                ["format": .string(format.rawValue), "maxBytes": 9_000_000],
                PixelSize(width: 320, height: 180)
            ).first)

        #expect(file.format == format)
        #expect(try ImageDecoder.decode(file.bytes).size == PixelSize(width: 320, height: 180))
    }

    @Test func `the request's format and quality go before the chain's`() throws {
        var request = ThumbnailRequest(resolution: PixelSize(width: 320, height: 180))
        var sizes: [Int] = []
        for quality in [0, 100] {
            (request.format, request.quality) = (.webp, quality)
            let context = TestContext(request, background: noisy(320, 180))
            var composition = context.composition
            try configured(Encode.self, ["format": "png"]).process(&composition, context: context)
            let file = try #require(context.pictures.first)
            #expect(file.format == .webp)
            #expect(try ImageDecoder.decode(file.bytes).size == request.resolution)
            sizes.append(file.bytes.count)
        }
        #expect(sizes[0] < sizes[1] / 2)
    }

    @Test func `quality is lowered to meet a number of bytes`() throws {
        let large = try #require(try files([:]).first)
        let small = try #require(try files(["maxBytes": .integer(Int64(large.bytes.count / 2))]).first)

        #expect(small.bytes.count <= large.bytes.count / 2)
        #expect(small.size == large.size)
    }

    @Test func `a number of bytes out of reach is a failure that names it`() throws {
        let failure = #expect(throws: Failure.self) { try files(["format": "png", "maxBytes": 20_000]) }

        #expect(failure?.code == "output_too_large")
        #expect(failure?.message.contains("20000") == true)
    }

    @Test func `additional files have their own width and format`() throws {
        let made = try files(["additional": [["width": 160, "format": "webp"], ["width": 80]]])

        #expect(made.map { $0.format } == [.jpeg, .webp, .jpeg])
        #expect(made.map { $0.size.height } == [180, 90, 45])
    }

    @Test(
        arguments: [
            ["additional": [["width": 10]]], ["additional": [["width": 640, "format": "gif"]]],
            ["format": "avif"],
            ["chroma": "4:1:1"],
        ] as [JSONObject])
    func `values that cannot work are refused`(configuration: JSONObject) {
        #expect(throws: ConfigurationError.self) { try configured(Encode.self, configuration) }
    }
}

@Suite struct OverlayTests {
    @Test func `decoration has its place in the stack, and a second run replaces it`() throws {
        let configuration: JSONObject = [
            "gradient": ["from": "#000000", "to": "#FF0000"], "vignette": 0.4,
            "border": ["color": "#FFD400"], "badge": ["text": "New", "anchor": "bottom-right"],
        ]
        var (composition, context) = try chain(
            ThumbnailRequest(title: "Hello", resolution: PixelSize(width: 320, height: 180)),
            on: noisy(320, 180), overlay: configuration)
        let order = composition.layers.map { $0.id }

        try configured(Overlay.self, configuration).process(&composition, context: context)

        #expect(
            order == [
                "background", "vignette", "overlay-gradient", "overlay-vignette", "scrim", "title",
                "overlay-border",
                "overlay-badge", "overlay-badge-text",
            ])
        #expect(composition.layers.map { $0.id } == order)
        #expect(try Composition(json: composition.json) == composition)
    }

    @Test(arguments: [PixelSize(width: 320, height: 180), PixelSize(width: 180, height: 320)])
    func `a badge stays clear of the platform's interface`(size: PixelSize) throws {
        for anchor in Anchor.allCases {
            let (composition, _) = try chain(
                ThumbnailRequest(title: "Hello", resolution: size), on: noisy(320, 180),
                overlay: ["badge": ["text": "Exclusive", "anchor": .string(anchor.rawValue)]])
            guard case .shape(let shape)? = composition[layer: "overlay-badge"]?.content else {
                Issue.record("there is no badge")
                return
            }
            for area in composition.safeAreas {
                let apart =
                    shape.rect.x >= area.rect.x + area.rect.width
                    || area.rect.x >= shape.rect.x + shape.rect.width
                    || shape.rect.y >= area.rect.y + area.rect.height
                    || area.rect.y >= shape.rect.y + shape.rect.height
                #expect(apart, "\(anchor) \(area.id)")
            }
        }
    }

    @Test(
        arguments: [
            ["badge": ["text": ""]], ["badge": ["text": "x", "anchor": "middle"]], ["border": ["width": 2]],
            ["gradient": ["from": "red", "to": "#000000"]],
        ] as [JSONObject])
    func `values that cannot work are refused`(configuration: JSONObject) {
        #expect(throws: ConfigurationError.self) { try configured(Overlay.self, configuration) }
    }
}

@Suite struct ManifestTests {
    @Test func `ids are unique and defaults are enough`() throws {
        let manifests = builtinPostProcessors.map { $0.manifest } + builtinProviders.map { $0.manifest }

        #expect(Set(manifests.map { $0.id }).count == manifests.count)
        #expect(manifests.filter { $0.isBilled }.allSatisfy { $0.configuration.contains { $0.isSecret } })
        #expect(builtinPostProcessors.allSatisfy { !$0.manifest.isBilled })
        _ = try configured(SmartCrop.self)
        _ = try configured(ColorGrade.self)
        _ = try configured(AccentDetection.self)
        _ = try configured(Layout.self)
        _ = try configured(Overlay.self)
        _ = try configured(Encode.self)
        _ = try configured(StudioProvider.self)
    }
}
