package import ThumbwireKit

/// What the engine needs of imaging, on the thread that made it.
package final class ThreadRasterizer: Rasterizer {
    private let limits: DecodeLimits
    private let renderer: Renderer?

    /// A rasteriser for the calling thread; fonts are loaded now, so that the first picture does not wait for them.
    package init(limits: DecodeLimits = DecodeLimits()) {
        self.limits = limits
        renderer = Renderer.ofThisThread
        renderer?.warmUp()
    }

    package func decode(_ bytes: [UInt8]) throws(Failure) -> PixelBuffer {
        do throws(ImageError) {
            return try ImageDecoder.decode(bytes, limits: limits)
        } catch {
            throw Failure(.invalidInput, code: error.code, message: error.description)
        }
    }

    package func render(
        _ composition: Composition, images: (ImageReference) throws -> PixelBuffer
    ) throws -> (pixels: PixelBuffer, warnings: [Warning]) {
        guard let renderer else {
            throw Failure(
                .misconfigured, code: "fonts_missing", message: "this machine has no fonts to draw with")
        }
        let rendering = try renderer.render(composition, images: images)
        return (rendering.pixels, rendering.warnings.map { Warning(code: $0.code, message: $0.description) })
    }
}

extension ImageError {
    /// Stable, for documents.
    package var code: String {
        switch self {
        case .notAnImage: "image_not_an_image"
        case .unsupportedFormat: "image_format_unsupported"
        case .tooLarge: "image_too_many_pixels"
        case .tooManyBytes: "image_too_large"
        case .truncated: "image_truncated"
        case .corrupt: "image_corrupt"
        case .budgetUnreachable: "image_budget_unreachable"
        case .encodingFailed, .drawingFailed: "image_encoding_failed"
        }
    }
}
