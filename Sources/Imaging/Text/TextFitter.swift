package import ThumbwireKit

/// What a fit found besides the layer's own record of it.
package struct TextMeasurement: Hashable, Sendable {
    /// Size, lines and the box of all ink.
    package var resolved: TextLayer.Resolved
    /// The ink box of each line, stroke included, in fractions of the canvas.
    package var lineInk: [UnitRect]
    /// What an editor should know.
    package var warnings: [RenderWarning]
}

/// Finds the largest size and the most even lines at which a text fits its rectangle; belongs to one thread.
package final class TextFitter {
    private let fonts: Fonts
    private let shaper: TextShaper

    /// A fitter with a font map of its own.
    package init(fonts: Fonts) {
        self.fonts = fonts
        shaper = TextShaper(fonts: fonts)
    }

    /// Size, lines and ink of a layer, without drawing it.
    package func measure(_ layer: TextLayer, canvas: PixelSize) -> TextMeasurement {
        var warnings: [RenderWarning] = []
        let fitted = fit(layer, id: "", canvas: canvas, warnings: &warnings)
        return TextMeasurement(
            resolved: fitted.resolved(in: layer, canvas: canvas),
            lineInk: fitted.lines.map { $0.ink(stroke: fitted.stroke).unit(of: canvas) }, warnings: warnings)
    }

    /// The text placed in its rectangle; no lines when there is nothing to draw.
    func fit(
        _ layer: TextLayer, id: String, canvas: PixelSize, warnings: inout [RenderWarning]
    ) -> FittedText {
        let text = PreparedText(layer)
        if text.isCut { warnings.append(.textCut(layer: id, maximum: PreparedText.maximumScalars)) }
        var face = layer.font
        if !fonts.hasFamily(face.family) {
            warnings.append(.fontMissing(family: face.family, layer: id))
            face.family = Fonts.defaultFamily
        }
        face.weight = min(max(face.weight, 100), 1000)
        var attempt = FitAttempt(
            layer: layer, text: text, face: face, box: layer.rect.pixels(of: canvas),
            shorterSide: Double(canvas.shorterSide), shaper: shaper)
        let fitted = attempt.run()
        if attempt.exceedsFit {
            warnings.append(
                .textTooLong(layer: id, lines: fitted.lines.count, fontSize: fitted.fontSize))
        }
        if fitted.missingGlyphs > 0 {
            warnings.append(.missingGlyphs(characters: fitted.missingGlyphs, layer: id))
        }
        return fitted
    }
}

extension FittedText {
    func resolved(in layer: TextLayer, canvas: PixelSize) -> TextLayer.Resolved {
        let place = layer.rect.pixels(of: canvas)
        let nothing = PixelRect(x: place.x, y: place.y, width: 0, height: 0)
        return TextLayer.Resolved(
            fontSize: fontSize, lines: lines.map(\.text), ink: (ink ?? nothing).unit(of: canvas))
    }
}
