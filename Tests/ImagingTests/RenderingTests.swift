import Foundation
import Imaging
import Testing
import ThumbwireKit

/// What all drawing tests share: the installed fonts are read once.
enum Drawing {
    static let fonts = Fonts()
    static let size = PixelSize(width: 320, height: 180)

    static func renderer(grade: @escaping Renderer.GradeApplier = { _, _, _ in }) throws -> Renderer {
        Renderer(fonts: try #require(fonts), gradeApplier: grade)
    }

    static func render(
        _ layers: [Layer], size: PixelSize = Drawing.size, background: Color = .black,
        image: PixelBuffer? = nil
    ) throws -> Rendering {
        let canvas = Composition.Canvas(size: size, background: background)
        return try renderer().render(Composition(canvas: canvas, layers: layers)) { reference in
            try #require(image, "\(reference.artifact)")
        }
    }

    static func text(_ text: String, family: String = "Inter") -> TextLayer {
        var layer = TextLayer(
            text: text, rect: UnitRect(x: 0.1, y: 0.1, width: 0.6, height: 0.8),
            font: TextLayer.Font(family: family, weight: 900),
            fit: TextLayer.Fit(minimum: 0.08, maximum: 0.3, maximumLines: 4))
        layer.stroke = Stroke(color: Color(red: 0, green: 0, blue: 255), width: 0.06)
        return layer
    }

    static func layer(_ text: TextLayer) -> Layer { Layer(id: "title", content: .text(text)) }
}

@Suite struct RenderingTests {
    private let red = Color(red: 255, green: 0, blue: 0)
    private let gray = Color(red: 128, green: 128, blue: 128)

    private func rectangle(
        _ color: Color, rect: UnitRect = .full, opacity: Double = 1, blend: BlendMode = .normal
    ) -> Layer {
        let shape = ShapeLayer(rect: rect, figure: .rectangle(cornerRadius: 0), fill: color)
        return Layer(id: "shape", content: .shape(shape), opacity: opacity, blend: blend)
    }

    private func picture(_ placement: ImageLayer.Placement, grade: Grade? = nil) -> Layer {
        let source = ImageReference(artifact: "a")
        return Layer(id: "p", content: .image(ImageLayer(source: source, placement: placement, grade: grade)))
    }

    @Test func `an empty composition is its background`() throws {
        let pixels = try Drawing.render([], background: red).pixels

        #expect(pixels.size == Drawing.size)
        #expect(pixels.count(near: red, within: 0) == 320 * 180)
    }

    @Test func `a covering picture is cut to the shape of the canvas around its centre`() throws {
        let source = Pictures.plain(100, 400, .black)
        for y in 171..<229 {
            for x in 0..<100 { source.set(x, y, 255, 0, 0, 255) }
        }
        let pixels = try Drawing.render([picture(.cover(crop: .full))], image: source).pixels

        #expect(pixels.count(near: red) > 320 * 175)
    }

    @Test func `a crop chooses the part that shows`() throws {
        let crop = UnitRect(x: 0.55, y: 0, width: 0.4, height: 0.4)
        let pixels = try Drawing.render([picture(.cover(crop: crop))], image: Pictures.quarters(320, 180))
            .pixels

        #expect(pixels.count(near: Color(red: 0, green: 255, blue: 0)) == 320 * 180)
    }

    @Test(arguments: Anchor.allCases)
    func `an anchored picture keeps its margin`(_ anchor: Anchor) throws {
        let source = Pictures.plain(50, 25, red)
        let placement = ImageLayer.Placement.anchored(anchor, width: 0.25, margin: 0.1)
        let pixels = try Drawing.render([picture(placement)], image: source).pixels
        let ink = try #require(pixels.ink(on: .black))

        #expect((ink.right - ink.left, ink.bottom - ink.top) == (80, 40))
        #expect(ink.left >= 18)
        #expect(ink.top >= 18)
        #expect(ink.right <= 320 - 18)
        #expect(ink.bottom <= 180 - 18)
        #expect(!anchor.rawValue.hasSuffix("right") || ink.right == 320 - 18)
        #expect(!anchor.rawValue.hasPrefix("bottom") || ink.bottom == 180 - 18)
    }

