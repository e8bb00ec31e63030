internal import Persistence
internal import ThumbwireKit

/// The title that a job takes from its video.
extension JobRunner {
    /// Under this name the provider step says what was found, `null` for nothing.
    static let videoTitleMember = "videoTitle"
    /// Longer than any look-up takes; the job's own deadline ends it in any case.
    private static let patience = Duration.seconds(20)

    /// What stands on the picture of a request that gives a video and no words of its own; `nil` draws no title.
    ///
    /// Looked up once the pictures are safe, and durable before it is used: a video that is renamed while the service
    /// restarts changes nothing about the job.
    func videoTitle(for product: PluginManifest.Product) async throws -> String? {
        guard product == .background, let url = job.request.videoURL, job.request.title == nil,
            job.request.prompt == nil,
            var step = job.steps.last(where: { $0.index == 0 && $0.status == .succeeded })
        else { return nil }
        if let known = step.provenance[Self.videoTitleMember] { return known.string }
        let now = services.clock.now()
        let context = await services.sources.videoContext(
            of: url, deadline: min(job.deadline, now + Self.patience),
            warn: { [warnings] in warnings.add($0) })
        try Task.checkCancellation()
        step.provenance[Self.videoTitleMember] = (context?.title).json
        record(step)
        job.warnings = warnings.all
        try await persistently { try await write(.keep) }
        return context?.title
    }
}
