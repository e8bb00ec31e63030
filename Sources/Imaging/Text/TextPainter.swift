import CCairo
import CPango
import ThumbwireKit

/// Draws fitted text: shadow, then outline, then letters.
struct TextPainter {
    let fitted: FittedText
    let layer: TextLayer

    /// The box of all that is drawn, shadow included.
    var bounds: PixelRect? {
        guard let ink = fitted.ink else { return nil }
        guard let shadow = layer.shadow else { return ink }
        let reach = BlurredMask.reach(sigma: sigma(shadow))
        let cast = PixelRect(
            x: ink.x + shadow.offsetX.within(4) * fitted.fontSize - reach,
            y: ink.y + shadow.offsetY.within(4) * fitted.fontSize - reach, width: ink.width + 2 * reach,
            height: ink.height + 2 * reach)
        return ink.union(cast)
    }

    func draw(on canvas: CairoCanvas) {
        if let shadow = layer.shadow, shadow.color.alpha > 0 { draw(shadow, on: canvas) }
        drawStroke(on: canvas.context, color: layer.stroke?.color)
        drawFill(on: canvas.context)
    }

    private func sigma(_ shadow: TextLayer.Shadow) -> Double {
        // As in CSS: the blur radius is two standard deviations.
        min(max(shadow.blur.within(4), 0) * fitted.fontSize / 2, BlurredMask.maximumSigma)
    }

    private func draw(_ shadow: TextLayer.Shadow, on canvas: CairoCanvas) {
        guard let ink = fitted.ink else { return }
        let offset = (shadow.offsetX.within(4) * fitted.fontSize, shadow.offsetY.within(4) * fitted.fontSize)
        let visible = PixelRect(x: -offset.0, y: -offset.1, width: canvas.width, height: canvas.height)
        guard let mask = BlurredMask(covering: ink, within: visible, sigma: sigma(shadow)) else { return }
        mask.draw { context in
            drawStroke(on: context, color: layer.stroke == nil ? nil : .black)
            drawFill(on: context)
        }
        mask.paint(on: canvas.context, color: shadow.color, offsetX: offset.0, offsetY: offset.1)
    }

    private func drawStroke(on context: OpaquePointer, color: Color?) {
        guard let color, fitted.stroke > 0 else { return }
        cairo_save(context)
        cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
        cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND)
        // Half of a line lies under the letters.
        cairo_set_line_width(context, 2 * fitted.stroke)
        context.setSource(color)
        cairo_new_path(context)
        for line in fitted.lines {
            cairo_save(context)
            cairo_translate(context, line.x, line.baseline)
            tw_layout_path(context, line.shaped.layout)
            cairo_restore(context)
        }
        cairo_stroke(context)
        cairo_restore(context)
    }

    private func drawFill(on context: OpaquePointer) {
        for line in fitted.lines {
            cairo_save(context)
            cairo_translate(context, line.x, line.baseline)
            cairo_new_path(context)
            tw_layout_fill(
                context, line.shaped.layout, Double(layer.fill.red) / 255, Double(layer.fill.green) / 255,
                Double(layer.fill.blue) / 255, min(max(layer.fill.alpha, 0), 1))
            cairo_restore(context)
        }
    }
}
