internal import Persistence
internal import Synchronization
internal import ThumbwireKit

/// Follows the tickets of ended jobs until they end too: what was paid for is kept, and its cost is known.
final class TicketFollower: Sendable {
    /// From a job's end to the first question.
    static let firstRest = Duration.seconds(5)
    /// Nobody asks any more then.
    static let patience = Duration.seconds(86_400)

    private static let longestRest = Duration.seconds(300)
    private static let leaseDuration = Duration.seconds(120)
    private static let callTimeout = Duration.seconds(60)
    private static let batch = 8
    private static let pauseAfterError = Duration.seconds(1)

    private let services: EngineServices
    private let wakeup = Wakeup()
    private let activity = Mutex((isAsking: false, isHeld: false, isAwaited: false))
    private let whenQuiet: Wakeup

    /// `whenQuiet` is woken for who asked in vain to ``hold()``.
    init(services: EngineServices, whenQuiet: Wakeup) {
        self.services = services
        self.whenQuiet = whenQuiet
    }

    /// Says that there is a new ticket.
    func wake() { wakeup.wake() }

    /// Asks nothing until ``goOn()``; false while it is asking, and nothing changes then.
    func hold() -> Bool {
        activity.withLock { activity in
            activity.isHeld = !activity.isAsking
            activity.isAwaited = activity.isAsking
            return activity.isHeld
        }
    }

    func goOn() {
        let wasHeld = activity.withLock { activity in
            defer { activity.isHeld = false }
            return activity.isHeld
        }
        if wasHeld { wakeup.wake() }
    }

    private func begin() -> Bool {
        activity.withLock { activity in
            activity.isAsking = !activity.isHeld
            return activity.isAsking
        }
    }

    private func end() {
        let isAwaited = activity.withLock { activity in
            activity.isAsking = false
            defer { activity.isAwaited = false }
            return activity.isAwaited
        }
        if isAwaited { whenQuiet.wake() }
    }

    /// Works until the task is cancelled; takes nothing new while `isAccepting` says no.
    func run(while isAccepting: @Sendable () -> Bool) async {
        while !Task.isCancelled {
            do {
                let next = isAccepting() && begin() ? try await round() : nil
                if let next {
                    await wakeup.wait(orUntil: { [clock = services.clock] in
                        try? await clock.sleep(until: next)
                    })
                } else {
                    await wakeup.wait()
                }
            } catch {
                services.log(.error, "following tickets failed", ["error": .string("\(error)")])
                try? await services.clock.sleep(until: services.clock.now() + Self.pauseAfterError)
            }
        }
    }

    /// Asks about what is due; returns when the next ticket is.
    private func round() async throws -> Timestamp? {
        defer { end() }
        guard let due = try await services.store.nextTicketDue() else { return nil }
        let now = services.clock.now()
        guard due <= now else { return due }
        let tickets = try await services.store.claimTickets(
            limit: Self.batch, leaseUntil: now + Self.leaseDuration, now: now)
        await withTaskGroup(of: Void.self) { group in
            for ticket in tickets { group.addTask { await self.follow(ticket) } }
        }
        return tickets.isEmpty ? now + Self.pauseAfterError : now
    }

    private func follow(_ ticket: OpenTicket) async {
        do {
            try await ask(ticket)
        } catch is FaultPoints.Crash {
            return
        } catch StoreError.missing {
            // The job was deleted meanwhile, and its ticket with it, or another job took the ticket over.
            services.gates.forget(ticket.job)
        } catch {
            // The lease runs out, and it is asked about again.
            services.log(
                .error, "ticket left to its lease",
                ["error": .string("\(error)"), "job": .string(ticket.job.rawValue)])
        }
    }

