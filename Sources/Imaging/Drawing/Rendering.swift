package import ThumbwireKit

/// A drawn composition.
package struct Rendering {
    /// The picture; opaque.
    package var pixels: PixelBuffer
    /// What an editor should know, in the order of the layers.
    package var warnings: [RenderWarning]
    /// What each visible text layer's fit came to, by layer id.
    package var resolvedText: [String: TextLayer.Resolved]
}

/// Something that was drawn otherwise than the composition asks.
package enum RenderWarning: Hashable, Sendable, CustomStringConvertible {
    /// A layer type that this version cannot draw.
    case layerSkipped(layer: String, type: String)
    /// No font has so many of the layer's characters; boxes stand in for them.
    case missingGlyphs(characters: Int, layer: String)
    /// The family is not installed; the default one stands in for it.
    case fontMissing(family: String, layer: String)
    /// The text fits its rectangle only below its least size, or in more lines than asked for.
    case textTooLong(layer: String, lines: Int, fontSize: Double)
    /// The text has more scalars than are drawn.
    case textCut(layer: String, maximum: Int)

    /// Stable, for machines.
    package var code: String {
        switch self {
        case .layerSkipped: "layer_skipped"
        case .missingGlyphs: "missing_glyphs"
        case .fontMissing: "font_missing"
        case .textTooLong: "text_too_long"
        case .textCut: "text_cut"
        }
    }

    /// For people.
    package var description: String {
        switch self {
        case .layerSkipped(let layer, let type): "layer \(layer) has the unknown type \(type) and was skipped"
        case .missingGlyphs(let characters, let layer):
            "no font has \(characters) of the characters of layer \(layer)"
        case .fontMissing(let family, let layer):
            "font family \(family) of layer \(layer) is not installed; \(Fonts.defaultFamily) was used"
        case .textTooLong(let layer, let lines, let fontSize):
            "text of layer \(layer) is too long for its fit: it takes \(lines) lines of "
                + "\(Int(fontSize.rounded())) pixels"
        case .textCut(let layer, let maximum): "text of layer \(layer) was cut after \(maximum) scalars"
        }
    }
}
