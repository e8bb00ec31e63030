internal import Persistence
package import ThumbwireKit

/// Fetches what clients name by URL, under the address policy for tenant-given URLs; the composition root injects it.
package protocol SourceFetching: Sendable {
    /// The bytes at that URL. Throws with the codes `source_image_unreachable`, `source_image_not_found`,
    /// `source_image_blocked`, `source_image_too_large` and `source_image_timeout`.
    func fetch(_ url: String, deadline: Timestamp) async throws(Failure) -> GenerationResult.Picture
}

/// What the engine lends a provider for one call.
final class JobProviderContext: ProviderContext {
    let job: JobID
    let deadline: Timestamp
    private let sourceURL: String?
    private let sources: any SourceFetching
    private let renderPool: RenderPool
    private let warnings: Warnings

    init(
        job: Job, deadline: Timestamp, sources: any SourceFetching, renderPool: RenderPool, warnings: Warnings
    ) {
        self.job = job.id
        self.deadline = deadline
        sourceURL = job.request.sourceImageURL
        self.sources = sources
        self.renderPool = renderPool
        self.warnings = warnings
    }

    func sourceImage() async throws(Failure) -> GenerationResult.Picture? {
        guard let sourceURL else { return nil }
        let picture = try await sources.fetch(sourceURL, deadline: deadline)
        do {
            // Decoding is the only proof that it is a picture; the pixels are not kept.
            try await renderPool.run { rasterizer in _ = try rasterizer.decode(picture.bytes) }
        } catch let failure as Failure {
            throw Failure(
                .invalidInput, code: "source_\(failure.code)", message: "sourceImageUrl: \(failure.message)",
                detail: failure.detail)
        } catch {
            throw Failure(
                .internal, code: "internal_error", message: "checking the source image", detail: "\(error)")
        }
        return picture
    }

    func render<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await renderPool.run { _ in try work() }
    }

    func warn(_ warning: Warning) {
        warnings.add(warning)
    }
}
