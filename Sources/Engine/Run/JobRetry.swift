internal import Persistence
internal import ThumbwireKit

/// What a retry takes over from a job that has failed or was cancelled: pictures that were paid for, or the ticket of
/// work that may still end. Nothing is ordered again that may have been bought, unless the client says so.
struct JobRetry {
    /// The old job's chain, or the current one of its name where a plugin of the old one is not installed any more.
    let pin: PinnedChain
    let steps: [Step]

    /// `chain` is the one to go on with.
    init(of job: Job, on chain: PinnedChain, _ wish: RetryWish) throws(Failure) {
        guard job.state == .failed || job.state == .cancelled else {
            throw Failure(
                .invalidInput, code: "job_not_retryable",
                message:
                    "job \(job.id) is \(job.state.rawValue); only failed and cancelled jobs are tried again")
        }
        let ids = (chain.providers + chain.steps).map(\.id)
        if let wanted = wish.fromStep, !ids.contains(wanted) {
            throw Failure(
                .invalidInput, code: "validation_failed",
                message: "fromStep: no step \"\(wanted.prefix(64))\"; \(suggestion(for: wanted, among: ids))")
        }
        let tries = job.steps.filter { $0.index == 0 }
        if let first = chain.providers.firstIndex(where: { $0.id == wish.fromStep }) {
            try Self.demandDecision(tries, wish)
            var pin = chain
            pin.providers = Array(chain.providers[first...])
            (self.pin, steps) = (pin, [])
            return
        }
        pin = chain
        if let done = tries.last(where: { $0.status == .succeeded }) {
            steps = [done]
            return
        }
        if let wanted = wish.fromStep {
            throw Failure(
                .invalidInput, code: "job_not_retryable",
                message: "job \(job.id) has no picture that step \"\(wanted)\" could begin with; "
                    + "leave fromStep out, or name a provider")
        }
        let tickets = Self.tickets(tries, of: chain, wish)
        if tickets.isEmpty { try Self.demandDecision(tries, wish) }
        steps = tickets
    }

    /// Work that was ordered and may still end, as steps to ask about. What the other side, or a day of asking, has
    /// given up is asked about again, unless the client wants it ordered again.
    private static func tickets(_ tries: [Step], of chain: PinnedChain, _ wish: RetryWish) -> [Step] {
        chain.providers.compactMap { use in
            guard var step = tries.last(where: { $0.id == use.id && $0.plugin == use.plugin }),
                step.ticket != nil, step.isUndecided, step.status == .pending || wish.onUnknown != .resubmit
            else { return nil }
            step.status = .pending
            step.finishedAt = nil
            step.failure = nil
            return step
        }
    }

    private static func demandDecision(_ tries: [Step], _ wish: RetryWish) throws(Failure) {
        guard let step = tries.last(where: \.isUndecided), wish.onUnknown != .resubmit else { return }
        throw Failure(
            .outcomeUnknown, code: "retry_needs_decision",
            message: "\(step.id) may have charged for this job already, and what it made did not arrive; "
                + "to order again, and perhaps pay twice, send \"onUnknown\": \"resubmit\"")
    }
}

extension Engine {
    /// The new job that goes on where that one stopped; `nil` where the account has no such job.
    func retried(
        _ id: JobID, of account: AccountID, _ wish: RetryWish, once key: IdempotencyKey?
    ) async throws -> Job? {
        try checkAccepting()
        do {
            return try await retryOnce(id, of: account, wish, key)
        } catch StoreError.conflict {
            // The job's ticket was settled or taken between reading and writing: it can be told what became of it now.
            return try await retryOnce(id, of: account, wish, key)
        }
    }

    private func retryOnce(
        _ id: JobID, of account: AccountID, _ wish: RetryWish, _ key: IdempotencyKey?
    ) async throws -> Job? {
        guard let old = try await services.store.job(id, of: account) else { return nil }
        let registry = services.registry
        let chain =
            registry.isInstalled(old.pin)
            ? old.pin : try registry.chain(named: old.pin.name, face: old.face)
        let plan = try JobRetry(of: old, on: chain, wish)
        let now = services.clock.now()
        var job = Job(
            id: old.face.jobID(at: now), account: account, face: old.face, request: old.request,
            pin: plan.pin, session: old.session, createdAt: now,
            deadline: now + (old.deadline - old.createdAt))
        job.metadata = old.metadata
        job.priority = old.priority
        job.parent = old.id
        job.key = old.key
        job.requestID = wish.requestID
        job.credits = old.credits
        job.steps = plan.steps
        job.provider = plan.steps.first { $0.status == .succeeded }?.id
        // Who made way before the candidate whose picture or ticket is taken over stays said.
        let rules = ProviderRules(pin: old.pin, deadline: old.deadline) { _ in true }
        job.fallback = plan.steps.first.flatMap {
            rules.fallback(to: $0.id, after: old.steps) ?? old.fallback
        }
        let callback = try await services.store.callback(of: old.id)
        job.callback = callback == nil ? nil : old.callback
        job.callback?.lastStatus = nil
        if plan.steps.isEmpty { try registry.passOverUnsuitable(in: &job, now: now) }
        return try await accept(job, callback: callback, repetition: key.map(Repetition.key)).job
    }
}
