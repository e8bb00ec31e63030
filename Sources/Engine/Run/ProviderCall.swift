internal import ThumbwireKit

/// A provider made ready for one call of a job, under the step's time limit. All that it may throw becomes a ``Failure``, but for
/// cancellation.
struct ProviderCall: Sendable {
    let use: PinnedChain.Use
    let provider: any Provider
    /// Of its account; `nil` where it has no limits.
    let pacing: Pacing?
    let context: JobProviderContext
    /// What it reports; finished when the call ends.
    let progress: ProgressThrottle
    let request: GenerationRequest
    let isBilled: Bool
    let clock: any WallClock
    let metrics: EngineMetrics

    /// Orders. A billed order that was cut off has an unknown outcome, unless the provider says why it refused.
    func create() async -> Result<GenerationAnswer, any Error> {
        do {
            return .success(
                try await run(.create, isBilled: isBilled) { [provider, context, request] in
                    try await provider.create(request, context: context)
                })
        } catch {
            return .failure(error)
        }
    }

    /// Asks about a ticket. The question costs nothing, and its time-out says nothing of the work.
    func poll(_ ticket: String) async throws -> GenerationAnswer {
        try await run(.poll, isBilled: false) { [provider, context] in
            try await provider.poll(ticket, context: context)
        }
    }

    private func run(
        _ operation: ProviderGates.Call, isBilled: Bool,
        _ body: @escaping @Sendable () async throws -> GenerationAnswer
    ) async throws -> GenerationAnswer {
        let begun = clock.now()
        var failure = "none"
        defer { metrics.call(operation, of: use.id, took: clock.now() - begun, failure: failure) }
        do {
            let answer = try await bounded(isBilled: isBilled, body)
            if let refusal = answer.failure { failure = refusal.failureClass.rawValue }
            return answer
        } catch {
            failure = (error as? Failure)?.failureClass.rawValue ?? "cancelled"
            throw error
        }
    }

    private func bounded(
        isBilled: Bool, _ body: @escaping @Sendable () async throws -> GenerationAnswer
    ) async throws -> GenerationAnswer {
        defer { progress.finish() }
        do {
            return try await withDeadline(context.deadline, clock: clock, body).neverAskedAgain
        } catch let failure as Failure {
            let isCutOff = Task.isCancelled || clock.now() >= context.deadline
            guard isBilled, isCutOff, failure.failureClass.isRetryable else { throw failure }
            throw unanswered(mayHaveBought: context.mayHaveOrdered)
        } catch is DeadlineExceeded {
            throw unanswered(mayHaveBought: isBilled && context.mayHaveOrdered)
        } catch is CancellationError {
            // A billed order that is cancelled in a group of its own, beside one that was faster.
            if isBilled { throw unanswered(mayHaveBought: context.mayHaveOrdered) }
            throw CancellationError()
        } catch {
            throw Failure(
                .internal, code: "plugin_error", message: "\(use.id) failed unexpectedly", detail: "\(error)")
        }
    }

    private func unanswered(mayHaveBought: Bool) -> Failure {
        Failure(
            mayHaveBought ? .outcomeUnknown : .timeout,
            code: mayHaveBought ? "provider_outcome_unknown" : "provider_timeout",
            message: "\(use.id) did not answer in time; it may take up to \(use.timeout.inSeconds) s")
    }
}

extension GenerationAnswer {
    /// Why the work ended without a picture.
    var failure: Failure? {
        if case .failed(let failure) = self { failure } else { nil }
    }

    /// Work that ended is not ordered there again, whatever the provider calls it: it may have been charged.
    fileprivate var neverAskedAgain: GenerationAnswer {
        guard case .failed(var failure) = self, failure.failureClass.isRetryable else { return self }
        failure.code = RetryPolicy.finalCode
        failure.retryAfter = nil
        return .failed(failure)
    }
}

/// One call that the gates let through: they hear exactly once how it went.
final class AdmittedCall {
    private let call: ProviderGates.Call
    private let use: PinnedChain.Use
    private let pacing: Pacing?
    private let services: EngineServices
    private var isEnded = false

    init(
        _ call: ProviderGates.Call, _ use: PinnedChain.Use, pacing: Pacing?, services: EngineServices
    ) {
        self.call = call
        self.use = use
        self.pacing = pacing
        self.services = services
    }

    /// `nil` is an answer; what is said first counts.
    func ended(_ failure: Failure?) {
        guard !isEnded else { return }
        isEnded = true
        services.gates.ended(call, of: use, pacing: pacing, failure: failure, now: services.clock.now())
    }

    /// Says that the call did not take place, or was cut off, unless something was said before.
    func close() {
        guard !isEnded else { return }
        isEnded = true
        services.gates.withdraw(call, of: use, pacing: pacing, now: services.clock.now())
    }
}
