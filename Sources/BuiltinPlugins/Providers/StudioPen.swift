import Glibc
import ThumbwireKit

/// Makes layers from centres and lengths in pixels.
struct StudioPen {
    let width: Double
    let height: Double
    /// The shorter side, in which lengths that look alike on all canvases are measured.
    let side: Double

    init(_ size: PixelSize) {
        width = Double(size.width)
        height = Double(size.height)
        side = Double(size.shorterSide)
    }

    /// A rectangle around a centre.
    func rect(x: Double, y: Double, width: Double, height: Double) -> UnitRect {
        UnitRect(
            x: (x - width / 2) / self.width, y: (y - height / 2) / self.height, width: width / self.width,
            height: height / self.height)
    }

    func shape(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ figure: ShapeLayer.Figure,
        fill: Color?,
        stroke: Stroke? = nil, angle: Double = 0
    ) -> Layer {
        Layer(
            id: "shape",
            content: .shape(
                ShapeLayer(
                    rect: rect(x: x, y: y, width: width, height: height), figure: figure, fill: fill,
                    stroke: stroke, rotation: angle)))
    }

    func line(
        _ from: (x: Double, y: Double), _ to: (x: Double, y: Double), thickness: Double, color: Color
    ) -> Layer {
        let (dx, dy) = (to.x - from.x, to.y - from.y)
        return shape(
            (from.x + to.x) / 2, (from.y + to.y) / 2, hypot(dx, dy) + thickness, thickness,
            .rectangle(cornerRadius: 0.5), fill: color, angle: atan2(dy, dx) * 180 / .pi)
    }
}
