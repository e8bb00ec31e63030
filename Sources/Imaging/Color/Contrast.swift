package import ThumbwireKit

/// Contrast as WCAG 2.2 defines it.
package enum Contrast {
    /// Relative luminance of an opaque colour, 0–1.
    package static func luminance(_ color: Color) -> Double {
        0.2126 * SRGB.linear[Int(color.red)] + 0.7152 * SRGB.linear[Int(color.green)]
            + 0.0722 * SRGB.linear[Int(color.blue)]
    }

    /// The ratio of two luminances, 1–21.
    package static func ratio(_ first: Double, _ second: Double) -> Double {
        (max(first, second) + 0.05) / (min(first, second) + 0.05)
    }

    /// The ratio of two opaque colours, 1–21.
    package static func ratio(_ first: Color, _ second: Color) -> Double {
        ratio(luminance(first), luminance(second))
    }
}
