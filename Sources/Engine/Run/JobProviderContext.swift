internal import Persistence
internal import Synchronization
internal import ThumbwireKit

/// What the engine lends a provider for one call.
final class JobProviderContext: ProviderContext {
    let job: JobID
    let deadline: Timestamp
    private let account: AccountID
    private let request: ThumbnailRequest
    private let use: PinnedChain.Use
    private let pacing: Pacing?
    private let services: EngineServices
    private let warnings: Warnings
    /// `nil` where nobody writes what is reported.
    private let progress: ProgressThrottle?
    private let phase = Mutex<CreatePhase>(.ordering)

    init(
        job: Job, use: PinnedChain.Use, pacing: Pacing?, deadline: Timestamp, services: EngineServices,
        warnings: Warnings, progress: ProgressThrottle? = nil
    ) {
        self.job = job.id
        self.deadline = deadline
        account = job.account
        request = job.request
        self.use = use
        self.pacing = pacing
        self.services = services
        self.warnings = warnings
        self.progress = progress
    }

    func now() -> Timestamp { services.clock.now() }

    func images(_ role: ImageRole) async throws(Failure) -> [GenerationResult.Picture] {
        let field: String
        let wanted: [InputImage]
        switch role {
        case .source: (field, wanted) = ("sourceImageUrl", request.sourceImage.map { [$0] } ?? [])
        case .reference: (field, wanted) = ("referenceImageUrl", request.referenceImages)
        case .mask: (field, wanted) = ("maskImageUrl", request.maskImage.map { [$0] } ?? [])
        }
        var pictures: [GenerationResult.Picture] = []
        for image in wanted {
            let picture = try await bytes(of: image, field: field)
            try await services.checkDecodes(picture, field: field)
            pictures.append(picture)
        }
        return pictures
    }

    private func bytes(
        of image: InputImage, field: String
    ) async throws(Failure) -> GenerationResult.Picture {
        switch image {
        case .url(let url): return try await services.sources.fetch(url, field: field, deadline: deadline)
        case .artifact(let id):
            do {
                guard let artifact = try await services.store.artifact(id, of: account) else {
                    throw Failure(
                        .invalidInput, code: "upload_not_found", message: "\(field): no such upload")
                }
                let bytes = try await services.artifacts.read(sha256: artifact.sha256)
                return GenerationResult.Picture(bytes: bytes, mediaType: artifact.mediaType)
            } catch let failure as Failure {
                throw failure
            } catch {
                throw Failure(
                    .internal, code: "internal_error", message: "reading an upload", detail: "\(error)")
            }
        }
    }

    func videoContext() async -> VideoContext? {
        guard let url = request.videoURL else { return nil }
        return await services.sources.videoContext(of: url, deadline: deadline, warn: warn)
    }

    func videoFrame() async -> GenerationResult.Picture? {
        guard let url = request.videoURL else { return nil }
        return await services.sources.videoFrame(of: url, deadline: deadline, warn: warn)
    }

    func send(_ request: PluginRequest) async throws(TransportFailure) -> PluginResponse {
        try await services.transport.send(request, deadline: deadline)
    }

    func download(_ url: String, from base: String) async throws(Failure) -> GenerationResult.Picture {
        let picture = try await services.transport.download(url, from: base, deadline: deadline)
        do throws(Failure) {
            try await services.checkDecodes(picture, field: "picture")
        } catch {
            throw Failure(
                .internal, code: "provider_unavailable", message: "\(use.id) gave no usable picture",
                detail: error.description)
        }
        return picture
    }

    func enter(_ phase: CreatePhase) { self.phase.withLock { $0 = phase } }

    /// False where the provider said that it has only prepared.
    var mayHaveOrdered: Bool { phase.withLock { $0 == .ordering } }

    func learn(_ budget: Budget) {
        services.gates.learn(budget, of: use, pacing: pacing)
    }

    func report(progress: Double) {
        services.previews.report(progress: min(1, max(0, progress)), of: job)
        self.progress?.report(progress)
    }

    func preview(_ picture: GenerationResult.Picture) {
        services.previews.show(picture, of: job)
    }

    func render<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await services.renderPool.run { _ in try work() }
    }

    func warn(_ warning: Warning) {
        warnings.add(warning)
    }
}

extension EngineServices {
    /// Decoding is the only proof that it is a picture; the pixels are not kept.
    fileprivate func checkDecodes(
        _ picture: GenerationResult.Picture, field: String
    ) async throws(Failure) {
        do {
            try await renderPool.run { rasterizer in _ = try rasterizer.decode(picture.bytes) }
        } catch let failure as Failure {
            throw Failure(
                .invalidInput, code: "source_\(failure.code)", message: "\(field): \(failure.message)",
                detail: failure.detail)
        } catch {
            throw Failure(.internal, code: "internal_error", message: "checking \(field)", detail: "\(error)")
        }
    }
}
