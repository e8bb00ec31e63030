import Imaging
package import ThumbwireKit

/// Adds decoration: a gradient, a vignette, a border, a badge.
package struct Overlay: PostProcessor {
    /// What stands in a chain's `with`.
    package struct Configuration: Decodable, Sendable {
        var gradient: Gradient?
        var vignette: Double
        var border: Border?
        var badge: Badge?
        var on: StepScope
    }

    /// A gradient over the picture and under the title.
    package struct Gradient: Decodable, Sendable {
        var from: String
        var to: String
        var angle: Double?
        var opacity: Double?
    }

    /// A frame around the canvas; its width in fractions of the shorter side.
    package struct Border: Decodable, Sendable {
        var color: String?
        var width: Double?
    }

    /// A short text on a rounded ground in a corner.
    package struct Badge: Decodable, Sendable {
        var text: String
        var anchor: String?
        var color: String?
        var textColor: String?
    }

    package static let manifest = PluginManifest(
        id: "overlay", version: PluginVersion(1, 0, 0), kind: .postProcessor,
        summary: "Adds a gradient, a vignette, a border or a badge",
        configuration: [
            ConfigurationField(
                "gradient", .object,
                "under the title: {\"from\": \"#RRGGBB\", \"to\": \"#RRGGBB\", \"angle\": 180, \"opacity\": 0.4}"
            ),
            ConfigurationField("vignette", .number(0...1), "how dark the corners get", default: 0.0),
            ConfigurationField(
                "border", .object, "around the picture: {\"color\": \"#RRGGBB\", \"width\": 0.015}"),
            ConfigurationField(
                "badge", .object,
                "in a corner: {\"text\": \"NEW\", \"anchor\": \"top-right\", \"color\": \"#RRGGBB\", "
                    + "\"textColor\": \"#RRGGBB\"}; without a colour, the accent's"),
            StepScope.field,
        ])

    private let parts: OverlayParts
    private let scope: StepScope

    package init(configuration: Configuration) throws {
        parts = try OverlayParts(configuration)
        scope = configuration.on
    }

    package func process(_ composition: inout Composition, context: any ProcessingContext) throws {
        guard scope.includes(context.product) else { return }
        let accent = composition.provenance["accent"]?["color"]?.string.flatMap { Color(hex: $0) }
        let ids = [
            "overlay-gradient", "overlay-vignette", "overlay-border", "overlay-badge", "overlay-badge-text",
        ]
        composition.layers.removeAll { ids.contains($0.id) }
        let underTitle = composition.layers.firstIndex { $0.id == "scrim" || $0.id == "title" }
        composition.layers.insert(contentsOf: parts.under, at: underTitle ?? composition.layers.count)
        composition.layers += parts.above(
            on: composition.canvas.size, accent: accent ?? AccentColor.curated[0])
        for layer in composition.layers {
            guard layer.id == "overlay-badge-text", case .text(var text) = layer.content,
                let renderer = Renderer.ofThisThread
            else { continue }
            text.resolved = renderer.measure(text, canvas: composition.canvas.size).resolved
            composition[layer: layer.id]?.content = .text(text)
        }
    }
}
