internal import Persistence
internal import Synchronization
internal import ThumbwireKit

/// The running parts of a dispatcher: one task claims and begins, one task per attempt sends, one writes results, and one
/// removes endpoints whose time is over.
final class DispatchSession: Sendable {
    private struct State {
        var queue: AttemptQueue
        var claims = ClaimSchedule()
        var isStopping = false
    }

    /// What the claiming task waits for, besides being woken.
    private struct Rest {
        var until: Timestamp?
        var untilChange: ContinuousClock.Instant?
    }

    /// How long after a refused claim, or one that left out due deliveries, it is tried again unasked.
    private static let recheck: Duration = .seconds(1)

    private let store: any Store
    private let clock: SteadyClock
    private let configuration: Dispatcher.Configuration
    private let lanes: LaneFinder
    private let attempter: Attempter
    private let recorder: AttemptRecorder
    private let log: Log
    private let wakeup = Wakeup()
    private let state: Mutex<State>

    init(
        store: any Store, clock: SteadyClock, configuration: Dispatcher.Configuration, lanes: LaneFinder,
        attempter: Attempter, recorder: AttemptRecorder, log: Log
    ) {
        self.store = store
        self.clock = clock
        self.configuration = configuration
        self.lanes = lanes
        self.attempter = attempter
        self.recorder = recorder
        self.log = log
        state = Mutex(State(queue: AttemptQueue(configuration: configuration)))
    }

    func stop() {
        state.withLock { $0.isStopping = true }
        wakeup.wake()
    }

    func run() async {
        // Kept for as long as it asks: a commit tells what it did while it is asked, and nothing comes through the stream.
        let changes = store.changes.subscribe(limit: 1) { change in
            self.note(change)
            return false
        }
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await _ in changes {}
            }
            group.addTask { await self.recorder.run { self.take($0) } }
            group.addTask { await self.removeExpired() }
            while !state.withLock(\.isStopping) {
                await readChanged()
                beginWaiting(&group)
                if await claim() { continue }
                await rest()
            }
            await drain()
            group.cancelAll()
        }
        await recorder.flush()
    }

    /// Waits for attempts under way, within the grace.
    private func drain() async {
        state.withLock { $0.queue.dropWaiting() }
        let end = ContinuousClock.now + configuration.grace
        while !state.withLock(\.queue.isIdle), ContinuousClock.now < end {
            await wakeup.wait { try? await Task.sleep(until: end, clock: .continuous) }
        }
    }

    /// Removes endpoints whose time is over, now and then. They get nothing meanwhile: claims leave them out.
    private func removeExpired() async {
        while !Task.isCancelled {
            do {
                let count = try await store.removeExpiredEndpoints(now: clock.wall.now())
                if count > 0 {
                    log(.info, "expired webhook endpoints removed", ["count": .integer(Int64(count))])
                }
            } catch {
                log(.error, "expired webhook endpoints not removed", ["error": .string("\(error)")])
            }
            try? await clock.sleep(until: clock.now() + configuration.expiryInterval)
        }
    }
}

// MARK: Changes of endpoints

extension DispatchSession {
    /// Notes what may be claimed, and that an endpoint was changed before its owner is told that it is: nothing goes out
    /// as it was any more.
    private func note(_ change: StoreChange) {
        switch change {
        case .deliveryDue: claimNow()
        case .endpointChanged(let id):
            let now = clock.now()
            state.withLock { $0.queue.noteChange(of: id, now: now) }
            wakeup.wake()
        default: break
        }
    }

    /// Reads endpoints that were changed, for what was claimed before. Called between claims, so that none brings an
    /// older state of them later on.
    private func readChanged() async {
        let now = clock.now()
        for (id, account) in state.withLock({ $0.queue.takeChanged(now: now) }) {
            let stored: StoredEndpoint?
            do {
                stored = try await store.storedEndpoint(id, of: account)
            } catch {
                // It is claimed again when its lease is over.
                stored = nil
                log(.error, "webhook endpoint not read", ["error": .string("\(error)")])
            }
            state.withLock { state in
                if let stored {
                    state.queue.renew(stored, now: now)
                } else {
                    state.queue.forget(id, now: now)
                }
            }
        }
    }
}

// MARK: Attempts

extension DispatchSession {
    private func beginWaiting(_ group: inout DiscardingTaskGroup) {
        while let next = takeNext() {
            group.addTask { await self.attempt(next) }
        }
    }

    private func takeNext() -> AttemptQueue.Next? {
        // What cannot be written now would only be sent twice.
        guard !recorder.isFull else { return nil }
        let now = clock.now()
        return state.withLock { state in
            state.isStopping ? nil : state.queue.takeNext(now: now, at: .now)
        }
    }

