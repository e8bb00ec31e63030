import Imaging
package import ThumbwireKit

/// Cuts the background to the canvas's shape around what matters, away from where the title will stand.
package struct SmartCrop: PostProcessor {
    /// What stands in a chain's `with`.
    package struct Configuration: Decodable, Sendable {
        var layout: String
        var zoom: Double
        var on: StepScope
    }

    package static let manifest = PluginManifest(
        id: "smart-crop", version: PluginVersion(1, 0, 0), kind: .postProcessor,
        summary: "Crops the background to the canvas around its subject, clear of the title",
        configuration: [
            ConfigurationField(
                "layout", .choice(LayoutType.allCases.map { $0.rawValue }),
                "where the title of requests without layoutType goes, as in the layout step",
                default: .string(Layout.defaultLayout.rawValue)),
            ConfigurationField(
                "zoom", .number(1...2), "how far it may go closer to bring the subject to its place",
                default: 1.15),
            StepScope.field,
        ])

    private let layout: LayoutType
    private let zoom: Double
    private let scope: StepScope

    package init(configuration: Configuration) throws {
        layout = try Layout.layoutType(configuration.layout)
        zoom = configuration.zoom
        scope = configuration.on
    }

    package func process(_ composition: inout Composition, context: any ProcessingContext) throws {
        guard scope.includes(context.product), var background = composition.background else { return }
        let source = try context.pixels(of: background.image.source)
        let saliency = SaliencyMap(PictureGrid(source))
        let hasTitle = !(context.request.title ?? "").isEmpty
        let text = TitleGeometry(composition.canvas.size)
            .box(for: context.request.layoutType ?? layout)
        let search = CropSearch(
            source: source.size, canvas: composition.canvas.size, saliency: saliency,
            text: hasTitle ? text : nil, zoom: zoom)
        let (crop, score) = search.best()
        background.image.placement = .cover(crop: crop)
        background.image.focus = saliency.focus
        composition.set(background.image, at: background.index)
        composition.provenance["crop"] = [
            "score": .number((score * 1_000).rounded() / 1_000),
            "focus": ["x": .number(saliency.focus.x), "y": .number(saliency.focus.y)],
        ]
    }
}
