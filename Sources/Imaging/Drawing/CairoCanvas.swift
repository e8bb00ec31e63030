import CCairo
import ThumbwireKit

/// A Cairo context over the pixels of a buffer.
final class CairoCanvas {
    let pixels: PixelBuffer
    let context: OpaquePointer
    private let surface: OpaquePointer?

    var width: Double { Double(pixels.size.width) }
    var height: Double { Double(pixels.size.height) }

    /// Fails when Cairo has no memory or refuses the size.
    init(_ pixels: PixelBuffer) throws {
        self.pixels = pixels
        surface = pixels.makeSurface()
        guard let context = cairo_create(surface), cairo_status(context) == CAIRO_STATUS_SUCCESS else {
            cairo_surface_destroy(surface)
            throw ImageError.tooLarge(pixels.size, limit: "what cairo can draw on")
        }
        self.context = context
    }

    deinit {
        cairo_destroy(context)
        cairo_surface_destroy(surface)
    }

    /// Throws when Cairo gave up on anything drawn so far; it draws nothing from then on.
    func check() throws(ImageError) {
        let status = cairo_status(context)
        guard status == CAIRO_STATUS_SUCCESS else {
            throw .drawingFailed(String(cString: cairo_status_to_string(status)))
        }
    }

    /// Changes the pixels past Cairo, which is told before and after.
    func withPixels(_ body: (PixelBuffer) -> Void) {
        cairo_surface_flush(surface)
        body(pixels)
        cairo_surface_mark_dirty(surface)
    }

    /// Draws inside a box with an opacity and a blend mode; what is drawn together mixes as one.
    func draw(in box: PixelRect, opacity: Double, blend: BlendMode, _ body: (OpaquePointer) -> Void) {
        cairo_save(context)
        defer { cairo_restore(context) }
        let (left, top) = (max(box.x.rounded(.down), 0), max(box.y.rounded(.down), 0))
        let (right, bottom) = (min(box.right.rounded(.up), width), min(box.bottom.rounded(.up), height))
        guard right > left, bottom > top else { return }
        cairo_rectangle(context, left, top, right - left, bottom - top)
        cairo_clip(context)
        guard opacity < 1 || blend != .normal else { return body(context) }
        cairo_push_group(context)
        body(context)
        cairo_pop_group_to_source(context)
        cairo_set_operator(context, blend.cairoOperator)
        cairo_paint_with_alpha(context, opacity)
    }
}

extension PixelBuffer {
    /// A Cairo surface over these pixels, which must outlive it.
    func makeSurface() -> OpaquePointer? {
        cairo_image_surface_create_for_data(
            base.assumingMemoryBound(to: UInt8.self), CAIRO_FORMAT_ARGB32, Int32(size.width),
            Int32(size.height),
            Int32(stride))
    }
}

extension BlendMode {
    var cairoOperator: cairo_operator_t {
        switch self {
        case .normal: CAIRO_OPERATOR_OVER
        case .multiply: CAIRO_OPERATOR_MULTIPLY
        case .screen: CAIRO_OPERATOR_SCREEN
        case .overlay: CAIRO_OPERATOR_OVERLAY
        case .softLight: CAIRO_OPERATOR_SOFT_LIGHT
        case .lighten: CAIRO_OPERATOR_LIGHTEN
        case .darken: CAIRO_OPERATOR_DARKEN
        }
    }
}

extension OpaquePointer {
    /// Sets a Cairo context's colour.
    func setSource(_ color: Color) {
        cairo_set_source_rgba(
            self, Double(color.red) / 255, Double(color.green) / 255, Double(color.blue) / 255,
            min(max(color.alpha, 0), 1))
    }
}
