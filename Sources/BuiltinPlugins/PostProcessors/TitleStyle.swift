import Imaging
import ThumbwireKit

/// How titles look.
struct TitleStyle: Sendable {
    /// 56 px of 720: 16 px where a thumbnail is shown 360 px wide.
    static let minimumSize = 56.0 / 720
    /// Above this, a single short word shouts.
    static let maximumSize = 0.30
    /// Capitals slow down reading beyond this length.
    static let longestCapitals = 36

    /// Below this size, in fractions of the shorter side, long words get the narrow family.
    private static let roomySize = 0.16
    /// How much larger the narrow family must come out.
    static let condensedGain = 1.25

    let font: TextLayer.Font
    let fill: Color

    func layer(
        _ title: TitleText, in geometry: TitleGeometry, layout: LayoutType, side: TitleGeometry.Side,
        isUpper: Bool
    ) -> TextLayer {
        let isPortrait = geometry.frame == .portrait
        let isLow = geometry.box(for: layout, side: side).height < 0.5
        let lines = isPortrait ? 5 : isLow ? 3 : 4
        // Long titles get more lines rather than small letters.
        let extra = title.text.unicodeScalars.count > 60 ? 4 : 0
        var text = TextLayer(
            text: title.text, rect: geometry.box(for: layout, side: side), font: font,
            fit: TextLayer.Fit(
                minimum: Self.minimumSize, maximum: isPortrait ? 0.24 : Self.maximumSize,
                maximumLines: lines + extra))
        text.alignment = geometry.alignment(for: layout, side: side)
        text.verticalAlignment = geometry.verticalAlignment(for: layout, side: side)
        text.letterCase = isUpper ? .upper : .original
        text.lineHeight = isUpper ? 0.98 : 1.08
        text.tracking = isUpper ? -0.02 : -0.025
        text.fill = fill
        let isLight = Contrast.luminance(fill) > 0.4
        text.stroke = Stroke(color: isLight ? .black : .white, width: 0.065)
        text.shadow = TextLayer.Shadow(
            color: Color.black.withAlpha(0.55), offsetX: 0, offsetY: 0.05, blur: 0.1)
        return text
    }

    /// The same layer in the narrow family, where capitals came out small in the default one.
    func condensed(_ text: TextLayer, _ resolved: TextLayer.Resolved, on canvas: PixelSize) -> TextLayer? {
        guard text.letterCase == .upper, font.family == Fonts.defaultFamily,
            resolved.fontSize < Self.roomySize * Double(canvas.shorterSide)
        else { return nil }
        var narrow = text
        narrow.font = TextLayer.Font(family: Fonts.condensedFamily, weight: 700)
        narrow.tracking = 0.005
        narrow.lineHeight = 0.92
        narrow.fit.maximum = Self.maximumSize * 1.1
        return narrow
    }

    /// Colours the words that accent detection found; a colour too dark for its ground is lightened.
    func stress(_ text: inout TextLayer, with accent: JSONValue?, on grid: PictureGrid) {
        guard let hex = accent?["color"]?.string, var color = Color(hex: hex) else { return }
        let outline = text.stroke?.color ?? .black
        var lab = OKLab(color)
        while Contrast.ratio(color, outline) < 4.5, lab.lightness < 0.95, Contrast.luminance(outline) < 0.5 {
            lab.lightness += 0.03
            color = lab.color
        }
        var spans: [TextLayer.Span] = []
        for words in accent?["words"]?.array ?? [] {
            guard let range = text.text.scalarRange(of: words.string ?? "") else { continue }
            if spans.allSatisfy({ !$0.range.overlaps(range) }) {
                spans.append(TextLayer.Span(range: range, fill: color))
            }
        }
        text.spans = spans.sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    /// True for short titles in Latin, Greek or Cyrillic whose capitals need no knowledge of the language.
    static func suitsCapitals(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        guard scalars.count <= longestCapitals, scalars.contains(where: { $0.properties.isLowercase }) else {
            return false
        }
        return scalars.allSatisfy { scalar in
            // Turkish and German have small letters whose capitals depend on the language or do not exist.
            if ["ı", "ğ", "ş", "İ", "ß"].contains(scalar) { return false }
            return !scalar.properties.isAlphabetic || scalar.value < 0x530
                || (0x1E00...0x1FFF).contains(scalar.value)
        }
    }
}
