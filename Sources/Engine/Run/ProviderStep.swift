internal import Documents
internal import Persistence
internal import Signing
internal import ThumbwireKit

/// What the provider step came to: pictures whose bytes are stored, and what they are.
struct GeneratedPictures {
    struct Picture {
        var reference: ImageReference
        var bytes: [UInt8]
    }

    /// One for each variant.
    var pictures: [Picture]
    var product: PluginManifest.Product
}

/// The first half of a job: from the request to stored pictures. Intent before the call, ticket or bytes after it, are
/// durable before anything else happens.
extension JobRunner {
    private enum NextTry {
        case create(PinnedChain.Use, attempt: Int)
        case poll(PinnedChain.Use, Step)
    }

    func generate() async throws -> GeneratedPictures {
        if let done = job.steps.last(where: { $0.index == 0 && $0.status == .succeeded }) {
            return try await load(done)
        }
        while true {
            switch try nextTry() {
            case .create(let use, let attempt):
                if let generated = try await create(use, attempt: attempt) { return generated }
            case .poll(let use, let step):
                if let generated = try await poll(use, step) { return generated }
            }
        }
    }

    /// What to do next follows from the steps alone, so that it is the same after a crash. Throws the failure that
    /// ends the job.
    private func nextTry() throws -> NextTry {
        for use in job.pin.providers {
            guard let last = job.steps.last(where: { $0.index == 0 && $0.id == use.id }) else {
                return .create(use, attempt: 1)
            }
            switch last.status {
            case .pending:
                return .poll(use, last)
            case .started where services.registry.catalog.manifest(of: use.plugin)?.isBilled != false:
                throw Failure(
                    .outcomeUnknown, code: "provider_outcome_unknown",
                    message:
                        "the service stopped while \(use.id) was working; it may have charged for this job")
            case .started:
                return .create(use, attempt: last.attempt)
            case .failed, .skipped, .succeeded:
                guard let failure = last.failure else { return .create(use, attempt: last.attempt + 1) }
                if RetryPolicy().delay(afterAttempt: last.attempt, failure: failure, random: 0) != nil {
                    return .create(use, attempt: last.attempt + 1)
                }
                guard failure.failureClass.allowsFailover, use.id != job.pin.providers.last?.id else {
                    throw failure
                }
                if job.fallback == nil { job.fallback = Job.Fallback(from: use.id, reason: failure.code) }
            }
        }
        throw Failure(.misconfigured, code: "chain_unavailable", message: "the chain has no provider")
    }

    private func create(_ use: PinnedChain.Use, attempt: Int) async throws -> GeneratedPictures? {
        var step = services.registry.step(for: use, index: 0, attempt: attempt, at: services.clock.now())
        job.state = .generating
        job.progress = Job.Progress(step: use.id, percent: 5)
        record(step)
        let isBilled = services.registry.catalog.manifest(of: use.plugin)?.isBilled != false
        if isBilled { try await write(.keep) }
        let request = GenerationRequest(
            thumbnail: job.request, size: job.request.resolution,
            idempotencyKey: hexadecimal(
                Hash.sha256(Array("\(job.id)|\(use.id)|\(step.configurationHash)".utf8))))
        running.isCommittedToProvider = isBilled
        defer { running.isCommittedToProvider = false }
        do {
            let answer = try await call(use) { provider, context in
                try await provider.create(request, context: context)
            }
            return try await accept(answer, use, &step)
        } catch let failure as Failure where running.stopReason == nil {
            try await note(failure, use, &step)
            return nil
        }
    }

    private func poll(_ use: PinnedChain.Use, _ step: Step) async throws -> GeneratedPictures? {
        var step = step
        guard let ticket = step.ticket else { throw JobRunner.LetGo() }
        do {
            let answer = try await call(use) { provider, context in
                try await provider.poll(ticket, context: context)
            }
            return try await accept(answer, use, &step)
        } catch let failure as Failure where running.stopReason == nil {
            // The work goes on whatever one poll came to; only what can never heal ends the ticket.
            if failure.failureClass.isRetryable {
                try await rest(until: services.clock.now() + max(failure.retryAfter ?? .zero, .seconds(5)))
            }
            try await note(failure, use, &step)
            return nil
        }
    }

    /// Calls a provider under the step's time limit and turns all that it may throw into a ``Failure``.
    private func call(
        _ use: PinnedChain.Use,
        _ body: @escaping @Sendable (any Provider, any ProviderContext) async throws -> GenerationAnswer
    ) async throws -> GenerationAnswer {
        let provider = try services.registry.provider(for: use)
        let deadline = min(services.clock.now() + use.timeout, job.deadline)
        let context = JobProviderContext(
            job: job, deadline: deadline, sources: services.sources, renderPool: services.renderPool,
            warnings: warnings)
        do {
            return try await withDeadline(deadline, clock: services.clock) {
                try await body(provider, context)
            }
        } catch let failure as Failure {
            throw failure
        } catch is DeadlineExceeded {
            let isBilled = services.registry.catalog.manifest(of: use.plugin)?.isBilled != false
            throw Failure(
                isBilled ? .outcomeUnknown : .timeout,
                code: isBilled ? "provider_outcome_unknown" : "provider_timeout",
                message: "\(use.id) did not answer within \(use.timeout.inSeconds) s")
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw Failure(
                .internal, code: "plugin_error", message: "\(use.id) failed unexpectedly", detail: "\(error)")
        }
    }

