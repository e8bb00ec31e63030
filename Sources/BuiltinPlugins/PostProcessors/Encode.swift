import Imaging
package import ThumbwireKit

/// Renders the composition and hands over the finished files.
package struct Encode: PostProcessor {
    /// What stands in a chain's `with`.
    package struct Configuration: Decodable, Sendable {
        var format: String
        var quality: Int
        var maxBytes: Int?
        var chroma: String
        var additional: [Additional]?
    }

    /// One more file of the same picture.
    package struct Additional: Decodable, Sendable {
        var width: Int
        var format: String?
    }

    /// What `additional` may ask for.
    private static let widths = 64...4_096
    private static let chromaChoices = ["4:4:4", "4:2:0"]

    package static let manifest = PluginManifest(
        id: "encode", version: PluginVersion(1, 0, 0), kind: .postProcessor,
        summary: "Renders the composition and encodes it, within a number of bytes if asked to",
        configuration: [
            ConfigurationField(
                "format", .choice(ImageFormat.allCases.map { $0.rawValue }),
                "the file format where the request names none",
                default: "jpeg"),
            ConfigurationField(
                "quality", .integer(1...100), "of JPEG and WebP, where the request names none", default: 92),
            ConfigurationField(
                "maxBytes", .integer(10_000...50_000_000),
                "the most bytes of a file; quality is lowered to meet it", default: 2_000_000),
            ConfigurationField(
                "chroma", .choice(chromaChoices),
                "colour samples of JPEG: 4:4:4 keeps coloured letters sharp",
                default: "4:4:4"),
            ConfigurationField(
                "additional", .array,
                "more files of the picture: [{\"width\": 640, \"format\": \"webp\"}], width 64 to 4096"),
        ])

    private let options: EncodeOptions
    private let additional: [(width: Int, format: ImageFormat)]

    package init(configuration: Configuration) throws {
        let format = try Self.format(configuration.format, field: "format")
        guard Self.chromaChoices.contains(configuration.chroma) else {
            throw ConfigurationError(field: "chroma", message: "allowed are 4:4:4, 4:2:0")
        }
        options = EncodeOptions(
            format: format, quality: configuration.quality,
            chroma: configuration.chroma == "4:2:0" ? .quarter : .full, maximumBytes: configuration.maxBytes)
        let extra = configuration.additional ?? []
        guard extra.count <= 8 else {
            throw ConfigurationError(
                field: "additional", message: "has \(extra.count) elements; the limit is 8")
        }
        additional = try extra.enumerated().map { index, item throws(ConfigurationError) in
            guard Self.widths.contains(item.width) else {
                throw ConfigurationError(
                    field: "additional[\(index)].width", message: "is \(item.width); allowed are 64 to 4096")
            }
            let name = item.format ?? configuration.format
            return (item.width, try Self.format(name, field: "additional[\(index)].format"))
        }
    }

    private static func format(_ name: String, field: String) throws(ConfigurationError) -> ImageFormat {
        guard let format = ImageFormat(rawValue: name) else {
            throw ConfigurationError(field: field, message: "is \"\(name)\"; allowed are jpeg, png, webp")
        }
        return format
    }

    package func process(_ composition: inout Composition, context: any ProcessingContext) throws {
        let pixels = try context.render(composition)
        try context.checkCancellation()
        var options = options
        // The client's word goes before the chain's; the encoder's scale begins at 1.
        if let format = context.request.format { options.format = format }
        if let quality = context.request.quality { options.quality = max(1, quality) }
        context.attach(try encode(pixels, options))
        for (width, format) in additional {
            try context.checkCancellation()
            let height = max(1, (width * pixels.size.height + pixels.size.width / 2) / pixels.size.width)
            let resized = Resampler.resize(pixels, to: PixelSize(width: width, height: height))
            var own = options
            own.format = format
            context.attach(try encode(resized, own))
        }
    }

    private func encode(_ pixels: PixelBuffer, _ options: EncodeOptions) throws -> EncodedPicture {
        do throws(ImageError) {
            let image = try ImageEncoder.encode(pixels, as: options)
            return EncodedPicture(bytes: image.bytes, format: image.format, size: image.size)
        } catch .budgetUnreachable(let smallest, let limit) {
            throw Failure(
                .invalidInput, code: "output_too_large",
                message:
                    "the \(options.format.rawValue) has at least \(smallest) bytes; the limit is \(limit) "
                    + "(maxBytes)")
        } catch {
            throw Failure(.internal, code: "image_encoding_failed", message: "\(error)")
        }
    }
}
