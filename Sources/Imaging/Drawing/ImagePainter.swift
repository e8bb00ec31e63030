import CCairo
import ThumbwireKit

/// Draws a picture over the canvas or at an anchor.
struct ImagePainter {
    let image: ImageLayer
    let source: PixelBuffer
    let canvas: CairoCanvas

    /// Resizes, lets `grade` change the resized copy in place, and draws it.
    func draw(opacity: Double, blend: BlendMode, grade: (PixelBuffer) -> Void) {
        let (part, frame) = geometry
        let size = PixelSize(width: max(Int(frame.width), 1), height: max(Int(frame.height), 1))
        let pixels = Resampler.resize(source, crop: part, to: size)
        grade(pixels)
        let isPlain = opacity >= 1 && blend == .normal && !pixels.hasAlpha && size == canvas.pixels.size
        if isPlain, frame.x == 0, frame.y == 0 {
            canvas.withPixels { $0.base.copyMemory(from: pixels.base, byteCount: pixels.bytes.count) }
        } else {
            paint(pixels, at: frame, opacity: opacity, blend: blend)
        }
    }

    private func paint(_ pixels: PixelBuffer, at frame: PixelRect, opacity: Double, blend: BlendMode) {
        let surface = pixels.makeSurface()
        let context = canvas.context
        cairo_save(context)
        cairo_set_source_surface(context, surface, frame.x, frame.y)
        cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_NEAREST)
        cairo_set_operator(context, blend.cairoOperator)
        cairo_rectangle(context, frame.x, frame.y, frame.width, frame.height)
        cairo_clip(context)
        cairo_paint_with_alpha(context, min(opacity, 1))
        cairo_restore(context)
        cairo_surface_destroy(surface)
    }

    /// The part of the source, in its pixels, and the frame on the canvas, in whole ones.
    private var geometry: (part: PixelRect, frame: PixelRect) {
        let whole = PixelRect(
            x: 0, y: 0, width: Double(source.size.width), height: Double(source.size.height))
        switch image.placement {
        case .cover(let crop):
            let part = crop.pixels(of: source.size).clamped(to: whole)
            let frame = PixelRect(x: 0, y: 0, width: canvas.width, height: canvas.height)
            return (part.cut(toShapeOf: frame), frame)
        case .anchored(let anchor, let fraction, let margin):
            return (whole, anchoredFrame(anchor, fraction: fraction, margin: margin))
        }
    }

    private func anchoredFrame(_ anchor: Anchor, fraction: Double, margin: Double) -> PixelRect {
        let aspect = Double(source.size.height) / Double(source.size.width)
        // Twice the canvas is more than any picture shows.
        let widest = min(2 * canvas.width, 2 * canvas.height / aspect)
        let width = min(max(fraction * canvas.width, 1), max(widest, 1)).rounded()
        let height = max((width * aspect).rounded(), 1)
        let gap = margin * Double(canvas.pixels.size.shorterSide)
        let place = anchor.place
        let x = gap + (canvas.width - 2 * gap - width) * place.x
        let y = gap + (canvas.height - 2 * gap - height) * place.y
        return PixelRect(x: x.rounded(), y: y.rounded(), width: width, height: height)
    }
}

extension Anchor {
    /// Where it is between the edges: 0 at the left or top, 1 at the right or bottom.
    var place: UnitPoint {
        switch self {
        case .topLeft: UnitPoint(x: 0, y: 0)
        case .top: UnitPoint(x: 0.5, y: 0)
        case .topRight: UnitPoint(x: 1, y: 0)
        case .left: UnitPoint(x: 0, y: 0.5)
        case .center: UnitPoint(x: 0.5, y: 0.5)
        case .right: UnitPoint(x: 1, y: 0.5)
        case .bottomLeft: UnitPoint(x: 0, y: 1)
        case .bottom: UnitPoint(x: 0.5, y: 1)
        case .bottomRight: UnitPoint(x: 1, y: 1)
        }
    }
}

extension PixelRect {
    /// The part of it inside another one, at least a pixel large.
    func clamped(to outer: PixelRect) -> PixelRect {
        let left = min(max(x, outer.x), outer.right - 1)
        let top = min(max(y, outer.y), outer.bottom - 1)
        return PixelRect(
            x: left, y: top, width: max(min(right, outer.right) - left, 1),
            height: max(min(bottom, outer.bottom) - top, 1))
    }

    /// Cut around its centre to the proportions of another one.
    func cut(toShapeOf frame: PixelRect) -> PixelRect {
        let scale = min(width / frame.width, height / frame.height)
        let (newWidth, newHeight) = (frame.width * scale, frame.height * scale)
        return PixelRect(
            x: x + (width - newWidth) / 2, y: y + (height - newHeight) / 2, width: newWidth, height: newHeight)
    }
}
