import CCairo
import ThumbwireKit

/// A shape's coverage, blurred: three box filters in a row, which is close to a Gaussian.
final class BlurredMask {
    /// Standard deviations above this look alike and take long.
    static let maximumSigma = 64.0

    private let sigma: Double
    private let left: Int
    private let top: Int
    private let width: Int
    private let height: Int
    private let stride: Int
    private let pixels: UnsafeMutablePointer<UInt8>
    private let surface: OpaquePointer?

    /// How far blurred ink reaches beyond its box, in pixels.
    static func reach(sigma: Double) -> Double { Double(3 * boxRadius(sigma) + 1) }

    /// A mask for ink in that box, of which only what lies within `visible` counts; `nil` when that is nothing.
    init?(covering ink: PixelRect, within visible: PixelRect, sigma: Double) {
        let reach = Self.reach(sigma: sigma)
        // Ink outside the visible part still casts into it.
        let left = max(ink.x - reach, visible.x - 2 * reach).rounded(.down)
        let top = max(ink.y - reach, visible.y - 2 * reach).rounded(.down)
        let right = min(ink.right + reach, visible.right + 2 * reach).rounded(.up)
        let bottom = min(ink.bottom + reach, visible.bottom + 2 * reach).rounded(.up)
        guard right > left, bottom > top else { return nil }
        self.sigma = sigma
        self.left = Int(left)
        self.top = Int(top)
        width = Int(right - left)
        height = Int(bottom - top)
        stride = Int(cairo_format_stride_for_width(CAIRO_FORMAT_A8, Int32(width)))
        pixels = .allocate(capacity: stride * height)
        pixels.initialize(repeating: 0, count: stride * height)
        surface = cairo_image_surface_create_for_data(
            pixels, CAIRO_FORMAT_A8, Int32(width), Int32(height), Int32(stride))
    }

    deinit {
        cairo_surface_destroy(surface)
        pixels.deallocate()
    }

    /// Draws the shape in canvas coordinates, then blurs it.
    func draw(_ body: (OpaquePointer) -> Void) {
        guard let context = cairo_create(surface) else { return }
        cairo_translate(context, Double(-left), Double(-top))
        body(context)
        cairo_destroy(context)
        cairo_surface_flush(surface)
        blur()
        cairo_surface_mark_dirty(surface)
    }

    /// Paints a colour through the mask.
    func paint(on context: OpaquePointer, color: Color, offsetX: Double, offsetY: Double) {
        context.setSource(color)
        cairo_mask_surface(context, surface, Double(left) + offsetX, Double(top) + offsetY)
    }

    private static func boxRadius(_ sigma: Double) -> Int {
        // Three boxes of width w have the variance (w² − 1) / 4.
        Int(((4 * sigma * sigma + 1).squareRoot() / 2 - 0.5).rounded())
    }

    private func blur() {
        let radius = Self.boxRadius(sigma)
        guard radius > 0 else { return }
        for _ in 0..<3 {
            blurRows(radius)
            blurColumns(radius)
        }
    }

    private func blurRows(_ radius: Int) {
        let line = UnsafeMutablePointer<UInt8>.allocate(capacity: width)
        defer { line.deallocate() }
        // Multiplying with a 24-bit reciprocal replaces a division for every pixel.
        let reciprocal = (1 << 24) / (2 * radius + 1)
        for y in 0..<height {
            let row = pixels + y * stride
            line.update(from: row, count: width)
            var sum = (0..<min(radius, width)).reduce(0) { $0 + Int(line[$1]) }
            for x in 0..<width {
                if x + radius < width { sum += Int(line[x + radius]) }
                row[x] = UInt8(truncatingIfNeeded: (sum * reciprocal + 1 << 23) >> 24)
                if x >= radius { sum -= Int(line[x - radius]) }
            }
        }
    }

    /// Runs down all columns together, row by row, so that memory is read in order.
    private func blurColumns(_ radius: Int) {
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: stride * height)
        defer { copy.deallocate() }
        copy.update(from: pixels, count: stride * height)
        let reciprocal = UInt32((1 << 24) / (2 * radius + 1))
        var sums = [UInt32](repeating: 0, count: width)
        sums.withUnsafeMutableBufferPointer { sums in
            for y in 0..<min(radius, height) {
                for x in 0..<width { sums[x] &+= UInt32(copy[y &* stride &+ x]) }
            }
            for y in 0..<height {
                if y + radius < height {
                    let row = copy + (y + radius) * stride
                    for x in 0..<width { sums[x] &+= UInt32(row[x]) }
                }
                let row = pixels + y * stride
                for x in 0..<width {
                    row[x] = UInt8(truncatingIfNeeded: (sums[x] &* reciprocal &+ 1 << 23) >> 24)
                }
                if y >= radius {
                    let row = copy + (y - radius) * stride
                    for x in 0..<width { sums[x] &-= UInt32(row[x]) }
                }
            }
        }
    }
}