    @Test func `gradients run as in css`() throws {
        let stops = [
            GradientLayer.Stop(position: 0, color: red), .init(position: 1, color: Color.white),
        ]
        func corner(_ angle: Double, _ x: Int, _ y: Int) throws -> Color {
            let layer = Layer(
                id: "g", content: .gradient(GradientLayer(shape: .linear(angle: angle), stops: stops)))
            return try Drawing.render([layer]).pixels.color(x, y)
        }

        #expect(try corner(90, 0, 90).green < 4)
        #expect(try corner(90, 319, 90).green > 251)
        #expect(try corner(180, 160, 0).green < 4)
        #expect(try corner(0, 160, 0).green > 251)
        #expect(try corner(135, 0, 0).green < 4)
        #expect(try corner(135, 319, 179).green > 251)
    }

    @Test func `a radial gradient runs outwards`() throws {
        let gradient = GradientLayer(
            shape: .radial(center: UnitPoint(x: 0.5, y: 0.5), radius: 0.5),
            stops: [.init(position: 0, color: red), .init(position: 1, color: red.withAlpha(0))])
        let pixels = try Drawing.render([Layer(id: "g", content: .gradient(gradient))]).pixels

        #expect(pixels.color(160, 90).red > 250)
        #expect((100...156).contains(pixels.color(206, 90).red))
        #expect(pixels.color(2, 2).red == 0)
    }

    @Test func `a large radial gradient is exact to the eye`() throws {
        let gradient = GradientLayer(
            shape: .radial(center: UnitPoint(x: 0.25, y: 0.5), radius: 0.9),
            stops: [.init(position: 0, color: .black), .init(position: 1, color: .white)])
        let layer = Layer(id: "g", content: .gradient(gradient))
        let pixels = try Drawing.render([layer], size: .landscape).pixels
        let radius = 0.9 * (1280.0 * 1280 + 720 * 720).squareRoot() / 2

        for (x, y) in [(320, 360), (321, 357), (0, 0), (640, 100), (900, 719), (1279, 0), (1000, 361)] {
            let (across, down) = (Double(x) + 0.5 - 320, Double(y) + 0.5 - 360)
            let expected = min((across * across + down * down).squareRoot() / radius, 1) * 255
            #expect(abs(Double(pixels.pixel(x, y).x) - expected) <= 2, "at \(x),\(y)")
        }
    }

    @Test func `shapes have corners, outlines and rotation`() throws {
        let rect = UnitRect(x: 0.25, y: 0.25, width: 0.5, height: 0.5)
        let stroke = Stroke(color: .white, width: 0.05)
        let ellipse = ShapeLayer(rect: rect, figure: .ellipse, fill: red, stroke: stroke)
        let turned = ShapeLayer(rect: rect, figure: .rectangle(cornerRadius: 0.05), fill: red, rotation: 90)
        let round = try Drawing.render([Layer(id: "s", content: .shape(ellipse))]).pixels
        let upright = try Drawing.render([Layer(id: "s", content: .shape(turned))]).pixels

        #expect(round.color(160, 90) == red)
        #expect(round.color(160, 40) == .white)
        #expect(round.color(84, 48) == .black)
        #expect(upright.color(160, 20) == red)
        #expect(upright.color(90, 90) == .black)
    }

    @Test(arguments: [
        (BlendMode.normal, 100), (.multiply, 50), (.screen, 178), (.overlay, 101), (.softLight, 115),
        (.lighten, 128), (.darken, 100),
    ])
    func `blends as in css`(_ mode: BlendMode, _ expected: Int) throws {
        // W3C compositing, backdrop 128 and source 100.
        let source = Color(red: 100, green: 100, blue: 100)
        let shape = rectangle(source, blend: mode)
        let drawn = try Drawing.render([shape], background: gray).pixels
        var image = picture(.cover(crop: .full))
        image.blend = mode
        let photo = try Drawing.render([image], background: gray, image: Pictures.plain(320, 180, source))
            .pixels

        #expect(abs(Int(drawn.color(9, 9).red) - expected) <= 2)
        #expect(abs(Int(photo.color(9, 9).red) - expected) <= 2)
        #expect(drawn.pixel(9, 9).w == 255)
    }

