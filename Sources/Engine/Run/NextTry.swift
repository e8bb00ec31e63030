internal import ThumbwireKit

/// What the provider step does next.
enum NextTry: Hashable, Sendable {
    /// The pictures are there.
    case take(Step)
    case create(PinnedChain.Use, attempt: Int)
    /// Work goes on elsewhere: one ticket, or two where the chain hedges.
    case poll([Step])
    case fail(Failure)
}

/// How the candidates of a chain take turns: the steps and the chain's policy alone decide, so that it is the same
/// after a crash.
struct ProviderRules: Sendable {
    /// What a failed try leads to.
    enum Verdict: Hashable, Sendable {
        /// The same candidate, after a rest of at least that long.
        case again(attempt: Int, after: Duration)
        /// The next candidate.
        case next
        case end
    }

    let pin: PinnedChain
    /// The job's.
    let deadline: Timestamp
    /// By plugin id.
    let isBilled: @Sendable (String) -> Bool
    var retries = RetryPolicy()

    func next(after steps: [Step], now: Timestamp) -> NextTry {
        let tries = steps.filter { $0.index == 0 }
        let done = tries.filter { $0.status == .succeeded }
        // Of two that were asked at a time, the faster.
        if let first = done.min(by: { ($0.finishedAt ?? .distantFuture) < ($1.finishedAt ?? .distantFuture) })
        {
            return .take(first)
        }
        let open = openTries(tries)
        // Before anything is ordered elsewhere: that would buy twice.
        if !open.isEmpty { return hedge(open, tries, now: now) ?? .poll(open) }
        var failure: Failure?
        for use in pin.providers {
            guard let last = tries.last(where: { $0.id == use.id }) else {
                return .create(use, attempt: 1)
            }
            if last.status == .skipped {
                failure = failure ?? last.failure
                continue
            }
            if last.status == .started, !isBilled(use.plugin) { return .create(use, attempt: last.attempt) }
            let reason = last.failure ?? Self.interrupted(use.id)
            switch verdict(on: reason, of: last) {
            case .again(let attempt, _): return .create(use, attempt: attempt)
            case .next: failure = reason
            case .end: return .fail(reason)
            }
        }
        return .fail(failure ?? Self.noProvider)
    }

    /// What follows from that failure of that try; `random` in 0..<1 spreads the rests.
    func verdict(on failure: Failure, of step: Step, random: Double = 0) -> Verdict {
        let attempt = step.attempt
        if failure.failureClass == .outcomeUnknown {
            guard pin.policy.onUnknown == .resubmit, attempt < retries.maximumAttempts else { return .end }
            return .again(attempt: attempt + 1, after: retries.backoff(afterAttempt: attempt, random: random))
        }
        // Whoever must wait until the job is over does better elsewhere.
        let isInTime = (step.finishedAt ?? step.startedAt) + (failure.retryAfter ?? .zero) < deadline
        if isInTime, let delay = retries.delay(afterAttempt: attempt, failure: failure, random: random) {
            return .again(attempt: attempt + (retries.burnsAttempt(failure) ? 1 : 0), after: delay)
        }
        return pin.policy.failoverOn.contains(failure.failureClass) ? .next : .end
    }

    /// The candidate whose failure made way for that one; a candidate that cannot serve the request has not failed.
    func fallback(to provider: String, after steps: [Step]) -> Job.Fallback? {
        let earlier = pin.providers.prefix { $0.id != provider }.map(\.id)
        let failed = steps.first {
            $0.index == 0 && earlier.contains($0.id) && ($0.failure.map { !$0.isUnsuitability } ?? false)
        }
        guard let failed, let failure = failed.failure else { return nil }
        return Job.Fallback(from: failed.id, reason: failure.code)
    }

    /// What is known of a try that was cut off between its intent and its answer.
    static func interrupted(_ provider: String) -> Failure {
        Failure(
            .outcomeUnknown, code: "provider_outcome_unknown",
            message: "the service stopped while \(provider) was working; it may have charged for this job")
    }

    private static let noProvider = Failure(
        .misconfigured, code: "chain_unavailable", message: "the chain has no provider")

    private func openTries(_ tries: [Step]) -> [Step] {
        pin.providers.compactMap { use in
            tries.last { $0.id == use.id }.flatMap { $0.status == .pending ? $0 : nil }
        }
    }

    /// When a second candidate is asked beside the one that works; `nil` where none is.
    func hedgeTime(_ steps: [Step]) -> Timestamp? {
        let tries = steps.filter { $0.index == 0 }
        guard let wait = pin.policy.hedge, secondCandidate(tries) != nil,
            let first = tries.last(where: { $0.status == .pending || $0.status == .started })
        else { return nil }
        return first.startedAt + wait
    }

    /// The candidate that was not asked yet, while exactly one other works.
    func secondCandidate(_ steps: [Step]) -> PinnedChain.Use? {
        let tries = steps.filter { $0.index == 0 }
        guard tries.count(where: { $0.status == .pending || $0.status == .started }) == 1 else { return nil }
        return pin.providers.first { use in !tries.contains { $0.id == use.id } }
    }

    private func hedge(_ open: [Step], _ tries: [Step], now: Timestamp) -> NextTry? {
        guard let time = hedgeTime(tries), now >= time, let second = secondCandidate(tries) else {
            return nil
        }
        return .create(second, attempt: 1)
    }
}

extension Failure {
    /// True where a provider was passed over because it cannot serve the request, and nothing went wrong.
    var isUnsuitability: Bool { code == "provider_unsuitable" }
}
