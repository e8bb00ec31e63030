package import ThumbwireKit

/// A rectangle in pixels of a picture; edges may fall between pixels.
package struct PixelRect: Hashable, Sendable {
    /// The left edge.
    package var x: Double
    /// The top edge.
    package var y: Double
    /// Pixels across.
    package var width: Double
    /// Pixels down.
    package var height: Double

    /// A rectangle in pixels.
    package init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }
}

/// Resizes pictures: Lanczos with three lobes downwards, Catmull-Rom upwards, where Lanczos would ring.
///
/// Works on premultiplied pixels, so that transparent neighbours lend no colour.
package enum Resampler {
    /// The whole picture at another size.
    package static func resize(_ source: PixelBuffer, to size: PixelSize) -> PixelBuffer {
        let whole = PixelRect(
            x: 0, y: 0, width: Double(source.size.width), height: Double(source.size.height))
        return resize(source, crop: whole, to: size)
    }

    /// A part of the picture at a size; the part is moved and cut to lie inside the picture.
    package static func resize(_ source: PixelBuffer, crop: PixelRect, to size: PixelSize) -> PixelBuffer {
        let across = ResampleAxis(
            source: source.size.width, origin: crop.x, length: crop.width, result: size.width)
        let down = ResampleAxis(
            source: source.size.height, origin: crop.y, length: crop.height, result: size.height)
        let result = PixelBuffer(size: size, hasAlpha: source.hasAlpha)
        if across.isIdentity, down.isIdentity {
            copyRows(of: source, column: across.starts[0], row: down.starts[0], to: result)
        } else {
            ResamplePass(source: source, result: result, across: across, down: down).run()
        }
        return result
    }

    private static func copyRows(of source: PixelBuffer, column: Int, row: Int, to result: PixelBuffer) {
        for y in 0..<result.size.height {
            let from = source.base + (row + y) * source.stride + column * 4
            (result.base + y * result.stride).copyMemory(from: from, byteCount: result.stride)
        }
    }
}