    /// Makes attempts one after the other as long as there is a next one to take.
    private func attempt(_ first: AttemptQueue.Next) async {
        var current: AttemptQueue.Next? = first
        while let next = current {
            let judgement = await attempter.attempt(
                next.due, host: next.lane.host, isProven: next.standing == .proven)
            let now = clock.now()
            state.withLock {
                $0.queue.finish(
                    next.due.delivery.id, hasResult: judgement != nil, isHang: judgement?.isHang ?? false,
                    now: now, at: .now)
            }
            if let judgement { recorder.add(judgement) }
            current = takeNext()
            let hasToClaim = state.withLock { state in
                if state.queue.hasReleasedTarget { state.claims.claimNow() }
                return state.claims.isNow && state.queue.claimLimit > 0
            }
            if current == nil || hasToClaim { wakeup.wake() }
        }
    }

    /// Takes over what became of a batch of results.
    private func take(_ written: AttemptRecorder.Written) {
        let now = clock.now()
        state.withLock { state in
            state.queue.wrote(written.deliveries)
            for endpoint in written.endpoints { state.queue.learn(endpoint, now: now) }
            // Either the endpoint is gone or its delivery is, whose job was erased: the store is asked which.
            for endpoint in written.goneEndpoints { state.queue.noteChange(of: endpoint, now: now) }
        }
        wakeup.wake()
    }
}

// MARK: Claims

extension DispatchSession {
    private func claimNow() {
        state.withLock { $0.claims.claimNow() }
        wakeup.wake()
    }

    /// Claims what is due; false when nothing was claimed.
    private func claim() async -> Bool {
        let now = clock.now()
        guard let (limit, busy) = planClaim(now) else { return false }
        let leaseUntil = now + configuration.lease
        do {
            let claimed = try await store.claimDeliveries(
                limit: limit, busy: busy, leaseUntil: leaseUntil, now: now)
            let inLanes = claimed.map { (lane: lanes.key(of: $0), due: $0) }
            let isNext = state.withLock { state in
                state.queue.add(inLanes, leaseUntil: leaseUntil, now: now)
                if !claimed.isEmpty { state.claims.lease(until: leaseUntil) }
                if claimed.count == limit { state.claims.claimNow() }
                return state.claims.isNow
            }
            // Where another claim follows at once, that one will ask.
            if !isNext { await noteNextDue(now) }
            return !claimed.isEmpty
        } catch {
            state.withLock { $0.claims.note(now + Self.recheck) }
            log(.error, "webhook claim refused", ["error": .string("\(error)")])
            return false
        }
    }

    private func noteNextDue(_ now: Timestamp) async {
        let next: Timestamp?
        do {
            next = try await store.nextDeliveryDue()
        } catch {
            next = now + Self.recheck
            log(.error, "webhook due time not read", ["error": .string("\(error)")])
        }
        guard let next else { return }
        // What is due and was not claimed was left out: its target's release says when to claim it.
        state.withLock { $0.claims.note(next > now ? next : now + Self.recheck) }
    }

    private func planClaim(_ now: Timestamp) -> (limit: Int, busy: Set<Delivery.Target>)? {
        guard !recorder.isFull else { return nil }
        return state.withLock { state in
            if state.claims.endLeases(now) { state.queue.dropExpired(now: now) }
            let limit = state.queue.claimLimit
            guard !state.isStopping, limit > 0, state.claims.isReached(now) else { return nil }
            state.claims.begin(now)
            return (limit, state.queue.leaveOutBusy())
        }
    }

    private func rest() async {
        guard let rest = planRest() else { return }
        let alarms = [
            rest.until.map { moment in alarm { [clock] in try await clock.sleep(until: moment) } },
            rest.untilChange.map { moment in alarm { try await Task.sleep(until: moment, clock: .continuous) }
            },
        ]
        await wakeup.wait()
        for alarm in alarms { alarm?.cancel() }
    }

    /// Wakes the claiming task after a sleep. Nobody waits for its end: to cancel a sleep takes several turns of the pool,
    /// which under load are milliseconds that a due delivery would wait for.
    private func alarm(_ sleep: @escaping @Sendable () async throws -> Void) -> Task<Void, any Error> {
        Task { [wakeup] in
            try await sleep()
            wakeup.wake()
        }
    }

    /// `nil` when there is something to do at once.
    private func planRest() -> Rest? {
        // A full recorder wakes us when it has written.
        if recorder.isFull { return state.withLock(\.isStopping) ? nil : Rest() }
        return state.withLock { state in
            let now = ContinuousClock.now
            guard !state.isStopping, !state.queue.hasNext(at: now) else { return nil }
            var rest = Rest(until: state.queue.nextWake, untilChange: state.queue.nextChange(at: now))
            if state.queue.claimLimit > 0, state.claims.isNow { return nil }
            // The end of a lease makes room.
            let moment = state.queue.claimLimit > 0 ? state.claims.moment : state.claims.nextLeaseEnd
            if let moment { rest.until = min(rest.until ?? moment, moment) }
            return rest
        }
    }
}

extension Lane.Key {
    /// `nil` where it is not a callback's, or that cannot be opened.
    fileprivate var host: String? {
        if case .host(_, let host) = self { host } else { nil }
    }
}