    private func ask(_ ticket: OpenTicket) async throws {
        let now = services.clock.now()
        guard now < ticket.until else { return try await giveUp(ticket) }
        guard let text = ticket.step.ticket,
            let job = try await services.store.job(ticket.job, of: ticket.account)
        else { return try await giveUp(ticket) }
        let provider: any Provider
        do throws(Failure) {
            provider = try services.registry.provider(for: ticket.use)
        } catch {
            return try await askLater(ticket, atLeast: nil)
        }
        let pacing = services.registry.pacing(of: provider, for: ticket.use)
        switch services.gates.admit(
            .poll, to: ticket.use, pacing: pacing, for: ticket.job, now: now)
        {
        case .go: break
        case .wait(let moment): return try await askLater(ticket, atLeast: moment - now)
        case .closed(let failure): return try await askLater(ticket, atLeast: failure.retryAfter)
        }
        let admitted = AdmittedCall(.poll, ticket.use, pacing: pacing, services: services)
        defer { admitted.close() }
        do {
            let answer = try await call(job, ticket, provider).poll(text)
            admitted.ended(nil)
            try services.faults.reach(.afterLatePoll)
            try await take(answer, of: ticket)
        } catch let failure as Failure {
            admitted.ended(failure)
            guard services.isVerdict(failure, on: ticket.use.plugin) else {
                return try await askLater(ticket, atLeast: failure.retryAfter)
            }
            try await settle(ticket, failure)
        }
    }

    private func call(_ job: Job, _ ticket: OpenTicket, _ provider: any Provider) -> ProviderCall {
        let deadline = services.clock.now() + min(ticket.use.timeout, Self.callTimeout)
        let pacing = services.registry.pacing(of: provider, for: ticket.use)
        let context = JobProviderContext(
            job: job, use: ticket.use, pacing: pacing, deadline: deadline, services: services,
            warnings: Warnings([]))
        return ProviderCall(
            use: ticket.use, provider: provider, pacing: pacing, context: context,
            progress: ProgressThrottle(clock: services.clock),
            request: services.registry.generationRequest(of: job, to: ticket.use), isBilled: false,
            clock: services.clock, metrics: services.metrics)
    }

    private func take(_ answer: GenerationAnswer, of ticket: OpenTicket) async throws {
        switch answer {
        case .pending(_, let pollAfter): try await askLater(ticket, atLeast: pollAfter)
        case .failed(let failure): try await settle(ticket, failure)
        case .finished(let result) where result.pictures.isEmpty:
            try await settle(
                ticket,
                Failure(
                    .outcomeUnknown, code: "provider_returned_nothing",
                    message: "\(ticket.use.id) returned no picture"))
        case .finished(let result):
            var ticket = ticket
            let artifacts = try await services.keep(
                result, of: ticket.job, ticket.account, on: &ticket.step)
            try await end(ticket, artifacts)
            let request = try? await services.store.requestID(of: ticket.job)
            services.log(
                .info, "late result kept",
                [
                    "job": .string(ticket.job.rawValue), "provider": .string(ticket.use.id),
                    "pictures": .integer(Int64(artifacts.count)),
                    "account": .string(ticket.account.rawValue),
                    "request": request.json,
                ])
        }
    }

    /// Doubles from ``firstRest`` to the longest: a ticket that is twice as old is asked about half as often.
    private func askLater(_ ticket: OpenTicket, atLeast least: Duration?) async throws {
        let now = services.clock.now()
        let age = now - (ticket.until - Self.patience)
        var ticket = ticket
        let rest = min(max(age, Self.firstRest), Self.longestRest)
        ticket.nextPollAt = min(now + max(rest, least ?? .zero), ticket.until)
        try await services.store.reschedule(ticket)
    }

    private func giveUp(_ ticket: OpenTicket) async throws {
        try await settle(
            ticket,
            Failure(
                .outcomeUnknown, code: "provider_outcome_unknown",
                message: "\(ticket.use.id) did not say within a day what became of the work"))
    }

    private func settle(_ ticket: OpenTicket, _ failure: Failure) async throws {
        var ticket = ticket
        ticket.step.status = .failed
        ticket.step.finishedAt = services.clock.now()
        ticket.step.failure = failure
        try await end(ticket, [])
    }

    private func end(_ ticket: OpenTicket, _ artifacts: [Artifact]) async throws {
        try await services.store.settle(ticket, artifacts: artifacts)
        services.gates.forget(ticket.job)
    }
}
