internal import Persistence
internal import ThumbwireKit

/// Ordering pictures: gates first, then the durable intent, then the call.
extension JobRunner {
    /// A candidate that may be called now.
    struct Turn {
        var use: PinnedChain.Use
        var attempt: Int
        var call: ProviderCall
        var admitted: AdmittedCall
    }

    /// The shortest rest before a closed gate is tried again.
    private static let shortestRest = Duration.seconds(1)

    /// Orders from that candidate, or from the first after it that the gates let through; `nil` where the rules have to
    /// be asked again.
    func purchase(_ use: PinnedChain.Use, attempt: Int) async throws -> GeneratedPictures? {
        guard let turn = try await turn(use, attempt: attempt) else { return nil }
        defer { turn.admitted.close() }
        return try await order(turn)
    }

    /// Candidates whose gates are closed are passed over, which is noted only when another one is called: as long as
    /// none is, the job rests and begins with the first again.
    private func turn(_ first: PinnedChain.Use, attempt: Int) async throws -> Turn? {
        var (use, attempt) = (first, attempt)
        var steps = job.steps
        var openings: [Timestamp] = []
        while true {
            let now = services.clock.now()
            let failure: Failure
            switch admission(to: use, attempt: attempt) {
            case .go(let turn):
                job.steps = steps
                return turn
            case .failed(let reason):
                var step = services.registry.step(for: use, index: 0, attempt: attempt, at: now)
                try await note(reason, &step)
                return nil
            case .wait(let moment):
                if moment < job.deadline, !hasOpenTicket {
                    try await rest(until: (openings + [moment]).min() ?? moment)
                }
                failure = Failure(
                    .rateLimited, code: "rate_limited", message: "\(use.id) takes no more orders for now",
                    retryAfter: moment - now)
            case .closed(let reason): failure = reason
            }
            if let wait = failure.retryAfter, now + wait < job.deadline { openings.append(now + wait) }
            steps.append(passedOver(use, attempt: attempt, failure))
            switch rules.next(after: steps, now: now) {
            case .create(let next, let number): (use, attempt) = (next, number)
            case .poll, .take:
                job.steps = steps
                return nil
            case .fail:
                if let opening = openings.min() {
                    try await rest(until: max(opening, now + Self.shortestRest))
                }
                job.steps = steps
                throw failure
            }
        }
    }

    /// What became of asking for a turn.
    enum Admission {
        case go(Turn)
        case wait(until: Timestamp)
        case closed(Failure)
        /// The provider does not work with its settings.
        case failed(Failure)
    }

    /// Asks the gates for one order.
    func admission(to use: PinnedChain.Use, attempt: Int) -> Admission {
        let provider: any Provider
        do throws(Failure) {
            provider = try services.registry.provider(for: use)
        } catch {
            return .failed(error)
        }
        let now = services.clock.now()
        let pacing = services.registry.pacing(of: provider, for: use)
        let pictures = provider.pictures(of: services.registry.generationRequest(of: job, to: use), at: now)
        switch services.gates.admit(
            .create, to: use, pacing: pacing, pictures: pictures, for: job.id, now: now)
        {
        case .go:
            let admitted = AdmittedCall(.create, use, pacing: pacing, services: services)
            return .go(Turn(use: use, attempt: attempt, call: call(use, provider), admitted: admitted))
        case .wait(let moment): return .wait(until: moment)
        case .closed(let failure): return .closed(failure)
        }
    }

    var hasOpenTicket: Bool { job.steps.contains { $0.index == 0 && $0.status == .pending } }

    private func passedOver(_ use: PinnedChain.Use, attempt: Int, _ failure: Failure) -> Step {
        let now = services.clock.now()
        var step = services.registry.step(for: use, index: 0, attempt: attempt, at: now)
        step.status = .skipped
        step.finishedAt = now
        step.failure = failure
        return step
    }

    private func order(_ turn: Turn) async throws -> GeneratedPictures? {
        defer { running.endPurchase() }
        let step = try await intend(turn)
        let hedge = hasOpenTicket ? nil : rules.hedgeTime(job.steps)
        try services.faults.reach(.beforeCall)
        if let hedge { return try await race(turn, step, hedgedAt: hedge) }
        return try await take(await create(turn.call), of: turn, step)
    }

    /// Makes the intent durable, from where on something may have been bought.
    func intend(_ turn: Turn) async throws -> Step {
        let step = services.registry.step(
            for: turn.use, index: 0, attempt: turn.attempt, at: services.clock.now())
        job.state = .generating
        job.progress = Job.Progress(step: turn.use.id, percent: Self.percentOfIntent)
        telling.hasNews = false
        job.fallback = rules.fallback(to: turn.use.id, after: job.steps)
        try services.faults.reach(.beforeIntent)
        let isBilled = services.isBilled(turn.use.plugin)
        // Before the intent is written: one that nobody acts on would be taken for a purchase later.
        guard !isBilled || running.beginPurchase() else { throw CancellationError() }
        record(step)
        if isBilled { try await write(.keep) }
        try services.faults.reach(.afterIntent)
        return step
    }

    /// Makes durable what an order came to: bytes, or a ticket and then a rest, or the failure.
    func take(
        _ answer: Result<GenerationAnswer, any Error>, of turn: Turn, _ step: Step
    ) async throws -> GeneratedPictures? {
        var step = step
        do {
            let answer = try answer.get()
            turn.admitted.ended(answer.failure)
            try services.faults.reach(.afterAnswer)
            switch answer {
            case .finished(let result): return try await accept(result, turn.use, &step)
            case .failed(let failure): throw failure
            case .pending(let ticket, let pollAfter):
                let moment = accept(
                    ticket: ticket, pollAfter: pollAfter, pacing: turn.call.pacing, &step)
                try await rest(
                    until: min(moment, rules.hedgeTime(job.steps) ?? moment), then: .afterTicket)
            }
        } catch let failure as Failure
            where services.isBilled(turn.use.plugin) || running.stopReason == nil
        {
            // A free call that was told to stop fails because of that; a billed one has been awaited.
            turn.admitted.ended(failure)
            try await note(failure, &step)
            return nil
        }
    }
}
