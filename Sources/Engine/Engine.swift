internal import Documents
internal import Foundation
package import Persistence
internal import Signing
internal import Synchronization
package import ThumbwireKit

/// Runs jobs: claims what is due, holds its lease, and drives each job through its pinned chain.
package final class Engine: JobService {
    /// How much at once, and for how long.
    package struct Configuration: Sendable {
        /// Jobs in the hands of this process at a time; most of them wait for providers.
        package var maximumRunningJobs = 64
        /// A lease lasts this long after its last renewal.
        package var leaseDuration = Duration.seconds(30)
        /// How often leases are renewed.
        package var renewalInterval = Duration.seconds(10)
        /// What a job gets that names no deadline.
        package var defaultDeadline = Duration.seconds(900)

        package init() {}
    }

    /// The store may be back by then.
    static let pauseAfterError = Duration.seconds(1)

    let services: EngineServices
    let configuration: Configuration
    /// Names this process as the holder of its leases.
    let holder = UUID().uuidString
    let wakeup = Wakeup()
    let running = RunningJobs()
    let tickets: TicketFollower
    private let leaseThread = BlockingExecutor(name: "leases", threads: 1)
    private let isDraining = Mutex(false)
    let quarantine = Mutex(Quarantine())

    package init(services: EngineServices, configuration: Configuration = Configuration()) {
        self.services = services
        self.configuration = configuration
        tickets = TicketFollower(services: services, whenQuiet: wakeup)
    }

    // MARK: JobService

    package var isAccepting: Bool { !isDraining.withLock { $0 } }

    package func plugins() -> [PluginManifest] { services.registry.catalog.manifests }

    package func settings(of face: Face) -> FaceSettings { services.registry.settings(of: face) }

    package func submit(_ submission: Submission) async throws -> Submitted {
        try checkAccepting()
        let now = services.clock.now()
        var job = Job(
            id: submission.face.jobID(at: now), account: submission.account,
            face: submission.face, request: submission.request,
            pin: try services.registry.chain(named: submission.chain, face: submission.face),
            session: submission.session ?? Identifier<Job>(prefix: "session_", at: now).rawValue,
            createdAt: now, deadline: now + (submission.deadline ?? configuration.defaultDeadline))
        try SourceCheck(catalog: services.registry.catalog).check(job)
        job.metadata = submission.metadata
        job.priority = submission.priority
        job.parent = submission.parent
        job.key = submission.key
        job.requestID = submission.requestID
        job.credits = submission.credits
        job.callback = submission.callback?.summary
        try services.registry.passOverUnsuitable(in: &job, now: now)
        return try await accept(
            job, callback: submission.callback?.sealed, repetition: submission.repetition)
    }

    func checkAccepting() throws(Failure) {
        guard isAccepting else {
            throw Failure(
                .unavailable, code: "draining", message: "the service is shutting down; try again soon")
        }
        try services.storage.requireRoom()
    }

    /// Writes a new job durably, with its first event.
    func accept(_ job: Job, callback: Sealed?, repetition: Repetition?) async throws -> Submitted {
        let (accepted, event) = services.encoder.event(.queued, of: job, at: job.createdAt)
        let acceptance = try await services.store.accept(
            accepted, callback: callback, event: event, repetition: repetition)
        switch acceptance {
        case .accepted:
            services.metrics.accept(accepted)
            services.log(
                .debug, "job accepted", accepted.logFields(["face": .string(accepted.face.rawValue)]))
            return Submitted(job: accepted, isRepetition: false)
        case .repeats(let id):
            guard let earlier = try await services.store.job(id, of: job.account) else {
                throw StoreError.missing("job \(id)")
            }
            return Submitted(job: earlier, isRepetition: true)
        case .insufficientCredits(let available):
            throw Failure(
                .outOfFunds, code: "credits_insufficient",
                message: "this costs \(accepted.credits) credits and \(available) are left")
        case .missingArtifact(let id):
            throw Failure(
                .invalidInput, code: job.steps.isEmpty ? "upload_not_found" : "job_not_retryable",
                message: "file \(id) that the job needs is not kept any more")
        }
    }

    package func cancel(_ id: JobID, of account: AccountID) async throws -> CancelOutcome {
        let services = services
        let outcome = try await services.store.cancel(id, of: account) { job in
            let (cancelled, event) = services.cancelled(job)
            return Ending(job: cancelled, event: event, openTickets: services.openTickets(of: job))
        }
        // A job that no worker holds may wait for a provider; a worker tells it by itself.
        if case .cancelled(let job) = outcome {
            services.metrics.end(job)
            services.log(.info, "job cancelled", job.logFields())
            services.gates.forget(job.id)
            await services.cancelTickets(of: job)
            tickets.wake()
        }
        return outcome
    }

    /// The jobs in the hands of this process.
    package var heldJobs: [JobID] { Array(running.all.keys) }

    package func watch(_ job: JobID) -> AsyncStream<JobSight> { services.previews.watch(job) }

    // MARK: Life

    /// Works until the task is cancelled; then returns once every job has been handed back or finished.
    package func run() async {
        // Before the first claim: what is committed after it is then told.
        let changes = services.store.changes.subscribe(limit: 1_024) { change in
            switch change {
            case .jobClaimable, .cancelRequested: true
            case .job, .jobEnded, .deliveryDue, .endpointChanged, .event: false
            }
        }
        await gateKeeper.loadPauses()
        let chainKeeper = ChainKeeper(services: services)
        await chainKeeper.load()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.follow(changes) }
            group.addTask { await self.gateKeeper.run() }
            group.addTask { await chainKeeper.run() }
            group.addTask(executorPreference: leaseThread) { await self.keepLeases() }
            group.addTask { await self.tickets.run { self.isAccepting } }
            group.addTask { [running, clock = services.clock] in await running.keepDeadlines(clock) }
            while !Task.isCancelled {
                guard let next = await claimRound(in: &group) else {
                    await wakeup.wait()
                    continue
                }
                await wakeup.wait(orUntil: { [clock = services.clock] in
                    try? await clock.sleep(until: next)
                })
            }
            running.stopAll(.draining, cutsPurchases: true)
            group.cancelAll()
        }
        leaseThread.close()
    }

    /// Stops claiming, hands back what can begin again elsewhere, and waits for billed calls under way, at most that
    /// long; those are cut off then.
    package func drain(timeout: Duration) async {
        isDraining.withLock { $0 = true }
        running.stopAll(.draining)
        let deadline = services.clock.now() + timeout
        try? await withDeadline(deadline, clock: services.clock) { [running] in
            await running.waitUntilEmpty()
        }
        running.stopAll(.draining, cutsPurchases: true)
    }

    /// Takes what is due as far as there is room; returns when the next round is due, `nil` for when somebody asks.
    private func claimRound(in group: inout DiscardingTaskGroup) async -> Timestamp? {
        let now = services.clock.now()
        let room = configuration.maximumRunningJobs - running.count
        guard isAccepting, room > 0 else { return nil }
        let askAgain: Timestamp?
        switch await trySuspects(in: &group, now: now) {
        case .nobody(let moment): return moment
        case .others(let moment): askAgain = moment
        }
        do {
            let lease = Lease(id: holder, until: now + configuration.leaseDuration)
            let claimed = try await services.store.claim(limit: room, lease: lease, now: now)
            for claim in claimed {
                services.metrics.claim(claim.job, at: now)
                start(claim, in: &group)
            }
            let due = claimed.count < room ? try await services.store.nextJobDue() : nil
            return [askAgain, due].compactMap(\.self).min()
        } catch {
            services.log(.error, "claiming jobs failed", ["error": .string("\(error)")])
            return now + Self.pauseAfterError
        }
    }

    func start(
        _ claim: ClaimedJob, lease: String? = nil, stopped reason: StopReason? = nil,
        in group: inout DiscardingTaskGroup
    ) {
        let job = claim.job
        let handle = RunningJob(lease: lease ?? holder, deadline: job.deadline) { [wakeup] in wakeup.wake() }
        if let reason { handle.stop(reason) }
        if claim.isCancelRequested { handle.stop(.cancelRequested) }
        running.add(job.id, handle)
        // Draining began during the claim: either it finds the job, or the job finds out here.
        if !isAccepting { handle.stop(.draining) }
        group.addTask { [self, services, wakeup, running, tickets] in
            let runner = {
                JobRunner(job, lease: handle.lease, services: services, running: handle, tickets: tickets)
            }
            let task = Task {
                if let damage = claim.damage {
                    await runner().run(damaged: damage)
                } else {
                    await runner().run()
                }
            }
            handle.attach(task)
            await task.value
            running.remove(job.id, handle)
            // One that left took its place along; what was not written is claimed again once its lease is over.
            if !handle.isLeaving || quarantine.withLock({ $0.waitsForEnds }) { wakeup.wake() }
        }
    }

    private func follow(_ changes: AsyncStream<StoreChange>) async {
        for await change in changes {
            if case .cancelRequested(let id) = change {
                running.stop(id, .cancelRequested)
            } else {
                wakeup.wake()
            }
        }
    }

    /// Renews what this process holds, tells jobs that lost their lease or were cancelled, and frees the leases of
    /// processes that died. Runs on its own thread: image work and busy neighbours cannot starve it.
    private func keepLeases() async {
        while !Task.isCancelled {
            do {
                let now = services.clock.now()
                try await services.clock.sleep(until: now + configuration.renewalInterval)
                try await renewLeases()
            } catch is CancellationError {
                return
            } catch {
                services.log(.error, "renewing leases failed", ["error": .string("\(error)")])
            }
        }
    }

    private func renewLeases() async throws {
        let now = services.clock.now()
        let held = running.all
        var standings: [JobID: LeaseStanding] = [:]
        for (id, jobs) in Dictionary(grouping: held, by: \.value.lease) {
            let lease = Lease(id: id, until: now + configuration.leaseDuration)
            standings.merge(try await services.store.renew(jobs.map(\.key), lease: lease)) { _, new in new }
        }
        for (id, job) in held {
            guard let standing = standings[id] else {
                job.stop(.leaseLost)
                continue
            }
            if standing.isCancelRequested { job.stop(.cancelRequested) }
        }
        if try await services.store.releaseExpiredLeases(now: now) > 0 {
            quarantine.withLock { $0.leaseLost() }
            wakeup.wake()
        }
    }
}