    @Test func `opacity is multiplied into every kind of layer`() throws {
        let white = Pictures.plain(320, 180, .white)
        let gradient = GradientLayer(
            shape: .linear(angle: 0),
            stops: [.init(position: 0, color: .white), .init(position: 1, color: .white)])
        var layers = [
            rectangle(.white), picture(.cover(crop: .full)), Layer(id: "g", content: .gradient(gradient)),
        ]
        for index in layers.indices {
            layers[index].opacity = 0.5
            let pixels = try Drawing.render([layers[index]], image: white).pixels
            #expect(abs(pixels.pixel(50, 50).x - 128) <= 1)
        }
        var text = Drawing.layer(Drawing.text("HI"))
        text.opacity = 0.5
        let pixels = try Drawing.render([text]).pixels
        #expect(pixels.count(near: Color(red: 128, green: 128, blue: 128), within: 6) > 300)
        #expect(pixels.count(near: .white, within: 60) == 0)
    }

    @Test func `hides what is invisible and skips what it does not know`() throws {
        var hidden = rectangle(red)
        hidden.isVisible = false
        let unknown = Layer(id: "u", content: .unknown(type: "qr", members: [:]))
        let rendering = try Drawing.render([hidden, unknown])

        #expect(rendering.pixels.count(near: .black, within: 0) == 320 * 180)
        #expect(rendering.warnings == [.layerSkipped(layer: "u", type: "qr")])
    }

    @Test func `grades the picture's own pixels and hands on the vignette above it`() throws {
        var calls: [(Grade, Double)] = []
        let renderer = try Drawing.renderer { pixels, grade, vignette in
            calls.append((grade, vignette))
            for place in stride(from: 0, to: pixels.bytes.count, by: 4) { pixels.bytes[place] = 255 }
        }
        let grade = Grade(preset: .cinematic, strength: 0.5)
        let vignette = Layer(id: "v", content: .vignette(VignetteLayer(strength: 0.4)))
        let layers = [
            picture(.cover(crop: .full), grade: grade), vignette,
            rectangle(red, rect: UnitRect(x: 0, y: 0, width: 0.5, height: 1)), vignette,
        ]
        let composition = Composition(canvas: .init(size: Drawing.size), layers: layers)
        let pixels = try renderer.render(composition) { _ in Pictures.plain(64, 36, .black) }.pixels

        #expect(calls.map(\.0) == [grade, Grade(preset: .none)])
        #expect(calls.map(\.1) == [0.4, 0.4])
        #expect(pixels.color(300, 90) == Color(red: 0, green: 0, blue: 255))
    }

