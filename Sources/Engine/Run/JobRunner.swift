internal import Persistence
internal import ThumbwireKit

/// Drives one leased job as far as it goes now: to its end, or to a rest.
///
/// `ProviderStep` and `PictureSteps` do the two halves; this type owns the job's value and writes every change under
/// the lease.
final class JobRunner {
    /// The worker has nothing more to do with the job: it rests, or somebody else holds it.
    struct LetGo: Error {}

    let services: EngineServices
    let running: RunningJob
    let lease: String
    let warnings: Warnings
    let tickets: TicketFollower
    var job: Job
    var telling = ProgressTelling()

    init(
        _ job: Job, lease: String, services: EngineServices, running: RunningJob, tickets: TicketFollower
    ) {
        self.tickets = tickets
        self.job = job
        self.lease = lease
        self.services = services
        self.running = running
        warnings = Warnings(job.warnings)
    }

    func run() async {
        do {
            do {
                if services.clock.now() >= job.deadline { running.stop(.deadline) }
                // Whoever was told to stop before may not be cancelled yet.
                guard running.stopReason == nil else { throw CancellationError() }
                if !hasBought {
                    try checkInstalled()
                    try await awaitChain()
                }
                let generated = try await generate()
                try await finish(try await compose(generated))
            } catch let error as Failure where running.stopReason == nil {
                try await fail(error)
            } catch  where running.stopReason != nil && !isFinal(error) {
                try await stop()
            }
        } catch is LetGo {
            return
        } catch is FaultPoints.Crash {
            return
        } catch let error as StoreError {
            // Nothing was written; the lease runs out and the job is claimed again.
            log(.error, "job left to its lease", ["error": .string("\(error)")])
        } catch {
            log(.error, "job failed unexpectedly", ["error": .string("\(error)")])
            let failure = Failure(
                .internal, code: "internal_error", message: "an internal error; the log has details")
            try? await fail(failure)
        }
    }

    /// Ends a job of which it cannot be read what became of it.
    func run(damaged reason: String) async {
        log(.error, "job unreadable", ["error": .string(reason)])
        let failure = Failure(
            .internal, code: "job_unreadable", message: "what was stored of the job cannot be read",
            detail: reason)
        do {
            try await fail(failure)
        } catch {
            log(.error, "job left to its lease", ["error": .string("\(error)")])
        }
    }

    /// True for what leaves nothing to be written.
    private func isFinal(_ error: any Error) -> Bool {
        error is LetGo || error is StoreError || error is FaultPoints.Crash
    }

    /// Writes the job under the lease; throws ``LetGo`` when the lease is lost. Work that goes on elsewhere although
    /// the job ends with this change is followed from now on.
    func write(
        _ disposition: JobChange.Disposition, artifacts: [Artifact] = [], compositions: [Int: [UInt8]] = [:],
        event: Event? = nil
    ) async throws {
        let open = disposition == .finish ? services.openTickets(of: job) : []
        let change = JobChange(
            job: job, lease: lease, disposition: disposition, artifacts: artifacts,
            compositions: compositions, event: event, openTickets: open)
        if disposition != .keep { running.leave() }
        guard try await services.store.apply(change) else {
            log(.warning, "job lease lost")
            throw LetGo()
        }
        if disposition == .finish {
            services.metrics.end(job)
            services.gates.forget(job.id)
        }
        if !open.isEmpty { tickets.wake() }
    }

    /// Rests until that moment, held by nobody; not beyond the job's deadline, when it has to end.
    func rest(until moment: Timestamp, then point: FaultPoint? = nil) async throws -> Never {
        let event = untoldProgress()
        job.state = .waiting
        job.warnings = warnings.all
        try await persistently { try await write(.rest(until: min(moment, job.deadline)), event: event) }
        if let point { try services.faults.reach(point) }
        throw LetGo()
    }

    /// Repeats a write that a full or failing disk refuses, until the job's deadline: what was paid for is in our
    /// hands and nowhere else.
    func persistently<Value>(_ write: () async throws -> Value) async throws -> Value {
        while true {
            do {
                return try await write()
            } catch StoreError.cannotWrite(let reason)
                where !Task.isCancelled && services.clock.now() < job.deadline
            {
                log(.error, "job not written, trying again", ["error": .string(reason)])
                try? await services.clock.sleep(until: services.clock.now() + .seconds(1))
            }
        }
    }

