internal import Signing
internal import ThumbwireKit

/// What a job asks of the candidates of its chain, and which of them can serve it.
extension Registry {
    /// The one post-processor that puts the title on the picture, and the setting that says where.
    private static let titleStep = (plugin: "layout", place: "layout")

    /// What becomes of the picture: the chain draws the title later, or nothing.
    func purpose(of request: ThumbnailRequest, in chain: PinnedChain) -> GenerationRequest.Purpose {
        let step = chain.steps.first { use in
            guard use.plugin == Self.titleStep.plugin else { return false }
            return (try? use.condition.map { try Condition($0).isMet(in: scope(of: request)) }) ?? true
        }
        guard let step else { return .finished }
        let configured = step.configuration[Self.titleStep.place]?.string.flatMap(LayoutType.init)
        return .background(request.layoutType ?? configured ?? .textLeft)
    }

    func generationRequest(of job: Job, to use: PinnedChain.Use) -> GenerationRequest {
        let hash = configurationHash(of: use)
        return GenerationRequest(
            thumbnail: job.request, size: job.request.resolution,
            purpose: purpose(of: job.request, in: job.pin),
            idempotencyKey: hexadecimal(Hash.sha256(Array("\(job.id)|\(use.id)|\(hash)".utf8))))
    }

    /// Passes over the candidates that cannot serve a new job: each becomes a skipped step and a warning. Throws
    /// `provider_unsuitable` with every reason when none is left.
    func passOverUnsuitable(in job: inout Job, now: Timestamp) throws(Failure) {
        var reasons: [String] = []
        for use in job.pin.providers where !job.steps.contains(where: { $0.index == 0 && $0.id == use.id }) {
            guard let reason = unsuitability(of: use, for: job) else { continue }
            reasons.append("\(use.id) \(reason)")
            var step = step(for: use, index: 0, attempt: 1, at: now)
            step.status = .skipped
            step.finishedAt = now
            step.failure = Failure(.invalidInput, code: "provider_unsuitable", message: reason)
            job.steps.append(step)
            job.warnings.append(Warning(code: "provider_skipped", message: "\(use.id) \(reason)"))
        }
        guard reasons.isEmpty || reasons.count < job.pin.providers.count else {
            throw Failure(
                .invalidInput, code: "provider_unsuitable",
                message: "no provider of chain \(job.pin.name) can serve this: "
                    + reasons.joined(separator: "; "))
        }
    }

    /// Why the candidate cannot serve the job; `nil` where it can, and where only a call will tell.
    private func unsuitability(of use: PinnedChain.Use, for job: Job) -> String? {
        let needed = catalog.manifest(of: use.plugin)?.requires ?? []
        let lacking = PluginManifest.Input.allCases.filter { needed.contains($0) && !job.request.brings($0) }
        if !lacking.isEmpty { return "needs \(lacking.map(\.rawValue).joined(separator: " and "))" }
        return (try? provider(for: use))?.unsuitability(for: generationRequest(of: job, to: use))
    }
}

extension ThumbnailRequest {
    fileprivate func brings(_ input: PluginManifest.Input) -> Bool {
        switch input {
        case .title: title != nil
        case .prompt: prompt != nil
        case .video: videoURL != nil
        case .sourceImage: sourceImage != nil
        case .referenceImages: !referenceImages.isEmpty
        case .maskImage: maskImage != nil
        }
    }
}