    @Test func `refuses a canvas that is too large and passes errors of pictures on`() throws {
        let renderer = try Drawing.renderer()
        for size in [
            PixelSize(width: 40_000, height: 10), PixelSize(width: 9000, height: 9000),
            PixelSize(width: 0, height: 5),
        ] {
            let composition = Composition(canvas: .init(size: size))
            #expect(throws: ImageError.self) {
                try renderer.render(composition) { _ in throw ImageError.notAnImage }
            }
        }
        let composition = Composition(
            canvas: .init(size: Drawing.size), layers: [picture(.cover(crop: .full))])
        #expect(throws: ImageError.truncated) {
            try renderer.render(composition) { _ in throw ImageError.truncated }
        }
    }

    @Test func `a cached picture is neither asked for nor graded again`() throws {
        var asked = 0
        var graded = 0
        let bytes = 2 * 320 * 180 * 4
        let renderer = Renderer(fonts: try #require(Drawing.fonts), cacheBytes: bytes) { _, _, _ in
            graded += 1
        }
        func render(_ preset: ColorGrading) throws -> PixelBuffer {
            let layer = picture(.cover(crop: .full), grade: Grade(preset: preset))
            let composition = Composition(
                canvas: .init(size: Drawing.size),
                layers: [layer, rectangle(red, rect: UnitRect(x: 0, y: 0, width: 0.5, height: 0.5))])
            return try renderer.render(composition) { _ in
                asked += 1
                return Pictures.quarters(64, 36)
            }.pixels
        }

        let first = try render(.warm)
        let second = try render(.warm)
        #expect(first.greatestDistance(to: second) == 0)
        #expect((asked, graded) == (1, 1))

        _ = try (render(.cool), render(.neon), render(.warm))
        #expect((asked, graded) == (4, 4))

        renderer.emptyCache()
        _ = try render(.warm)
        #expect(asked == 5)
    }

    @Test(arguments: [1e300, -1e300, .infinity, .nan, 0])
    func `draws absurd numbers without harm`(_ number: Double) throws {
        let rect = UnitRect(x: number, y: number, width: number, height: number)
        let point = UnitPoint(x: number, y: number)
        let stops = [
            GradientLayer.Stop(position: number, color: red),
            .init(position: 1, color: red.withAlpha(number)),
        ]
        var text = Drawing.text("absurd")
        text.fit = TextLayer.Fit(minimum: number, maximum: number, maximumLines: .max)
        text.stroke = Stroke(color: red, width: number)
        text.shadow = TextLayer.Shadow(color: red, offsetX: number, offsetY: number, blur: number)
        text.tracking = number
        text.lineHeight = number
        var far = text
        far.rect = rect
        let shape = ShapeLayer(
            rect: rect, figure: .rectangle(cornerRadius: number), fill: red,
            stroke: Stroke(color: red, width: number),
            rotation: number)
        let contents: [Layer.Content] = [
            .text(text), .text(far), .shape(shape),
            .gradient(GradientLayer(rect: rect, shape: .linear(angle: number), stops: stops)),
            .gradient(GradientLayer(shape: .radial(center: point, radius: number), stops: stops)),
            .image(ImageLayer(source: .init(artifact: "a"), placement: .cover(crop: rect))),
            .image(
                ImageLayer(
                    source: .init(artifact: "a"), placement: .anchored(.bottom, width: number, margin: number)
                )),
        ]
        let layers = contents.map { Layer(id: "x", content: $0) } + [rectangle(.white)]
        let pixels = try Drawing.render(layers, image: Pictures.photo(20, 20)).pixels

        #expect(pixels.count(near: .white, within: 0) == 320 * 180)
    }

    @Test func `breaks the longest text in bounded time`() throws {
        let renderer = try Drawing.renderer()
        for text in [String(repeating: "字", count: 3000), String(repeating: "a\n", count: 1500)] {
            let measurement = renderer.measure(Drawing.text(text), canvas: Drawing.size)
            #expect(measurement.warnings.map(\.code).contains("text_cut"))
            #expect(!measurement.resolved.lines.isEmpty)
        }
    }

    @Test func `two threads draw identical bytes`() throws {
        let fonts = try #require(Drawing.fonts)
        var text = Drawing.text("Two threads كل شيء 变 👍")
        text.shadow = TextLayer.Shadow(color: .black, offsetX: 0, offsetY: 0.05, blur: 0.1)
        let layers = [rectangle(gray), Drawing.layer(text)]
        let composition = Composition(canvas: .init(size: Drawing.size), layers: layers)
        let results = Results()
        let threads = (0..<4).map { _ in
            Thread {
                let renderer = Renderer(fonts: fonts) { _, _, _ in }
                let pixels = try? renderer.render(composition) { _ in throw ImageError.notAnImage }.pixels
                results.add(pixels.map { Array($0.bytes) } ?? [])
            }
        }
        for thread in threads { thread.start() }
        let all = results.wait(for: threads.count)

        #expect(all.first?.count == 320 * 180 * 4)
        #expect(Set(all).count == 1)
    }

    @Test func `renderers that come and go on many threads share no fonts by accident`() throws {
        let fonts = try #require(Drawing.fonts)
        let titles = ["Fresh 😀", "变化", "كل شيء", "ทำไม", "Vier", "FÜNF", "שש", "7 सात"]
        let results = Results()
        let threads = titles.enumerated().map { number, title in
            Thread {
                for round in 0..<25 {
                    let renderer = Renderer(fonts: fonts) { _, _, _ in }
                    var text = Drawing.text("\(title) \(round)")
                    text.font.weight = 300 + (number + round) % 7 * 100
                    text.shadow = TextLayer.Shadow(color: .black, offsetX: 0, offsetY: 0.05, blur: 0.1)
                    let side = 160 + (number * 25 + round) % 40 * 4
                    let composition = Composition(
                        canvas: .init(size: PixelSize(width: side, height: 90)), layers: [Drawing.layer(text)]
                    )
                    let pixels = try? renderer.render(composition) { _ in throw ImageError.notAnImage }.pixels
                    results.add(pixels.map { [UInt8($0.size.height)] } ?? [])
                }
            }
        }
        for thread in threads { thread.start() }

        #expect(results.wait(for: titles.count * 25).allSatisfy { $0 == [90] })
    }
}

/// Collects results of threads.
// The condition guards the only state.
private final class Results: @unchecked Sendable {
    private let condition = NSCondition()
    private var values: [[UInt8]] = []

    func add(_ value: [UInt8]) {
        condition.withLock {
            values.append(value)
            condition.signal()
        }
    }

    func wait(for count: Int) -> [[UInt8]] {
        condition.withLock {
            while values.count < count { condition.wait() }
            return values
        }
    }
}
