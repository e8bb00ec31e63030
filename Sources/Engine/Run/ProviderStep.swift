internal import Documents
internal import Persistence
internal import ThumbwireKit

/// The first half of a job: from the request to stored pictures. Intent before the call, ticket or bytes after it, are
/// durable before anything else happens.
///
/// `ProviderRules` decides what comes next, `Purchase` orders, `Polling` asks about tickets.
extension JobRunner {
    var rules: ProviderRules {
        ProviderRules(pin: job.pin, deadline: job.deadline) { [services] in services.isBilled($0) }
    }

    func generate() async throws -> GeneratedPictures {
        services.noteInterruptedPurchases(of: &job)
        while true {
            try Task.checkCancellation()
            switch rules.next(after: job.steps, now: services.clock.now()) {
            case .take(let step): return try await load(step)
            case .create(let use, let attempt):
                if let generated = try await purchase(use, attempt: attempt) { return generated }
            case .poll(let steps):
                if let generated = try await poll(steps) { return generated }
            case .fail(let failure): throw failure
            }
        }
    }

    /// Makes a result durable.
    func accept(
        _ result: GenerationResult, _ use: PinnedChain.Use, _ step: inout Step
    ) async throws -> GeneratedPictures {
        guard !result.pictures.isEmpty else {
            // It may have been charged all the same.
            throw Failure(
                services.isBilled(use.plugin) ? .outcomeUnknown : .internal,
                code: "provider_returned_nothing",
                message: "\(use.id) returned no picture")
        }
        let artifacts = try await persistently {
            try await services.keep(result, of: job.id, job.account, on: &step)
        }
        let wanted = job.request.variants
        if artifacts.count < wanted {
            warnings.add(
                Warning(
                    code: "fewer_variants",
                    message: "\(use.id) made \(artifacts.count) of the \(wanted) pictures that were asked for"
                ))
        }
        record(step)
        job.state = .processing
        job.provider = use.id
        // A ticket that was taken over from another job brings its fallback along, and not the tries before it.
        job.fallback = rules.fallback(to: use.id, after: job.steps) ?? job.fallback
        job.progress = Job.Progress(step: nil, percent: Self.percentOfPictures)
        job.warnings = warnings.all
        let (counted, event) = services.encoder.event(.processing, of: job, at: services.clock.now())
        job = counted
        try await persistently { try await write(.keep, artifacts: artifacts, event: event) }
        try services.faults.reach(.afterResult)
        let pictures = zip(artifacts, result.pictures).prefix(wanted).map { artifact, picture in
            GeneratedPictures.Picture(
                reference: ImageReference(artifact: artifact.id.rawValue), bytes: picture.bytes)
        }
        return generated(pictures, by: step)
    }

    /// Notes a ticket on the step; it is durable with the next write. Returns when to ask about it.
    func accept(ticket: String, pollAfter: Duration, pacing: Pacing?, _ step: inout Step) -> Timestamp {
        step.status = .pending
        step.ticket = ticket
        record(step)
        return services.clock.now() + max(pollAfter, pacing?.pollInterval ?? .zero)
    }

    /// Writes a failed try, and rests before the next one if the same candidate has one.
    func note(_ failure: Failure, _ step: inout Step) async throws {
        step.status = .failed
        step.finishedAt = services.clock.now()
        step.failure = failure
        record(step)
        log(
            .warning, "provider failed",
            ["provider": .string(step.id), "code": .string(failure.code), "detail": failure.detail.json])
        if case .again(_, let delay) = rules.verdict(on: failure, of: step, random: .random(in: 0..<1)) {
            try await rest(until: services.clock.now() + delay)
        }
        // After a crash the intent alone would say that something may have been bought.
        if services.isBilled(step.plugin) { try await write(.keep) }
    }

    /// A provider made ready for one call, which must end by the step's time limit and the job's deadline.
    /// `written` is the percentage that the job shows then.
    func call(
        _ use: PinnedChain.Use, _ provider: any Provider, written: Int = JobRunner.percentOfIntent
    ) -> ProviderCall {
        let deadline = min(services.clock.now() + use.timeout, job.deadline)
        let progress = ProgressThrottle(
            clock: services.clock, part: Self.percentOfIntent...Self.percentOfPictures,
            written: max(written, Self.percentOfIntent))
        let pacing = services.registry.pacing(of: provider, for: use)
        let context = JobProviderContext(
            job: job, use: use, pacing: pacing, deadline: deadline, services: services,
            warnings: warnings, progress: progress)
        return ProviderCall(
            use: use, provider: provider, pacing: pacing, context: context, progress: progress,
            request: services.registry.generationRequest(of: job, to: use),
            isBilled: services.isBilled(use.plugin), clock: services.clock, metrics: services.metrics)
    }
}

extension EngineServices {
    /// True for plugins whose calls cost money, and for those that are not installed any more.
    func isBilled(_ plugin: String) -> Bool {
        registry.catalog.manifest(of: plugin)?.isBilled != false
    }
}
