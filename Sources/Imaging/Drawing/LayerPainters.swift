import CCairo
import Glibc
import ThumbwireKit

/// Draws a colour gradient.
struct GradientPainter {
    let gradient: GradientLayer

    func draw(on canvas: CairoCanvas, opacity: Double, blend: BlendMode) {
        let box = gradient.rect.pixels(of: canvas.pixels.size)
        guard let pattern = makePattern(box) else { return }
        defer { cairo_pattern_destroy(pattern) }
        for stop in gradient.stops {
            let color = stop.color
            cairo_pattern_add_color_stop_rgba(
                pattern, stop.position, Double(color.red) / 255, Double(color.green) / 255,
                Double(color.blue) / 255, min(max(color.alpha, 0), 1))
        }
        canvas.draw(in: box.insetBy(-1), opacity: opacity, blend: blend) { context in
            let isLarge = canvas.width * canvas.height >= Self.largeCanvas
            let small = isLarge && isSmooth ? makeSmall(pattern, canvas) : nil
            defer { cairo_pattern_destroy(small) }
            cairo_set_source(context, small ?? pattern)
            cairo_rectangle(context, box.x, box.y, box.width, box.height)
            cairo_fill(context)
        }
    }

    /// Cairo computes radial gradients pixel by pixel in 7 ms for 1280×720; a quarter of the size, enlarged, takes
    /// a third of that.
    private static let reduction = 4.0
    /// Pixels below which a reduced picture would gain little and show.
    private static let largeCanvas = 500_000.0

    /// True when the reduced picture looks the same.
    private var isSmooth: Bool {
        guard case .radial(_, let radius) = gradient.shape, radius >= 0.2 else { return false }
        return zip(gradient.stops, gradient.stops.dropFirst()).allSatisfy { $1.position - $0.position >= 0.1 }
    }

    /// The pattern as a reduced picture of the canvas; `nil` when Cairo has no memory for it.
    private func makeSmall(_ pattern: OpaquePointer, _ canvas: CairoCanvas) -> OpaquePointer? {
        let (width, height) = (canvas.width / Self.reduction, canvas.height / Self.reduction)
        let surface = cairo_image_surface_create(
            CAIRO_FORMAT_ARGB32, Int32(width.rounded(.up)) + 1, Int32(height.rounded(.up)) + 1)
        defer { cairo_surface_destroy(surface) }
        guard let context = cairo_create(surface) else { return nil }
        defer { cairo_destroy(context) }
        cairo_scale(context, 1 / Self.reduction, 1 / Self.reduction)
        cairo_set_source(context, pattern)
        cairo_paint(context)
        guard cairo_status(context) == CAIRO_STATUS_SUCCESS else { return nil }
        let small = cairo_pattern_create_for_surface(surface)
        var matrix = cairo_matrix_t()
        cairo_matrix_init_scale(&matrix, 1 / Self.reduction, 1 / Self.reduction)
        cairo_pattern_set_matrix(small, &matrix)
        cairo_pattern_set_filter(small, CAIRO_FILTER_BILINEAR)
        cairo_pattern_set_extend(small, CAIRO_EXTEND_PAD)
        return small
    }

    private func makePattern(_ box: PixelRect) -> OpaquePointer? {
        let (middleX, middleY) = (box.x + box.width / 2, box.y + box.height / 2)
        switch gradient.shape {
        case .linear(let degrees):
            let angle = degrees.within(3600) * .pi / 180
            // CSS: the line is as long as puts the corners at its ends.
            let half = (abs(box.width * sin(angle)) + abs(box.height * cos(angle))) / 2
            let (x, y) = (sin(angle) * half, -cos(angle) * half)
            return cairo_pattern_create_linear(middleX - x, middleY - y, middleX + x, middleY + y)
        case .radial(let center, let radius):
            let (x, y) = (box.x + center.x.within(16) * box.width, box.y + center.y.within(16) * box.height)
            let length = max(radius.within(16), 0) * hypot(box.width, box.height) / 2
            return cairo_pattern_create_radial(x, y, 0, x, y, length)
        }
    }
}

/// Draws a rectangle or an ellipse.
struct ShapePainter {
    let shape: ShapeLayer

    func draw(on canvas: CairoCanvas, opacity: Double, blend: BlendMode) {
        let box = shape.rect.pixels(of: canvas.pixels.size)
        let shorterSide = Double(canvas.pixels.size.shorterSide)
        guard box.width > 0, box.height > 0 else { return }
        let stroke = max(shape.stroke?.width ?? 0, 0).within(4) * shorterSide
        let bounds = shape.rotation == 0 ? box : box.rotatedBounds
        canvas.draw(in: bounds.insetBy(-stroke - 1), opacity: opacity, blend: blend) { context in
            cairo_translate(context, box.x + box.width / 2, box.y + box.height / 2)
            cairo_rotate(context, shape.rotation.within(3600) * .pi / 180)
            path(context, width: box.width, height: box.height, shorterSide)
            if let color = shape.stroke?.color, stroke > 0 {
                context.setSource(color)
                cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
                // The inner half goes under the fill; without one, it shows.
                cairo_set_line_width(context, 2 * stroke)
                cairo_stroke_preserve(context)
            }
            if let fill = shape.fill {
                context.setSource(fill)
                cairo_fill_preserve(context)
            }
            cairo_new_path(context)
        }
    }

    /// The figure around the origin.
    private func path(_ context: OpaquePointer, width: Double, height: Double, _ shorterSide: Double) {
        cairo_new_path(context)
        switch shape.figure {
        case .ellipse:
            cairo_save(context)
            cairo_scale(context, width / 2, height / 2)
            cairo_arc(context, 0, 0, 1, 0, 2 * .pi)
            cairo_close_path(context)
            cairo_restore(context)
        case .rectangle(let fraction):
            let (x, y) = (width / 2, height / 2)
            let radius = min(max(fraction, 0).within(4) * shorterSide, min(x, y))
            cairo_new_sub_path(context)
            cairo_arc(context, x - radius, radius - y, radius, -.pi / 2, 0)
            cairo_arc(context, x - radius, y - radius, radius, 0, .pi / 2)
            cairo_arc(context, radius - x, y - radius, radius, .pi / 2, .pi)
            cairo_arc(context, radius - x, radius - y, radius, .pi, 1.5 * .pi)
            cairo_close_path(context)
        }
    }
}

extension PixelRect {
    /// The same box smaller by so many pixels on each side, or larger by fewer than none.
    func insetBy(_ pixels: Double) -> PixelRect {
        PixelRect(x: x + pixels, y: y + pixels, width: width - 2 * pixels, height: height - 2 * pixels)
    }

    /// A box that holds this one at any rotation around its centre.
    var rotatedBounds: PixelRect {
        let diagonal = hypot(width, height)
        return PixelRect(
            x: x + (width - diagonal) / 2, y: y + (height - diagonal) / 2, width: diagonal, height: diagonal)
    }
}

extension CairoCanvas {
    /// Fills everything with an opaque colour.
    func fill(_ color: Color) {
        let pixel =
            0xFF00_0000 | UInt32(color.red) << 16 | UInt32(color.green) << 8 | UInt32(color.blue)
        withPixels { pixels in
            pixels.bytes.bindMemory(to: UInt32.self).update(repeating: pixel)
        }
    }
}
