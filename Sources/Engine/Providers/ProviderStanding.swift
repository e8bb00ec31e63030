internal import Persistence
internal import ThumbwireKit

/// A provider went out of use, or came back into it.
struct ProviderChange: Hashable {
    enum Kind: Hashable {
        case degraded(Failure, until: Timestamp?)
        case recovered(degradedAt: Timestamp)
    }

    var provider: String
    var kind: Kind
    var at: Timestamp
}

/// One provider over all accounts that jobs have pinned for it: its circuits, its pause, and what was said of it.
struct ProviderStanding {
    enum Pass {
        case go, probe
        case closed(Failure)
    }

    let provider: String
    var pause: ProviderPause?
    /// By the account's key; providers without one have one circuit.
    private var circuits: [String?: Circuit] = [:]
    private var degradedAt: Timestamp?
    private var lastUse = Timestamp(microseconds: 0)

    init(provider: String) {
        self.provider = provider
    }

    /// Whether a create may go through now.
    mutating func pass(account: String?, at now: Timestamp) -> Pass {
        if let pause, pause.until.map({ $0 > now }) ?? true {
            return .closed(pause.failure(at: now))
        }
        switch circuits[account]?.pass(at: now) {
        case .go?, nil: return .go
        case .probe?: return .probe
        case .refused(let until)?:
            return .closed(refusal(circuits[account]?.reason, until: until, at: now))
        }
    }

    mutating func beginProbe(account: String?, at now: Timestamp) {
        circuits[account]?.beginProbe(at: now)
    }

    mutating func withdrawProbe(account: String?) {
        circuits[account]?.withdrawProbe()
    }

    mutating func note(
        _ call: ProviderGates.Call, _ failure: Failure?, account: String?, at now: Timestamp, random: Double
    ) {
        lastUse = now
        circuits[account, default: Circuit()].note(call, failure, at: now, random: random)
    }

    /// No credits left is known before a create has to find out, and so is that there are some again.
    mutating func learn(credits budget: Budget, account: String?, at now: Timestamp) {
        guard let remaining = budget.remaining else { return }
        lastUse = now
        let circuit = circuits[account] ?? Circuit()
        let isOutOfFunds = circuit.state != .closed && circuit.reason?.failureClass == .outOfFunds
        if remaining > 0 {
            if isOutOfFunds { circuits[account]?.tryAgain() }
            return
        }
        if case .open = circuit.state { return }
        let failure = Failure(
            .outOfFunds, code: "provider_out_of_funds", message: "the account has no credits left")
        let duration = budget.resetsAt.map { $0 - now } ?? Circuit.outOfFundsOpening
        guard duration > .zero else { return }
        circuits[account, default: Circuit()].open(failure, for: duration, at: now)
    }

    mutating func load(_ earlier: ProviderPause) {
        pause = earlier
        degradedAt = earlier.at
    }

    mutating func resume() {
        pause = nil
        for account in circuits.keys { circuits[account]?.tryAgain() }
    }

    /// What is to be told since the last time, at most one degradation before each recovery.
    mutating func change(at now: Timestamp) -> ProviderChange? {
        let worst = circuits.values.first { $0.state != .closed }
        guard pause != nil || worst != nil else {
            guard let since = degradedAt else { return nil }
            degradedAt = nil
            return ProviderChange(provider: provider, kind: .recovered(degradedAt: since), at: now)
        }
        guard degradedAt == nil else { return nil }
        degradedAt = now
        let reason = pause?.failure(at: now) ?? worst?.reason
        return ProviderChange(
            provider: provider,
            kind: .degraded(
                reason ?? Failure(.unavailable, code: "provider_unavailable", message: "it is out of use"),
                until: pause == nil ? worst?.openUntil : pause?.until),
            at: now)
    }

    mutating func forget(at now: Timestamp) {
        guard now - lastUse > ProviderGates.memory else { return }
        circuits = circuits.filter { !$0.value.isUnremarkable(at: now) }
    }

    var isUnremarkable: Bool { pause == nil && circuits.isEmpty && degradedAt == nil }

    func describe(in status: inout ProviderStatus, at now: Timestamp) {
        status.pause = pause
        for circuit in circuits.values {
            let (creates, failures) = circuit.recent(at: now)
            status.recent.creates += creates
            status.recent.failures += failures
            let seen = circuit.kind(at: now)
            guard seen != .closed, status.circuit != .open else { continue }
            status.circuit = seen
            status.openUntil = circuit.openUntil
            status.reason = circuit.reason
        }
    }

    /// The same class where it stays true of a call that was not made; nothing was sent, so that nothing is unknown.
    private func refusal(_ reason: Failure?, until: Timestamp, at now: Timestamp) -> Failure {
        let failureClass: FailureClass
        switch reason?.failureClass {
        case .outOfFunds?: failureClass = .outOfFunds
        case .misconfigured?: failureClass = .misconfigured
        default: failureClass = .unavailable
        }
        let isSame = failureClass == reason?.failureClass
        return Failure(
            failureClass, code: isSame ? reason?.code ?? "provider_unavailable" : "provider_unavailable",
            message: "\(provider) is not asked before \(until): \(reason?.message ?? "it failed")",
            retryAfter: until - now)
    }
}

extension ProviderPause {
    fileprivate func failure(at now: Timestamp) -> Failure {
        Failure(
            .unavailable, code: "provider_paused",
            message: "\(provider) is paused\(until.map { " until \($0)" } ?? ""): \(reason)",
            retryAfter: until.map { max(.zero, $0 - now) })
    }
}

extension Circuit {
    fileprivate var openUntil: Timestamp? {
        if case .open(let until) = state { until } else { nil }
    }

    fileprivate func kind(at now: Timestamp) -> ProviderStatus.Circuit {
        switch state {
        case .closed: .closed
        case .open(let until): until <= now ? .halfOpen : .open
        case .halfOpen: .halfOpen
        }
    }
}
