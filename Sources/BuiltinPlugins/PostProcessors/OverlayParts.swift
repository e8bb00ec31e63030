import Imaging
import ThumbwireKit

/// The layers of an overlay step, made from a checked configuration.
struct OverlayParts: Sendable {
    /// What lies between the picture and the title.
    let under: [Layer]
    private let border: (color: Color?, width: Double)?
    private let badge: BadgeDesign?

    private struct BadgeDesign {
        var text: String
        var anchor: Anchor
        var color: Color?
        var textColor: Color?
    }

    init(_ configuration: Overlay.Configuration) throws(ConfigurationError) {
        var under: [Layer] = []
        if let gradient = configuration.gradient { under.append(try Self.gradient(gradient)) }
        if configuration.vignette > 0 {
            under.append(
                Layer(
                    id: "overlay-vignette",
                    content: .vignette(VignetteLayer(strength: min(configuration.vignette, 1)))))
        }
        self.under = under
        if let frame = configuration.border {
            let width = try Self.number(frame.width ?? 0.015, in: 0.002...0.1, "border.width")
            border = (try Self.color(frame.color, "border.color"), width)
        } else {
            border = nil
        }
        badge = try Self.badge(configuration.badge)
    }

    private static func gradient(_ gradient: Overlay.Gradient) throws(ConfigurationError) -> Layer {
        let from = try color(gradient.from, "gradient.from") ?? .black
        let to = try color(gradient.to, "gradient.to") ?? .black
        let angle = try number(gradient.angle ?? 180, in: -360...360, "gradient.angle")
        let opacity = try number(gradient.opacity ?? 0.4, in: 0...1, "gradient.opacity")
        return Layer(
            id: "overlay-gradient",
            content: .gradient(
                GradientLayer(
                    shape: .linear(angle: angle),
                    stops: [.init(position: 0, color: from), .init(position: 1, color: to)])),
            opacity: opacity)
    }

    private static func badge(_ badge: Overlay.Badge?) throws(ConfigurationError) -> BadgeDesign? {
        guard let badge else { return nil }
        let text = TitleText(badge.text).text
        guard (1...24).contains(text.unicodeScalars.count) else {
            throw ConfigurationError(field: "badge.text", message: "has not 1 to 24 characters")
        }
        guard let anchor = Anchor(rawValue: badge.anchor ?? Anchor.topRight.rawValue) else {
            let allowed = Anchor.allCases.map { $0.rawValue }.joined(separator: ", ")
            throw ConfigurationError(field: "badge.anchor", message: "allowed are \(allowed)")
        }
        return BadgeDesign(
            text: text, anchor: anchor, color: try color(badge.color, "badge.color"),
            textColor: try color(badge.textColor, "badge.textColor"))
    }

    /// What lies above the title.
    func above(on canvas: PixelSize, accent: Color) -> [Layer] {
        var layers: [Layer] = []
        if let border { layers.append(frame(border.color ?? accent, border.width, canvas)) }
        if let badge { layers += drawn(badge, canvas, accent: accent) }
        return layers
    }

    /// A stroked rectangle whose line lies inside the canvas: half of it on each side of the figure's edge.
    private func frame(_ color: Color, _ width: Double, _ canvas: PixelSize) -> Layer {
        let line = width * Double(canvas.shorterSide)
        let (x, y) = (line / 2 / Double(canvas.width), line / 2 / Double(canvas.height))
        let shape = ShapeLayer(
            rect: UnitRect(x: x, y: y, width: 1 - 2 * x, height: 1 - 2 * y),
            figure: .rectangle(cornerRadius: 0), fill: nil, stroke: Stroke(color: color, width: width / 2))
        return Layer(id: "overlay-border", content: .shape(shape))
    }

    private func drawn(_ badge: BadgeDesign, _ canvas: PixelSize, accent: Color) -> [Layer] {
        let side = Double(canvas.shorterSide)
        let isPortrait = TitleGeometry(canvas).frame == .portrait
        let (width, height) =
            Double(canvas.width) > side ? (Double(canvas.width), side) : (side, Double(canvas.height))
        let boxHeight = 0.1 * side
        let boxWidth = min(0.5 * width, boxHeight * (0.9 + 0.62 * Double(badge.text.unicodeScalars.count)))
        let margin = 0.045 * side
        // Shorts cover more at the top, the bottom and the right.
        let top = isPortrait ? 0.16 * height : margin
        let bottom = isPortrait ? 0.26 * height : 0.15 * side
        let right = isPortrait ? 0.16 * width : margin
        let place = badge.anchor.fractions
        let x = margin + (width - margin - right - boxWidth) * place.x
        let y = top + (height - top - bottom - boxHeight) * place.y
        let rect = UnitRect(x: x / width, y: y / height, width: boxWidth / width, height: boxHeight / height)
        let ground = badge.color ?? accent
        var text = TextLayer(
            text: badge.text,
            rect: UnitRect(
                x: rect.x + rect.width * 0.08, y: rect.y + rect.height * 0.18, width: rect.width * 0.84,
                height: rect.height * 0.64),
            font: TextLayer.Font(family: "Inter", weight: 900),
            fit: TextLayer.Fit(minimum: 0.02, maximum: 0.085, maximumLines: 1))
        text.alignment = .center
        text.letterCase = TitleStyle.suitsCapitals(badge.text) ? .upper : .original
        let isDark = Contrast.ratio(ground, .white) > Contrast.ratio(ground, .black)
        text.fill = badge.textColor ?? (isDark ? .white : .black)
        return [
            Layer(
                id: "overlay-badge",
                content: .shape(ShapeLayer(rect: rect, figure: .rectangle(cornerRadius: 0.022), fill: ground))
            ),
            Layer(id: "overlay-badge-text", content: .text(text)),
        ]
    }

    private static func color(_ text: String?, _ field: String) throws(ConfigurationError) -> Color? {
        guard let text else { return nil }
        guard let color = Color(hex: text) else {
            throw ConfigurationError(field: field, message: "is not of the form #RRGGBB")
        }
        return color
    }

    private static func number(
        _ value: Double, in range: ClosedRange<Double>, _ field: String
    ) throws(ConfigurationError) -> Double {
        guard range.contains(value) else {
            throw ConfigurationError(
                field: field, message: "is \(value); allowed are \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}

extension Anchor {
    /// 0 at the left or top, 1 at the right or bottom.
    fileprivate var fractions: UnitPoint {
        let x: Double =
            switch self {
            case .topLeft, .left, .bottomLeft: 0
            case .top, .center, .bottom: 0.5
            case .topRight, .right, .bottomRight: 1
            }
        let y: Double =
            switch self {
            case .topLeft, .top, .topRight: 0
            case .left, .center, .right: 0.5
            case .bottomLeft, .bottom, .bottomRight: 1
            }
        return UnitPoint(x: x, y: y)
    }
}
