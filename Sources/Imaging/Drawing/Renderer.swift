package import ThumbwireKit

/// Draws compositions.
///
/// Belongs to one thread from its creation to its end: Pango's font maps must not be shared, and a render must not
/// change threads. Two renderers on two threads give identical pixels.
package final class Renderer {
    /// Grades a picture in place, and darkens its corners by a strength of 0–1 in the same pass.
    package typealias GradeApplier = (PixelBuffer, Grade, Double) -> Void

    /// The largest canvas.
    package static let maximumPixels = 40_000_000

    private let fitter: TextFitter
    private let gradeApplier: GradeApplier
    private var cache: FrameCache

    /// A renderer with a font map of its own.
    ///
    /// With `cacheBytes`, it keeps that many bytes of resized and graded pictures, so that a new title over the same
    /// picture takes a few milliseconds. A picture found there is not asked for again: its name must stand for
    /// the same pixels for ever, and whether the caller may see it must be decided before.
    package init(fonts: Fonts, cacheBytes: Int = 0, gradeApplier: @escaping GradeApplier) {
        fitter = TextFitter(fonts: fonts)
        cache = FrameCache(maximumBytes: cacheBytes)
        self.gradeApplier = gradeApplier
    }

    /// Frees the pictures kept for later renders.
    package func emptyCache() {
        cache.removeAll()
    }

    /// The picture of a composition; `images` gives the pictures it names and may be called once a layer.
    ///
    /// Throws what `images` throws, ``ImageError/tooLarge(_:limit:)`` for the canvas, and
    /// ``ImageError/drawingFailed(_:)`` when memory runs out.
    package func render(
        _ composition: Composition, images: (ImageReference) throws -> PixelBuffer
    ) throws -> Rendering {
        let size = composition.canvas.size
        guard size.width > 0, size.height > 0, size.width <= Self.maximumPixels / size.height,
            max(size.width, size.height) < 1 << 15
        else { throw ImageError.tooLarge(size, limit: "\(Self.maximumPixels) in all and 32767 a side") }
        let canvas = try CairoCanvas(PixelBuffer(size: size))
        canvas.fill(composition.canvas.background)
        var rendering = Rendering(pixels: canvas.pixels, warnings: [], resolvedText: [:])
        var layers = composition.layers.filter { $0.isVisible && $0.opacity > 0 }[...]
        while let layer = layers.popFirst() {
            // A vignette straight above a covering picture shares its pass over the pixels.
            let vignette = layer.absorbed(vignette: layers.first)
            if vignette != nil { layers.removeFirst() }
            try draw(layer, vignette: vignette ?? 0, on: canvas, images, &rendering)
        }
        try canvas.check()
        canvas.withPixels { $0.makeOpaque() }
        return rendering
    }

    /// Size, lines and ink of a text layer, as ``render(_:images:)`` would draw it.
    package func measure(_ layer: TextLayer, canvas: PixelSize) -> TextMeasurement {
        TextLibraries.exclusively { fitter.measure(layer, canvas: canvas) }
    }

    /// Loads the default fonts and the emoji, which takes tens of milliseconds the first time on a thread.
    package func warmUp() {
        for (text, family) in [("Ag 1 😀", Fonts.defaultFamily), ("AG", Fonts.condensedFamily)] {
            var layer = TextLayer(
                text: text, rect: .full, font: TextLayer.Font(family: family, weight: 900),
                fit: TextLayer.Fit(minimum: 0.1, maximum: 1, maximumLines: 2))
            layer.stroke = Stroke(color: .black, width: 0.08)
            let canvas = Composition.Canvas(size: PixelSize(width: 160, height: 90))
            let composition = Composition(
                canvas: canvas, layers: [Layer(id: "text", content: .text(layer))])
            // Nothing can fail: the canvas is small and there are no pictures.
            _ = try? render(composition) { _ in PixelBuffer(size: canvas.size) }
        }
    }

    private func draw(
        _ layer: Layer, vignette: Double, on canvas: CairoCanvas,
        _ images: (ImageReference) throws -> PixelBuffer, _ rendering: inout Rendering
    ) throws {
        switch layer.content {
        case .image(let image):
            let key = FrameCache.Key(image: image, vignette: vignette, canvas: canvas.pixels.size)
            let painter = ImagePainter(image: image, canvas: canvas)
            let pixels = try cache.frame(key) {
                let pixels = painter.resized(try images(image.source))
                grade(pixels, image.grade, vignette)
                return pixels
            }
            painter.draw(pixels, opacity: layer.opacity, blend: layer.blend)
        case .gradient(let gradient):
            GradientPainter(gradient: gradient).draw(on: canvas, opacity: layer.opacity, blend: layer.blend)
        case .shape(let shape):
            ShapePainter(shape: shape).draw(on: canvas, opacity: layer.opacity, blend: layer.blend)
        case .vignette(let vignette):
            canvas.withPixels { grade($0, nil, vignette.strength * min(layer.opacity, 1)) }
        case .text(let text):
            TextLibraries.exclusively { draw(text, of: layer, on: canvas, &rendering) }
        case .unknown(let type, _):
            rendering.warnings.append(.layerSkipped(layer: layer.id, type: type))
        }
    }

    private func draw(
        _ text: TextLayer, of layer: Layer, on canvas: CairoCanvas, _ rendering: inout Rendering
    ) {
        let size = canvas.pixels.size
        let fitted = fitter.fit(text, id: layer.id, canvas: size, warnings: &rendering.warnings)
        rendering.resolvedText[layer.id] = fitted.resolved(in: text, canvas: size)
        let painter = TextPainter(fitted: fitted, layer: text)
        guard let bounds = painter.bounds else { return }
        canvas.draw(in: bounds.insetBy(-2), opacity: layer.opacity, blend: layer.blend) { _ in
            painter.draw(on: canvas)
        }
    }

    private func grade(_ pixels: PixelBuffer, _ grade: Grade?, _ vignette: Double) {
        let grade = grade ?? Grade(preset: .none)
        guard grade.preset != .none && grade.strength > 0 || vignette > 0 else { return }
        gradeApplier(pixels, grade, vignette)
    }
}

extension Layer {
    /// The strength of the layer above, if it is a vignette that can be drawn together with this picture.
    fileprivate func absorbed(vignette above: Layer?) -> Double? {
        guard case .image(let image) = content, case .cover = image.placement, opacity >= 1, blend == .normal,
            let above, case .vignette(let vignette) = above.content
        else { return nil }
        return vignette.strength * min(above.opacity, 1)
    }
}
