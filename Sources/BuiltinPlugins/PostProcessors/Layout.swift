import Imaging
package import ThumbwireKit

/// Puts the title on the picture: large, balanced, outlined, clear of the platform's interface, and readable on
/// whatever is behind it.
package struct Layout: PostProcessor {
    /// Where titles go that no request places.
    static let defaultLayout = LayoutType.textLeft

    /// What stands in a chain's `with`.
    package struct Configuration: Decodable, Sendable {
        var layout: String
        var font: String
        var weight: Int
        var fill: String
        var uppercase: String
        var scrim: Bool
        var on: StepScope
    }

    package static let manifest = PluginManifest(
        id: "layout", version: PluginVersion(1, 0, 0), kind: .postProcessor,
        summary: "Draws the title inside the safe areas, at the best size, with contrast by measurement",
        configuration: [
            ConfigurationField(
                "layout", .choice(LayoutType.allCases.map { $0.rawValue }),
                "where the title of requests without layoutType goes",
                default: .string(defaultLayout.rawValue)),
            ConfigurationField("font", .string, "an installed font family", default: "Inter"),
            ConfigurationField("weight", .integer(100...1_000), "the font's weight, as in CSS", default: 900),
            ConfigurationField("fill", .color, "the colour of the letters", default: "#FFFFFF"),
            ConfigurationField(
                "uppercase", .choice(TitleCase.allCases.map { $0.rawValue }),
                "capitals: auto takes them for short titles in scripts that have them", default: "auto"),
            ConfigurationField(
                "scrim", .boolean, "whether it may darken the picture behind the title", default: true),
            StepScope.field,
        ])

    /// When a title is set in capitals.
    enum TitleCase: String, CaseIterable {
        case auto, always, never
    }

    private let layout: LayoutType
    private let style: TitleStyle
    private let titleCase: TitleCase
    private let hasScrim: Bool
    private let scope: StepScope

    package init(configuration: Configuration) throws {
        layout = try Self.layoutType(configuration.layout)
        guard let fill = Color(hex: configuration.fill) else {
            throw ConfigurationError(field: "fill", message: "is not of the form #RRGGBB")
        }
        guard let titleCase = TitleCase(rawValue: configuration.uppercase) else {
            throw ConfigurationError(field: "uppercase", message: "allowed are auto, always, never")
        }
        guard !configuration.font.isEmpty, configuration.font.utf8.count <= 100 else {
            throw ConfigurationError(field: "font", message: "is no family name of 1 to 100 bytes")
        }
        style = TitleStyle(
            font: TextLayer.Font(family: configuration.font, weight: configuration.weight), fill: fill)
        self.titleCase = titleCase
        hasScrim = configuration.scrim
        scope = configuration.on
    }

    static func layoutType(_ text: String) throws(ConfigurationError) -> LayoutType {
        guard let layout = LayoutType(rawValue: text) else {
            let allowed = LayoutType.allCases.map { $0.rawValue }.joined(separator: ", ")
            throw ConfigurationError(field: "layout", message: "is \"\(text)\"; allowed are \(allowed)")
        }
        return layout
    }

    package func process(_ composition: inout Composition, context: any ProcessingContext) throws {
        guard scope.includes(context.product) else { return }
        let geometry = TitleGeometry(composition.canvas.size)
        let known = Set(composition.safeAreas.map { $0.id })
        composition.safeAreas += geometry.safeAreas.filter { !known.contains($0.id) }
        composition.layers.removeAll { $0.id == "title" || $0.id == "scrim" }
        let title = TitleText(context.request.title ?? "")
        guard !title.isEmpty else { return }
        let chosen = context.request.layoutType ?? layout
        let grid = PictureGrid(try context.render(composition.preview), longerSide: 160)
        let side = chosen == .fullBleed ? calmestSide(grid, geometry) : TitleGeometry.Side.top
        var text = style.layer(
            title, in: geometry, layout: chosen, side: side, isUpper: isUpper(title.text))
        try resolve(&text, on: composition.canvas.size, context)
        var found: JSONObject = ["type": .string(chosen.rawValue)]
        if chosen == .fullBleed { found["side"] = .string(side.rawValue) }
        if hasScrim { addScrim(to: &composition, for: text, chosen, side, geometry, grid, &found) }
        style.stress(&text, with: composition.provenance["accent"], on: grid)
        composition.layers.append(Layer(id: "title", content: .text(text)))
        composition.provenance["layout"] = .object(found)
    }

    private func isUpper(_ text: String) -> Bool {
        switch titleCase {
        case .auto: TitleStyle.suitsCapitals(text)
        case .always: true
        case .never: false
        }
    }

    /// Measures, records and warns; the fit itself never lets ink out of the box, whatever the length.
    private func resolve(
        _ text: inout TextLayer, on canvas: PixelSize, _ context: any ProcessingContext
    ) throws {
        guard let renderer = Renderer.ofThisThread else {
            throw Failure(.misconfigured, code: "fonts_missing", message: "this machine has no fonts")
        }
        var measurement = renderer.measure(text, canvas: canvas)
        if let narrow = style.condensed(text, measurement.resolved, on: canvas) {
            let tried = renderer.measure(narrow, canvas: canvas)
            if tried.resolved.fontSize > measurement.resolved.fontSize * TitleStyle.condensedGain {
                (text, measurement) = (narrow, tried)
            }
        }
        text.resolved = measurement.resolved
        let minimum = text.fit.minimum * Double(canvas.shorterSide)
        if measurement.resolved.fontSize < minimum * 0.995 {
            // Rounded apart, so that the two never read as the same.
            let (pixels, least) = (Int(measurement.resolved.fontSize), Int(minimum.rounded(.up)))
            context.warn(
                Warning(
                    code: "title_too_long",
                    message: "the title is drawn at \(pixels) pixels, below the readable \(least); "
                        + "a title of up to 7 words reads better"))
        }
    }

    private func addScrim(
        to composition: inout Composition, for text: TextLayer, _ layout: LayoutType,
        _ side: TitleGeometry.Side, _ geometry: TitleGeometry, _ grid: PictureGrid, _ found: inout JSONObject
    ) {
        guard let ink = text.resolved?.ink else { return }
        let scrim = Scrim(layout: layout, side: side, frame: geometry.frame, ink: ink)
        // Light letters want dark behind them; for dark letters the outline is light and does the work.
        guard Contrast.luminance(text.fill) > 0.4 else { return }
        let least =
            switch layout {
            case .fullBleed: 0.0
            case .textCenter: 0.12
            case .textLeft, .textRight, .textBottom: 0.35
            }
        let (strength, contrast) = scrim.solve(grid, fill: text.fill, least: least)
        found["contrast"] = .number((contrast * 100).rounded() / 100)
        found["scrim"] = .number((strength * 1_000).rounded() / 1_000)
        guard strength > 0 else { return }
        composition.layers.append(Layer(id: "scrim", content: .gradient(scrim.gradient(strength))))
    }

    /// The side with the least edges and saliency behind the text; the first wins ties.
    private func calmestSide(_ grid: PictureGrid, _ geometry: TitleGeometry) -> TitleGeometry.Side {
        let saliency = SaliencyMap(grid)
        let sides: [TitleGeometry.Side] =
            geometry.frame == .portrait ? [.top, .bottom] : [.top, .bottom, .left, .right]
        var best = (side: TitleGeometry.Side.top, busyness: Double.infinity)
        for side in sides {
            let box = geometry.box(for: .fullBleed, side: side)
            let busyness = saliency.energy.relativeMean(in: box) + saliency.weights.relativeMean(in: box)
            if busyness < best.busyness - 0.05 { best = (side, busyness) }
        }
        return best.side
    }
}
