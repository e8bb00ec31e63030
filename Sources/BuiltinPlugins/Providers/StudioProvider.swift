import Imaging
package import ThumbwireKit

/// Draws backgrounds itself: no key, no network, and the same picture for the same words.
package struct StudioProvider: Provider {
    /// What stands in the file's `config`.
    package struct Configuration: Decodable, Sendable {
        var style: String
    }

    /// The values of `style`.
    package static let styleNames = ["auto"] + StudioStyle.allCases.map { $0.rawValue }

    package static let manifest = PluginManifest(
        id: "studio", version: PluginVersion(1, 0, 0), kind: .provider,
        summary: "Draws a background in the colours of the prompt, without a key and without a network",
        configuration: [
            ConfigurationField(
                "style", .choice(styleNames), "auto chooses by the words of the prompt", default: "auto")
        ], reads: [.title, .prompt, .video, .sourceImage], sources: [.youTube, .page, .image],
        isLastResort: true)

    /// `nil` chooses by the words.
    private let style: StudioStyle?

    package init(configuration: Configuration) throws {
        style = StudioStyle(rawValue: configuration.style)
        guard style != nil || configuration.style == "auto" else {
            throw ConfigurationError(
                field: "style", message: "allowed are \(Self.styleNames.joined(separator: ", "))")
        }
    }

    package func create(
        _ request: GenerationRequest, context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer {
        warnOfUnreadFields(of: request.thumbnail, context)
        if let source = try await context.images(.source).first {
            return photo(source, from: "source image", for: request)
        }
        if let frame = await context.videoFrame() { return photo(frame, from: "video frame", for: request) }
        let subject = try GenerationSubject(request.thumbnail, video: await context.videoContext())
        var pictures: [GenerationResult.Picture] = []
        var styles: [JSONValue] = []
        for variant in 0..<max(1, request.thumbnail.variants) {
            let scene = StudioScene(request, subject: subject, variant: variant, style: style)
            styles.append(.string(scene.style.rawValue))
            let bytes = try await draw(scene, context)
            pictures.append(GenerationResult.Picture(bytes: bytes, mediaType: ImageFormat.jpeg.mediaType))
        }
        return .finished(
            GenerationResult(pictures: pictures, provenance: ["studio": ["styles": .array(styles)]]))
    }

    /// Every variant on the same photo: the post-processors do the rest.
    private func photo(
        _ picture: GenerationResult.Picture, from origin: String, for request: GenerationRequest
    ) -> GenerationAnswer {
        let pictures = Array(repeating: picture, count: max(1, request.thumbnail.variants))
        return .finished(GenerationResult(pictures: pictures, provenance: ["studio": .string(origin)]))
    }

    /// What a client gives and this provider cannot use is said, not passed over.
    private func warnOfUnreadFields(of request: ThumbnailRequest, _ context: any ProviderContext) {
        let given = [
            ("referenceImageUrl", !request.referenceImages.isEmpty),
            ("maskImageUrl", request.maskImage != nil),
        ]
        for (field, isGiven) in given where isGiven {
            context.warn(
                Warning(code: "field_not_used", message: "\(field) is not read by the studio provider"))
        }
    }

    private func draw(
        _ scene: StudioScene, _ context: any ProviderContext
    ) async throws(Failure) -> [UInt8] {
        do {
            return try await context.render {
                let pixels = try scene.paint()
                let options = EncodeOptions(format: .jpeg, quality: 95, chroma: .full)
                return try ImageEncoder.encode(pixels, as: options).bytes
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(
                .internal, code: "plugin_error", message: "the background could not be drawn",
                detail: "\(error)")
        }
    }
}
