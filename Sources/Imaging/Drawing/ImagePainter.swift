import CCairo
import ThumbwireKit

/// Draws a picture over the canvas or at an anchor.
struct ImagePainter {
    let image: ImageLayer
    let canvas: CairoCanvas

    /// A copy at the size at which it is drawn.
    func resized(_ source: PixelBuffer) -> PixelBuffer {
        let whole = PixelRect(
            x: 0, y: 0, width: Double(source.size.width), height: Double(source.size.height))
        switch image.placement {
        case .cover(let crop):
            let part = crop.pixels(of: source.size).clamped(to: whole)
            let frame = PixelRect(x: 0, y: 0, width: canvas.width, height: canvas.height)
            return Resampler.resize(source, crop: part.cut(toShapeOf: frame), to: canvas.pixels.size)
        case .anchored(_, let fraction, _):
            return Resampler.resize(source, to: anchoredSize(of: source.size, fraction: fraction))
        }
    }

    /// Draws pixels that `resized` made.
    func draw(_ pixels: PixelBuffer, opacity: Double, blend: BlendMode) {
        var isCover = false
        if case .cover = image.placement { isCover = true }
        if isCover, opacity >= 1, blend == .normal, !pixels.hasAlpha {
            canvas.withPixels { $0.base.copyMemory(from: pixels.base, byteCount: pixels.bytes.count) }
            return
        }
        let corner: (x: Double, y: Double) =
            switch image.placement {
            case .cover: (0, 0)
            case .anchored(let anchor, _, let margin): corner(of: pixels.size, anchor, margin: margin)
            }
        let frame = PixelRect(
            x: corner.x, y: corner.y, width: Double(pixels.size.width), height: Double(pixels.size.height))
        paint(pixels, at: frame, opacity: opacity, blend: blend)
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

    private func anchoredSize(of source: PixelSize, fraction: Double) -> PixelSize {
        let aspect = Double(source.height) / Double(source.width)
        // Twice the canvas is more than any picture shows.
        let widest = max(min(2 * canvas.width, 2 * canvas.height / aspect), 1)
        let width = min(max(fraction.within(4) * canvas.width, 1), widest).rounded()
        return PixelSize(width: Int(width), height: Int(max((width * aspect).rounded(), 1)))
    }

    /// The top left corner, in whole pixels of the canvas.
    private func corner(of size: PixelSize, _ anchor: Anchor, margin: Double) -> (x: Double, y: Double) {
        let gap = margin.within(16) * Double(canvas.pixels.size.shorterSide)
        let x = gap + (canvas.width - 2 * gap - Double(size.width)) * anchor.place.x
        let y = gap + (canvas.height - 2 * gap - Double(size.height)) * anchor.place.y
        return (x.rounded(), y.rounded())
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
            x: x + (width - newWidth) / 2, y: y + (height - newHeight) / 2, width: newWidth, height: newHeight
        )
    }
}
