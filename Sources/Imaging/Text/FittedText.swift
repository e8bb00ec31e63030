import ThumbwireKit

/// Text with its size, lines and places decided; lengths are pixels of the canvas.
struct FittedText {
    /// A line and where its baseline begins.
    struct Line {
        let shaped: ShapedLine
        let text: String
        var x = 0.0
        var baseline = 0.0

        init(shaped: ShapedLine, text: String) {
            self.shaped = shaped
            self.text = text
        }

        /// The box of its ink, widened by the stroke on every side.
        func ink(stroke: Double) -> PixelRect {
            let extents = shaped.extents
            return PixelRect(
                x: x + extents.left - stroke, y: baseline - extents.ascent - stroke,
                width: extents.right - extents.left + 2 * stroke,
                height: extents.ascent + extents.descent + 2 * stroke)
        }
    }

    var fontSize: Double
    /// The visible width of the outline.
    var stroke: Double
    var lines: [Line]

    /// The box of all ink, stroke included; `nil` without lines.
    var ink: PixelRect? {
        guard var union = lines.first?.ink(stroke: stroke) else { return nil }
        for line in lines.dropFirst() {
            union = union.union(line.ink(stroke: stroke))
        }
        return union
    }

    /// Characters that no font has.
    var missingGlyphs: Int { lines.reduce(0) { $0 + $1.shaped.extents.unknownGlyphs } }
}

extension PixelRect {
    var right: Double { x + width }
    var bottom: Double { y + height }

    func union(_ other: PixelRect) -> PixelRect {
        let (left, top) = (min(x, other.x), min(y, other.y))
        return PixelRect(
            x: left, y: top, width: max(right, other.right) - left, height: max(bottom, other.bottom) - top)
    }

    /// In fractions of a canvas.
    func unit(of canvas: PixelSize) -> UnitRect {
        UnitRect(
            x: x / Double(canvas.width), y: y / Double(canvas.height), width: width / Double(canvas.width),
            height: height / Double(canvas.height))
    }
}

extension UnitRect {
    /// In pixels of a canvas; what lies absurdly far outside it is drawn nearer, where Cairo's numbers end.
    func pixels(of canvas: PixelSize) -> PixelRect {
        let (across, down) = (Double(canvas.width), Double(canvas.height))
        return PixelRect(
            x: x.within(16) * across, y: y.within(16) * down, width: width.within(16) * across,
            height: height.within(16) * down)
    }
}

extension Double {
    /// The number itself between minus and plus a limit, the nearer of them beyond, 0 for no number.
    func within(_ limit: Double) -> Double {
        isNaN ? 0 : min(max(self, -limit), limit)
    }
}
