internal import Persistence
internal import Synchronization
internal import ThumbwireKit

/// The running parts of a dispatcher: one task claims and starts, one task per attempt sends, one writes results.
final class DispatchSession: Sendable {
    /// When deliveries are to be claimed next.
    private enum Due {
        case now
        case at(Timestamp)
        /// When the store says so.
        case later

        mutating func note(_ moment: Timestamp) {
            switch self {
            case .now: break
            case .at(let known): self = .at(min(known, moment))
            case .later: self = .at(moment)
            }
        }

        var isNow: Bool {
            if case .now = self { true } else { false }
        }

        func isReached(_ now: Timestamp) -> Bool {
            switch self {
            case .now: true
            case .at(let moment): moment <= now
            case .later: false
            }
        }
    }

    private struct State {
        var queue: AttemptQueue
        var due = Due.now
        /// When the last claim's leases end; what of them was not attempted can be claimed again then.
        var leaseEnd: Timestamp?
        var isStopping = false
    }

    /// What the claiming task waits for.
    private enum Rest {
        case none
        case untilWoken
        case untilDue(Timestamp)
        case untilPlace(ContinuousClock.Instant)
    }

    /// How long after a refused claim, or one that left out due deliveries, it is tried again unasked.
    private static let recheck: Duration = .seconds(1)

    private let store: any Store
    private let clock: any WallClock
    private let configuration: Dispatcher.Configuration
    private let attempter: Attempter
    private let log: Log
    private let recorder: AttemptRecorder
    private let wakeup = Wakeup()
    private let state: Mutex<State>

    init(
        store: any Store, clock: any WallClock, configuration: Dispatcher.Configuration,
        attempter: Attempter, log: Log
    ) {
        self.store = store
        self.clock = clock
        self.configuration = configuration
        self.attempter = attempter
        self.log = log
        recorder = AttemptRecorder(store: store, limit: 4 * configuration.maximumInFlight, log: log)
        state = Mutex(State(queue: AttemptQueue(configuration: configuration)))
    }

    func stop() {
        state.withLock { $0.isStopping = true }
        wakeup.wake()
    }

    func run() async {
        let changes = store.changes.subscribe(limit: 1) { $0 == .deliveryDue }
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await _ in changes { self.claimNow() }
            }
            group.addTask {
                await self.recorder.run { written in
                    self.state.withLock { $0.queue.wrote(written) }
                    self.wakeup.wake()
                }
            }
            while !state.withLock(\.isStopping) {
                startWaiting(&group)
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

    private func startWaiting(_ group: inout DiscardingTaskGroup) {
        while let due = takeNext() {
            group.addTask { await self.attempt(due) }
        }
    }

    private func takeNext() -> DueDelivery? {
        let now = clock.now()
        return state.withLock { state in
            state.isStopping ? nil : state.queue.takeNext(now: now, at: .now)
        }
    }

    /// Makes attempts one after the other as long as there is a next one to take.
    private func attempt(_ first: DueDelivery) async {
        var current: DueDelivery? = first
        while let due = current {
            let result = await attempter.attempt(due)
            state.withLock { $0.queue.finish(due.delivery.id, hasResult: result != nil) }
            if let result { recorder.add(result) }
            current = takeNext()
            let hasToClaim = state.withLock { state in
                if state.queue.hasReleasedTarget { state.due = .now }
                return state.due.isNow
            }
            if current == nil || hasToClaim { wakeup.wake() }
        }
    }

    private func claimNow() {
        state.withLock { $0.due = .now }
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
            state.withLock { state in
                state.queue.add(claimed, leaseUntil: leaseUntil)
                if !claimed.isEmpty { state.leaseEnd = leaseUntil }
                if claimed.count == limit { state.due = .now }
            }
            if claimed.count < limit { await noteNextDue(now) }
            return !claimed.isEmpty
        } catch {
            state.withLock { $0.due.note(now + Self.recheck) }
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
        state.withLock { state in
            // What is due and was not claimed was left out: its target's release says when to claim it.
            if let next { state.due.note(next > now ? next : now + Self.recheck) }
            guard let end = state.leaseEnd else { return }
            if end > now { state.due.note(end) } else { state.leaseEnd = nil }
        }
    }

    private func planClaim(_ now: Timestamp) -> (limit: Int, busy: Set<Delivery.Target>)? {
        guard !recorder.isFull else { return nil }
        return state.withLock { state in
            guard !state.isStopping, state.due.isReached(now) else { return nil }
            let limit = state.queue.room(at: .now)
            guard limit > 0 else { return nil }
            state.due = .later
            return (limit, state.queue.leaveOutBusy())
        }
    }

    private func rest() async {
        let clock = clock
        switch planRest() {
        case .none: break
        case .untilWoken: await wakeup.wait()
        case .untilDue(let moment): await wakeup.wait { try? await clock.sleep(until: moment) }
        case .untilPlace(let moment):
            await wakeup.wait { try? await Task.sleep(until: moment, clock: .continuous) }
        }
    }

    private func planRest() -> Rest {
        let isFull = recorder.isFull
        return state.withLock { state in
            if state.isStopping { return .none }
            if state.queue.room(at: .now) == 0 {
                return state.queue.nextFreePlace.map { .untilPlace($0) } ?? .untilWoken
            }
            return switch state.due {
            case .now: isFull ? .untilWoken : .none
            case .at(let moment): isFull ? .untilWoken : .untilDue(moment)
            case .later: .untilWoken
            }
        }
    }
}
