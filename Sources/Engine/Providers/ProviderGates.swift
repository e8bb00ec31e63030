internal import Persistence
internal import Synchronization
package import ThumbwireKit

/// Whether a provider may be called now: circuits, pauses and pacing, over all jobs of this process.
///
/// A circuit belongs to a provider and the account behind it; an account's pace is shared by all providers of that
/// account. Circuits and pauses stop creates only: what was paid for is always fetched.
package final class ProviderGates: Sendable {
    package enum Call: Hashable, Sendable {
        case create, poll
    }

    package enum Admission: Sendable {
        /// Call it, and say afterwards how that went.
        case go
        /// The job rests until then, and nobody burns an attempt.
        case wait(until: Timestamp)
        /// Its circuit is open or it is paused; the failure says why, and `retryAfter` until when.
        case closed(Failure)
    }

    /// Accounts and circuits that nobody used for this long are forgotten.
    static let memory = Duration.seconds(3_600)
    /// More accounts than this are never known; the one that was not used longest goes first.
    static let maximumPurses = 256

    fileprivate struct State {
        /// By the account's key.
        var purses: [String: Purse] = [:]
        /// By provider.
        var standings: [String: ProviderStanding] = [:]
        /// Not told yet, oldest first.
        var changes: [ProviderChange] = []
        var now = Timestamp(microseconds: 0)
        var nextSweep = Timestamp(microseconds: 0)
    }

    private let state = Mutex(State())
    private let random: @Sendable () -> Double
    /// Woken when there is something to tell, or a pause to end.
    let news = Wakeup()

    /// `random` is uniform in 0..<1 and spreads openings.
    package init(random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }) {
        self.random = random
    }

    /// Asks for one call; a `go` must be followed by one ``ended(_:of:pacing:failure:now:)`` or one
    /// ``withdraw(_:of:pacing:now:)``. `pictures` is how many a create orders. With the job, a place that it was given
    /// to wait for stays its own.
    func admit(
        _ call: Call, to use: PinnedChain.Use, pacing: Pacing?, pictures: Int = 1, for job: JobID? = nil,
        now: Timestamp
    ) -> Admission {
        state.withLock { state in
            state.advance(to: now)
            var isProbe = false
            if call == .create {
                switch state.standings[use.id]?.pass(account: pacing?.key, at: now) {
                case .closed(let failure)?: return .closed(failure)
                case .probe?: isProbe = true
                case .go?, nil: break
                }
            }
            if let pacing {
                let admission = state.purses[pacing.key, default: Purse(pacing, at: now)]
                    .admit(call, pictures: pictures, for: job, pacing: pacing, of: use.id, at: now)
                guard case .go = admission else { return admission }
            }
            if isProbe { state.standings[use.id]?.beginProbe(account: pacing?.key, at: now) }
            return .go
        }
    }

    /// Says how an admitted call went; `failure` is `nil` for an answer.
    func ended(
        _ call: Call, of use: PinnedChain.Use, pacing: Pacing?, failure: Failure?, now: Timestamp
    ) {
        let random = random()
        change { state in
            state.advance(to: now)
            if let pacing { state.purses[pacing.key]?.ended(call, failure, at: now) }
            state.standings[use.id, default: ProviderStanding(provider: use.id)]
                .note(call, failure, account: pacing?.key, at: now, random: random)
            state.tell(use.id, at: now)
        }
    }

    /// Says that an admitted call did not take place, or was cut off by us: that is nothing against the provider.
    func withdraw(_ call: Call, of use: PinnedChain.Use, pacing: Pacing?, now: Timestamp) {
        state.withLock { state in
            state.advance(to: now)
            if let pacing { state.purses[pacing.key]?.withdraw(call, at: now) }
            if call == .create { state.standings[use.id]?.withdrawProbe(account: pacing?.key) }
        }
    }

    /// Takes over what the other side says of the account's budget; without `now`, as of the last call.
    func learn(_ budget: Budget, of use: PinnedChain.Use, pacing: Pacing?, now: Timestamp? = nil) {
        guard let pacing else { return }
        change { state in
            let now = max(now ?? state.now, state.now)
            state.advance(to: now)
            let budget = budget.plausible(at: now)
            state.purses[pacing.key, default: Purse(pacing, at: now)].learn(budget, at: now)
            guard budget.kind == .credits else { return }
            state.standings[use.id, default: ProviderStanding(provider: use.id)]
                .learn(credits: budget, account: pacing.key, at: now)
            state.tell(use.id, at: now)
        }
    }

    /// Gives up what an ended job waited for, so that others move up; harmless for any other job.
    func forget(_ job: JobID) {
        state.withLock { state in
            for key in state.purses.keys { state.purses[key]?.forget(job) }
        }
    }

    // MARK: Administrators

    /// Puts a provider out of use for creates.
    func pause(_ pause: ProviderPause, now: Timestamp) {
        change { state in
            state.standings[pause.provider, default: ProviderStanding(provider: pause.provider)].pause = pause
            state.tell(pause.provider, at: now)
        }
        // The end of a pause may now be nearer, or farther, than the one that was waited for.
        news.wake()
    }

    /// Takes over a pause that was told of before this process began.
    func load(_ pause: ProviderPause) {
        state.withLock { state in
            state.standings[pause.provider, default: ProviderStanding(provider: pause.provider)].load(pause)
        }
    }

    /// Puts a provider back into use; an open circuit lets one create find out at once.
    func resume(_ provider: String, now: Timestamp) {
        change { state in
            state.standings[provider]?.resume()
            state.tell(provider, at: now)
        }
    }

    /// The providers whose pause is over by then.
    func expiredPauses(at now: Timestamp) -> [String] {
        state.withLock { state in
            state.standings.values.filter { $0.pause?.until.map { $0 <= now } ?? false }.map(\.provider)
        }
    }

    var nextPauseEnd: Timestamp? {
        state.withLock { $0.standings.values.compactMap { $0.pause?.until }.min() }
    }

    // MARK: What is told

    /// What has not been told yet; it stays until ``told(_:)``.
    var untold: [ProviderChange] { state.withLock { $0.changes } }

    /// The oldest so many changes are told.
    func told(_ count: Int) {
        state.withLock { $0.changes.removeFirst(min(count, $0.changes.count)) }
    }

    /// Completes a status with what is known here.
    func complete(_ status: inout ProviderStatus, account: String?, now: Timestamp) {
        state.withLock { state in
            state.standings[status.name]?.describe(in: &status, at: now)
            guard let purse = account.flatMap({ state.purses[$0] }) else { return }
            status.budgets = purse.budgets
            status.creating = purse.creating
            status.waiting = purse.waiting
        }
    }

    /// How many accounts are known.
    var purseCount: Int { state.withLock { $0.purses.count } }

    private func change(_ body: (inout State) -> Void) {
        let hasNews = state.withLock { state in
            let before = state.changes.count
            body(&state)
            return state.changes.count > before
        }
        if hasNews { news.wake() }
    }
}

extension ProviderGates.State {
    /// Notes the time, and now and then forgets what is of no use any more.
    fileprivate mutating func advance(to moment: Timestamp) {
        now = max(now, moment)
        guard now >= nextSweep || purses.count > ProviderGates.maximumPurses else { return }
        nextSweep = now + .seconds(60)
        let old = now - ProviderGates.memory
        purses = purses.filter { $0.value.lastUse > old || !$0.value.isIdle(at: now) }
        while purses.count > ProviderGates.maximumPurses,
            let oldest = purses.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            purses[oldest.key] = nil
        }
        for name in standings.keys { standings[name]?.forget(at: now) }
        standings = standings.filter { !$0.value.isUnremarkable }
    }

    fileprivate mutating func tell(_ provider: String, at moment: Timestamp) {
        guard let change = standings[provider]?.change(at: moment) else { return }
        changes.append(change)
        // Nobody runs who would tell them: the newest say how things stand.
        if changes.count > 1_000 { changes.removeFirst() }
    }
}