    /// Makes an answer durable: the ticket and then a rest, or the bytes.
    private func accept(
        _ answer: GenerationAnswer, _ use: PinnedChain.Use, _ step: inout Step
    ) async throws -> GeneratedPictures? {
        let now = services.clock.now()
        switch answer {
        case .pending(let ticket, let pollAfter):
            step.status = .pending
            step.ticket = ticket
            record(step)
            try await rest(until: now + pollAfter)
        case .finished(let result):
            let (artifacts, pictures) = try await store(result)
            step.status = .succeeded
            step.finishedAt = now
            step.cost = result.cost
            step.artifacts = artifacts.map { $0.id }
            record(step)
            job.state = .processing
            job.provider = use.id
            job.progress = Job.Progress(step: nil, percent: 50)
            job.warnings = warnings.all
            let (counted, event) = services.encoder.event(.processing, of: job, at: now)
            job = counted
            try await write(.keep, artifacts: artifacts, event: event)
            return GeneratedPictures(pictures: pictures, product: product(of: use.plugin))
        }
    }

    /// Writes a failed try, and rests before the next one if there is one.
    private func note(_ failure: Failure, _ use: PinnedChain.Use, _ step: inout Step) async throws {
        step.status = .failed
        step.finishedAt = services.clock.now()
        step.failure = failure
        record(step)
        log(
            .warning, "provider failed",
            ["provider": .string(use.id), "code": .string(failure.code), "detail": failure.detail.json])
        let delay = RetryPolicy().delay(
            afterAttempt: step.attempt, failure: failure, random: .random(in: 0..<1))
        if let delay { try await rest(until: services.clock.now() + delay) }
    }

    private func store(
        _ result: GenerationResult
    ) async throws -> (artifacts: [Artifact], pictures: [GeneratedPictures.Picture]) {
        guard !result.pictures.isEmpty else {
            throw Failure(
                .internal, code: "provider_returned_nothing", message: "the provider returned no picture")
        }
        var artifacts: [Artifact] = []
        var pictures: [GeneratedPictures.Picture] = []
        for picture in result.pictures.prefix(job.request.variants) {
            let format = ImageFormat.allCases.first { $0.mediaType == picture.mediaType } ?? .jpeg
            let artifact = try await keep(picture.bytes, format: format)
            artifacts.append(artifact)
            pictures.append(
                .init(reference: ImageReference(artifact: artifact.id.rawValue), bytes: picture.bytes))
        }
        return (artifacts, pictures)
    }

    /// Makes bytes durable and names them; the row follows with the next write.
    func keep(_ bytes: [UInt8], format: ImageFormat) async throws -> Artifact {
        let now = services.clock.now()
        return Artifact(
            id: ArtifactID(prefix: "art_", at: now), account: job.account, job: job.id,
            fileName: "\(hexadecimal(randomBytes(16))).\(format.fileExtension)",
            sha256: try await services.artifacts.write(bytes), mediaType: format.mediaType,
            bytes: bytes.count,
            createdAt: now)
    }

    private func load(_ step: Step) async throws -> GeneratedPictures {
        var pictures: [GeneratedPictures.Picture] = []
        for id in step.artifacts {
            guard let artifact = try await services.store.artifact(id, of: job.account) else {
                throw Failure(.internal, code: "artifact_not_found", message: "a generated picture is gone")
            }
            let bytes = try await services.artifacts.read(sha256: artifact.sha256)
            pictures.append(.init(reference: ImageReference(artifact: id.rawValue), bytes: bytes))
        }
        return GeneratedPictures(pictures: pictures, product: product(of: step.plugin))
    }

    private func product(of plugin: String) -> PluginManifest.Product {
        services.registry.catalog.manifest(of: plugin)?.produces ?? .background
    }

    /// Tells the provider of an open ticket that nobody waits any more.
    func cancelTicket() async {
        guard let step = job.steps.last(where: { $0.index == 0 && $0.status == .pending }),
            let ticket = step.ticket,
            let use = job.pin.providers.first(where: { $0.id == step.id }),
            let provider = try? services.registry.provider(for: use)
        else { return }
        let context = JobProviderContext(
            job: job, deadline: job.deadline, sources: services.sources, renderPool: services.renderPool,
            warnings: warnings)
        await provider.cancel(ticket, context: context)
    }
}

extension FailureClass {
    /// True where another provider may do better and nothing was bought from this one. Refused content and bad input
    /// stay with the client; an unknown outcome may have cost money already.
    fileprivate var allowsFailover: Bool {
        switch self {
        case .rateLimited, .outOfFunds, .unavailable, .timeout, .misconfigured, .internal: true
        case .invalidInput, .contentRejected, .outcomeUnknown: false
        }
    }
}