    /// Puts a step in the place of the same try, or behind all others.
    func record(_ step: Step) {
        let same = job.steps.lastIndex {
            $0.index == step.index && $0.id == step.id && $0.attempt == step.attempt
        }
        if let same { job.steps[same] = step } else { job.steps.append(step) }
    }

    private func finish(_ finished: FinishedPictures) async throws {
        job.outputs = finished.outputs
        job.warnings = warnings.all
        job.progress.percent = 100
        let (completed, event) = services.ended(job, .completed, event: .completed)
        job = completed
        try services.faults.reach(.beforeFinish)
        try await write(
            .finish, artifacts: finished.artifacts, compositions: finished.compositions, event: event)
        try services.faults.reach(.afterFinish)
        log(
            .info, "job completed",
            ["provider": job.provider.json, "outputs": .integer(Int64(job.outputs.count))])
        // Where two were asked, the slower one may work still.
        await services.cancelTickets(of: job)
    }

    private func fail(_ failure: Failure) async throws {
        job.warnings = warnings.all
        let (failed, event) = services.failed(job, failure)
        job = failed
        try await write(.finish, event: event)
        log(
            .warning, "job failed",
            [
                "code": .string(failure.code), "message": .string(failure.message),
                "detail": failure.detail.json,
            ])
    }

    /// Ends or hands back a job whose worker was told to stop.
    private func stop() async throws {
        job.warnings = warnings.all
        switch running.stopReason {
        case .leaseLost, nil:
            throw LetGo()
        case .draining:
            try await write(.rest(until: services.clock.now()))
        case .cancelRequested:
            await services.cancelTickets(of: job)
            let (cancelled, event) = services.cancelled(job)
            job = cancelled
            try await write(.finish, event: event)
            log(.info, "job cancelled")
        case .deadline:
            try await fail(deadlineFailure())
        case .poisoned:
            giveUpTickets()
            try await fail(
                Failure(
                    .internal, code: "job_poisoned",
                    message:
                        "the service ended again and again while it worked on this job, the last time on "
                        + "nothing else"))
        }
    }

    /// Asking about them may be what ends the process. A retry asks once more.
    private func giveUpTickets() {
        for position in job.steps.indices where job.steps[position].status == .pending {
            job.steps[position].status = .failed
            job.steps[position].finishedAt = services.clock.now()
            job.steps[position].failure = ProviderRules.interrupted(job.steps[position].id)
        }
    }

    /// True where work is under way or done: it is fetched and kept, whatever becomes of the chain.
    private var hasBought: Bool {
        job.steps.contains { $0.index == 0 && ($0.status == .pending || $0.status == .succeeded) }
    }

    /// Throws `chain_unavailable` where a step could not run on the picture that is to be bought.
    private func checkInstalled() throws(Failure) {
        for use in job.pin.steps where !services.registry.isInstalled(use) {
            throw Failure(
                .misconfigured, code: "chain_unavailable",
                message: "the job's plugin \(use.plugin) version \(use.major) is not installed any more")
        }
    }

    /// Lets go of a job whose chain is paused.
    private func awaitChain() async throws {
        guard services.chains.isInForce(job.pin.name, at: services.clock.now()) else { return }
        job.state = .waiting
        try await write(.awaitChain)
        throw LetGo()
    }

    /// What was ordered and did not arrive may yet cost money: that is an unknown outcome, not a plain time-out.
    private func deadlineFailure() -> Failure {
        let tries = job.steps.filter { $0.index == 0 }
        if let known = tries.last(where: { $0.failure?.failureClass == .outcomeUnknown })?.failure {
            return known
        }
        let open = tries.last {
            $0.status == .pending || ($0.status == .started && services.isBilled($0.plugin))
        }
        if let open, !tries.contains(where: { $0.status == .succeeded }) {
            return Failure(
                .outcomeUnknown, code: "provider_outcome_unknown",
                message: "\(open.id) did not finish before the job's deadline")
        }
        return Failure(
            .timeout, code: "deadline_exceeded", message: "the job did not finish before its deadline")
    }

    func log(_ level: Log.Level, _ event: String, _ fields: JSONObject = [:]) {
        services.log(level, event, job.logFields(fields))
    }
}
