import CPango
import ThumbwireKit

/// Shapes text with a font map of its own; belongs to one thread.
final class TextShaper {
    private let context: OpaquePointer
    /// Must outlive the context.
    private let fonts: Fonts

    init(fonts: Fonts) {
        self.fonts = fonts
        context = TextLibraries.exclusively { tw_context_new(fonts.configuration) }
    }

    deinit {
        TextLibraries.exclusively { tw_object_unref(UnsafeMutableRawPointer(context)) }
    }

    /// Sets what holds for all of a text: its language, and the direction of its lines.
    func prepare(language: String, isRightToLeft: Bool) {
        tw_context_prepare(context, language, isRightToLeft ? 1 : 0)
    }

    /// True when the first letter with a direction runs from right to left.
    static func isRightToLeft(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { tw_direction($0.baseAddress, Int32($0.count)) == 1 }
        }
    }

    /// A line of UTF-8 in a face at a size in pixels; span ranges are bytes of that line.
    func line(
        _ bytes: ArraySlice<UInt8>, face: TextLayer.Font, size: Double, tracking: Double,
        spans: [tw_span] = []
    ) -> ShapedLine {
        // Pango keeps sizes in 1/1024 of a pixel.
        let layout = bytes.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) {
                tw_layout_new(
                    context, $0.baseAddress, Int32($0.count), face.family, Int32(face.weight), size,
                    tracking * size, spans, Int32(spans.count))
            }
        }
        return ShapedLine(owning: layout, byteCount: bytes.count)
    }
}

/// One line of shaped text.
final class ShapedLine {
    let layout: OpaquePointer
    let byteCount: Int
    /// Where its ink is, around the origin of its baseline, in pixels.
    let extents: InkExtents

    /// Takes over the caller's reference. Pango aborts rather than return no layout.
    init(owning layout: OpaquePointer?, byteCount: Int) {
        guard let layout else { preconditionFailure("pango made no layout") }
        self.layout = layout
        self.byteCount = byteCount
        extents = InkExtents(tw_layout_extents(layout))
    }

    deinit {
        tw_object_unref(UnsafeMutableRawPointer(layout))
    }

    /// The advance of each cluster at its first byte, in pixels.
    func advances() -> [Double] {
        var advances = [Double](repeating: 0, count: byteCount + 1)
        tw_layout_advances(layout, &advances)
        return advances
    }

    /// What may happen before each of so many characters and behind the last one.
    func breaks(characterCount: Int) -> [BreakFlags] {
        var flags = [UInt8](repeating: 0, count: characterCount + 1)
        tw_layout_breaks(layout, &flags, Int32(flags.count))
        return flags.map(BreakFlags.init)
    }
}

/// What may happen at a position between two characters.
struct BreakFlags: OptionSet {
    let rawValue: UInt8

    static let mayBreak = BreakFlags(rawValue: 1)
    static let mustBreak = BreakFlags(rawValue: 2)
    /// The character behind the position is white space.
    static let isWhite = BreakFlags(rawValue: 4)
    /// A letter with its marks begins here.
    static let isLetter = BreakFlags(rawValue: 8)
}

/// Where a line's ink is, around the origin of its baseline, in pixels.
struct InkExtents {
    /// May be negative: ink can begin before the origin.
    let left: Double
    let right: Double
    /// Upwards from the baseline.
    let ascent: Double
    /// Downwards from the baseline.
    let descent: Double
    /// Characters that no font has.
    let unknownGlyphs: Int

    init(_ extents: tw_line_extents) {
        left = extents.ink_left
        right = extents.ink_right
        ascent = extents.ascent
        descent = extents.descent
        unknownGlyphs = Int(extents.unknown_glyphs)
    }
}
