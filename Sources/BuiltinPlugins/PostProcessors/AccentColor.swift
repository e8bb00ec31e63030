import Imaging
import ThumbwireKit

/// Chooses the colour of the stressed words from what the picture offers.
struct AccentColor {
    /// Colours that work on nearly any picture, tried where it offers none.
    static let curated = ["#FFD400", "#22D3EE", "#A3E635", "#FF7A1A"].compactMap { Color(hex: $0) }
    /// Below this distance in OKLab, stressed words do not stand out from the title's white.
    static let leastDistanceToFill = 0.16

    /// The colour with where it comes from.
    struct Choice {
        var color: Color
        var source: String
        var why: String
    }

    private let palette: Palette

    init(grid: PictureGrid) {
        palette = Palette(grid)
    }

    func choice(fill: Color) -> Choice {
        let dominant = palette.accent
        var candidates: [Choice] = []
        if let dominant {
            candidates.append(
                Choice(
                    color: Self.displayed(dominant).color, source: "picture",
                    why: "most colourful part of the picture"))
            let opposite = OKLab(lightness: 0.82, chroma: 0.17, hue: dominant.hue + 180)
            candidates.append(
                Choice(color: opposite.color, source: "complement", why: "opposite of the picture's colour"))
        }
        candidates += Self.curated.map {
            Choice(color: $0, source: "curated", why: "stands out most from the picture")
        }
        let scored = candidates.map { (choice: $0, score: score($0, fill: fill)) }
        var best = scored[0]
        for candidate in scored.dropFirst() where candidate.score > best.score { best = candidate }
        return best.choice
    }

    /// Far from the title's colour and from the colours around. What the picture itself offers gets a bonus, so that
    /// the thumbnail keeps one mood, and so does yellow, which reads best on dark.
    private func score(_ choice: Choice, fill: Color) -> Double {
        let color = OKLab(choice.color)
        let fromFill = color.distance(to: OKLab(fill))
        guard fromFill >= Self.leastDistanceToFill else { return fromFill - 1 }
        var fromPicture = 0.0
        for swatch in palette.swatches {
            // The title stands on the darkened picture: hue and chroma tell them apart more than lightness.
            let difference = (a: color.a - swatch.color.a, b: color.b - swatch.color.b)
            fromPicture +=
                swatch.share * (difference.a * difference.a + difference.b * difference.b).squareRoot()
        }
        let bonus = choice.source == "picture" ? 0.03 : choice.color == Self.curated[0] ? 0.04 : 0
        return min(fromFill, 0.25) * 0.4 + min(fromPicture, 0.22) + bonus + 0.15 * min(color.lightness, 0.87)
    }

    /// The same hue, light and colourful enough for letters on a dark ground.
    static func displayed(_ color: OKLab) -> OKLab {
        OKLab(
            lightness: min(max(color.lightness, 0.74), 0.88), chroma: max(color.chroma, 0.15), hue: color.hue
        ).inGamut
    }
}
