internal import ThumbwireKit

/// One picture on its way through the post-processors, on one render thread.
final class PictureRun: ProcessingContext {
    let request: ThumbnailRequest
    let variant: Int
    let product: PluginManifest.Product
    private let pictures: [ImageReference: [UInt8]]
    private let rasterizer: any Rasterizer
    private let warnings: Warnings
    private let isStopped: () -> Bool
    private var decoded: [ImageReference: PixelBuffer] = [:]
    private var rendered: (composition: Composition, pixels: PixelBuffer)?
    private(set) var attached: [EncodedPicture] = []

    init(
        request: ThumbnailRequest, variant: Int, product: PluginManifest.Product,
        pictures: [ImageReference: [UInt8]], rasterizer: any Rasterizer, warnings: Warnings,
        isStopped: @escaping () -> Bool
    ) {
        self.request = request
        self.variant = variant
        self.product = product
        self.pictures = pictures
        self.rasterizer = rasterizer
        self.warnings = warnings
        self.isStopped = isStopped
    }

    func pixels(of reference: ImageReference) throws -> PixelBuffer {
        if let known = decoded[reference] { return known }
        guard let bytes = pictures[reference] else {
            throw Failure(
                .invalidInput, code: "artifact_not_found",
                message: "no picture \(reference.artifact) belongs to this job")
        }
        let pixels = try rasterizer.decode(bytes)
        decoded[reference] = pixels
        return pixels
    }

    func render(_ composition: Composition) throws -> PixelBuffer {
        if let rendered, rendered.composition == composition { return rendered.pixels }
        let (pixels, found) = try rasterizer.render(composition) { try self.pixels(of: $0) }
        for warning in found { warnings.add(warning) }
        rendered = (composition, pixels)
        return pixels
    }

    func attach(_ picture: EncodedPicture) {
        attached.append(picture)
    }

    func warn(_ warning: Warning) {
        warnings.add(warning)
    }

    func checkCancellation() throws {
        if isStopped() { throw CancellationError() }
    }
}
