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
            var pass = ResamplePass(source: source, result: result, across: across, down: down)
            pass.run()
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

/// Which source pixels make each result pixel of one direction, and with what weights.
struct ResampleAxis {
    /// The first source pixel of each result pixel.
    private(set) var starts: [Int] = []
    /// `taps` weights for each result pixel, which sum to 1.
    private(set) var weights: [Float] = []
    /// The number of source pixels that make a result pixel.
    let taps: Int

    init(source: Int, origin: Double, length: Double, result: Int) {
        let length = min(max(length, 1), Double(source))
        let origin = min(max(origin, 0), Double(source) - length)
        let scale = length / Double(result)
        // A step of exactly one pixel from a whole pixel needs no filter.
        let isCopy = scale == 1 && origin == origin.rounded()
        let stretch = max(scale, 1)
        let radius = isCopy ? 0.5 : scale > 1 ? 3.0 : 2.0
        taps = isCopy ? 1 : min(source, Int((radius * stretch * 2).rounded(.up)) + 1)
        for index in 0..<result {
            let center = origin + (Double(index) + 0.5) * scale
            let first = Int((center - radius * stretch).rounded(.down))
            let start = isCopy ? Int(origin) + index : min(max(first, 0), source - taps)
            let raw = (0..<taps).map { tap in
                let distance = (Double(start + tap) + 0.5 - center) / stretch
                return isCopy ? 1 : scale > 1 ? Self.lanczos(distance) : Self.catmullRom(distance)
            }
            let sum = raw.reduce(0, +)
            starts.append(start)
            weights.append(contentsOf: raw.map { Float($0 / sum) })
        }
    }

    /// True when every result pixel is one source pixel.
    var isIdentity: Bool { taps == 1 && (1..<starts.count).allSatisfy { starts[$0] == starts[$0 - 1] + 1 } }

    private static func lanczos(_ x: Double) -> Double {
        guard x != 0 else { return 1 }
        guard abs(x) < 3 else { return 0 }
        let angle = x * .pi
        return 3 * sine(angle) * sine(angle / 3) / (angle * angle)
    }

    private static func catmullRom(_ x: Double) -> Double {
        let distance = abs(x)
        if distance < 1 { return (1.5 * distance - 2.5) * distance * distance + 1 }
        if distance < 2 { return ((-0.5 * distance + 2.5) * distance - 4) * distance + 2 }
        return 0
    }
}
