internal import ThumbwireKit

/// Asking about tickets: no faster than the provider's pace, for as long as the job may take.
extension JobRunner {
    /// The shortest rest after a question that failed.
    static let restAfterFailedPoll = Duration.seconds(5)

    private enum PollOutcome {
        case pictures(GeneratedPictures)
        case again(at: Timestamp)
        /// The work itself failed; the step says so.
        case over
    }

    /// Asks about each ticket in turn, and rests when none has ended.
    func poll(_ steps: [Step]) async throws -> GeneratedPictures? {
        var moments: [Timestamp] = []
        for step in steps {
            switch try await ask(step) {
            case .pictures(let generated): return generated
            case .over: return nil
            case .again(let moment): moments.append(moment)
            }
        }
        if let hedge = rules.hedgeTime(job.steps), hedge > services.clock.now() { moments.append(hedge) }
        if telling.hasNews { await findOutWhoAsksForProgress() }
        try await rest(until: moments.min() ?? services.clock.now(), then: .afterTicket)
    }

    private func ask(_ step: Step) async throws -> PollOutcome {
        var step = step
        guard let ticket = step.ticket, let use = job.pin.providers.first(where: { $0.id == step.id }) else {
            throw Failure(.internal, code: "internal_error", message: "\(step.id) has work without a ticket")
        }
        do {
            let provider = try services.registry.provider(for: use)
            let now = services.clock.now()
            let pacing = services.registry.pacing(of: provider, for: use)
            switch services.gates.admit(.poll, to: use, pacing: pacing, for: job.id, now: now) {
            case .go: break
            case .wait(let moment): return .again(at: moment)
            case .closed(let failure): return .again(at: now + restAfterFailure(failure, pacing))
            }
            let admitted = AdmittedCall(.poll, use, pacing: pacing, services: services)
            defer { admitted.close() }
            let call = call(use, provider, written: job.progress.percent)
            return try await ask(ticket, call, admitted, &step)
        } catch let failure as Failure where running.stopReason == nil {
            // The work goes on whatever one question came to; only a verdict on the work itself ends the ticket.
            guard services.isVerdict(failure, on: use.plugin) else {
                return .again(at: services.clock.now() + restAfterFailure(failure, nil))
            }
            try await note(failure, &step)
            return .over
        }
    }

    private func ask(
        _ ticket: String, _ call: ProviderCall, _ admitted: AdmittedCall, _ step: inout Step
    ) async throws -> PollOutcome {
        try services.faults.reach(.beforePoll)
        let answer: GenerationAnswer
        do {
            answer = try await poll(ticket, call)
        } catch let failure as Failure {
            admitted.ended(failure)
            throw failure
        }
        admitted.ended(nil)
        try services.faults.reach(.afterPoll)
        switch answer {
        case .finished(let result): return .pictures(try await accept(result, call.use, &step))
        case .failed(let failure):
            try await note(failure, &step)
            return .over
        case .pending(let ticket, let pollAfter):
            return .again(
                at: accept(ticket: ticket, pollAfter: pollAfter, pacing: call.pacing, &step))
        }
    }

    private func restAfterFailure(_ failure: Failure, _ pacing: Pacing?) -> Duration {
        max(failure.retryAfter ?? .zero, Self.restAfterFailedPoll, pacing?.pollInterval ?? .zero)
    }
}

extension EngineServices {
    /// False for what only kept us from asking about work. A billed provider whose settings are wrong by now works on
    /// all the same: going to the next one would buy twice.
    func isVerdict(_ failure: Failure, on plugin: String) -> Bool {
        switch failure.failureClass {
        case .rateLimited, .unavailable, .timeout, .internal: false
        // The provider's own word, or a result without a picture: asking again changes nothing.
        case .outcomeUnknown: failure.code == "provider_returned_nothing"
        case .misconfigured: !isBilled(plugin)
        case .invalidInput, .contentRejected, .outOfFunds: true
        }
    }
}
