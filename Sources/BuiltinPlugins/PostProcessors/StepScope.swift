import ThumbwireKit

/// On which pictures a step works.
enum StepScope: String, Decodable, Sendable, CaseIterable {
    /// Pictures without text; finished pictures of a provider stay as they are.
    case background
    /// All pictures.
    case any

    /// The member of the configuration that all such steps share.
    static let field = ConfigurationField(
        "on", .choice(allCases.map { $0.rawValue }),
        "background skips pictures that a provider delivers finished, any works on them too",
        default: "background")

    func includes(_ product: PluginManifest.Product) -> Bool {
        self == .any || product == .background
    }
}

extension Composition {
    /// The layer that covers the canvas with the provider's picture: the lowest covering image.
    var background: (index: Int, image: ImageLayer)? {
        for (index, layer) in layers.enumerated() {
            if case .image(let image) = layer.content, case .cover = image.placement { return (index, image) }
        }
        return nil
    }

    /// Replaces the picture of an image layer.
    mutating func set(_ image: ImageLayer, at index: Int) {
        layers[index].content = .image(image)
    }

    /// The same picture small and without text: what analysis looks at. Nothing that does not show is in it, so
    /// that steps which add only findings do not cost another drawing.
    var preview: Composition {
        let longest = max(canvas.size.width, canvas.size.height)
        let scale = min(1, 320 / Double(longest))
        var small = Composition(canvas: canvas)
        small.canvas.size = PixelSize(
            width: max(1, Int(Double(canvas.size.width) * scale)),
            height: max(1, Int(Double(canvas.size.height) * scale)))
        small.layers = layers.filter { layer in
            if case .text = layer.content { return false }
            if case .unknown = layer.content { return false }
            return true
        }
        return small
    }
}
