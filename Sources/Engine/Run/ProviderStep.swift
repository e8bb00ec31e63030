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
            try Task.checkCancellation()
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
            case .started where isBilled(use.plugin):
                throw Failure(
                    .outcomeUnknown, code: "provider_outcome_unknown",
                    message:
                        "the service stopped while \(use.id) was working; it may have charged for this job")
            case .started:
                return .create(use, attempt: last.attempt)
            case .failed, .skipped, .succeeded:
                guard let failure = last.failure else { return .create(use, attempt: last.attempt + 1) }
                let policy = RetryPolicy()
                if policy.delay(afterAttempt: last.attempt, failure: failure, random: 0) != nil {
                    return .create(use, attempt: last.attempt + (policy.burnsAttempt(failure) ? 1 : 0))
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
        let isBilled = isBilled(use.plugin)
        // Before the intent is written: one that nobody acts on would be taken for a purchase later.
        guard !isBilled || running.beginPurchase() else { throw CancellationError() }
        defer { if isBilled { running.endPurchase() } }
        record(step)
        if isBilled { try await write(.keep) }
        let request = GenerationRequest(
            thumbnail: job.request, size: job.request.resolution,
            idempotencyKey: hexadecimal(
                Hash.sha256(Array("\(job.id)|\(use.id)|\(step.configurationHash)".utf8))))
        do {
            let answer = try await call(use, isBilled: isBilled) { provider, context in
                try await provider.create(request, context: context)
            }
            return try await accept(answer, use, &step)
        } catch let failure as Failure where isBilled || running.stopReason == nil {
            // A free call that was told to stop fails because of that; a billed one has been awaited.
            try await note(failure, use, &step)
            return nil
        }
    }

    private func poll(_ use: PinnedChain.Use, _ step: Step) async throws -> GeneratedPictures? {
        var step = step
        guard let ticket = step.ticket else {
            throw Failure(.internal, code: "internal_error", message: "\(use.id) has work without a ticket")
        }
        do {
            // That one question costs nothing, and its time-out says nothing of the work.
            let answer = try await call(use, isBilled: false) { provider, context in
                try await provider.poll(ticket, context: context)
            }
            return try await accept(answer, use, &step)
        } catch let failure as Failure where running.stopReason == nil {
            // The work goes on whatever one poll came to; only a verdict on the work itself ends the ticket.
            if !isVerdict(failure, on: use) {
                try await rest(until: services.clock.now() + max(failure.retryAfter ?? .zero, .seconds(5)))
            }
            try await note(failure, use, &step)
            return nil
        }
    }

    /// False for what only kept us from asking. A billed provider whose settings are wrong by now works on all the
    /// same: going to the next one would buy twice.
    private func isVerdict(_ failure: Failure, on use: PinnedChain.Use) -> Bool {
        switch failure.failureClass {
        case .rateLimited, .unavailable, .timeout, .internal, .outcomeUnknown: false
        case .misconfigured: !isBilled(use.plugin)
        case .invalidInput, .contentRejected, .outOfFunds: true
        }
    }

    /// True for plugins whose calls cost money, and for those that are not installed any more.
    func isBilled(_ plugin: String) -> Bool {
        services.registry.catalog.manifest(of: plugin)?.isBilled != false
    }

    /// Calls a provider under the step's time limit and turns all that it may throw into a ``Failure``. A billed call
    /// that was cut off has an unknown outcome, unless the provider says why it refused.
    private func call(
        _ use: PinnedChain.Use, isBilled: Bool,
        _ body: @escaping @Sendable (any Provider, any ProviderContext) async throws -> GenerationAnswer
    ) async throws -> GenerationAnswer {
        let provider = try services.registry.provider(for: use)
        let deadline = min(services.clock.now() + use.timeout, job.deadline)
        let context = JobProviderContext(
            job: job, use: use, pacing: provider.pacing, deadline: deadline, services: services,
            warnings: warnings)
        do {
            return try await withDeadline(deadline, clock: services.clock) {
                try await body(provider, context)
            }
        } catch let failure as Failure {
            let isCutOff = Task.isCancelled || services.clock.now() >= deadline
            guard isBilled, isCutOff, failure.failureClass.isRetryable else { throw failure }
            throw unanswered(use, isBilled: true)
        } catch is DeadlineExceeded {
            throw unanswered(use, isBilled: isBilled)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw Failure(
                .internal, code: "plugin_error", message: "\(use.id) failed unexpectedly", detail: "\(error)")
        }
    }

    private func unanswered(_ use: PinnedChain.Use, isBilled: Bool) -> Failure {
        Failure(
            isBilled ? .outcomeUnknown : .timeout,
            code: isBilled ? "provider_outcome_unknown" : "provider_timeout",
            message: "\(use.id) did not answer in time; it may take up to \(use.timeout.inSeconds) s")
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
            let (artifacts, pictures) = try await persistently { try await store(result) }
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
            try await persistently { try await write(.keep, artifacts: artifacts, event: event) }
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
        // After a crash the intent alone would say that something may have been bought.
        if isBilled(use.plugin) { try await write(.keep) }
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
