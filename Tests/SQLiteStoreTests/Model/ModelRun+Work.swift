import Persistence
import TestSupport
import ThumbwireKit

@testable import SQLiteStore

extension ModelRun {
    /// A worker writes about a job that it holds, or does not hold any more.
    mutating func work() async throws {
        let leased = model.jobs.filter { $0.lease != nil }
        guard let entry = dice.one(of: dice.happens(85) ? leased : model.jobs) else { return }
        let holder = entry.lease?.id ?? "worker-1"
        let worker = dice.happens(85) ? holder : "stale"
        // Work that goes on elsewhere outlives its job.
        let isPending = entry.job.steps.last?.status == .pending
        switch dice.number(isPending ? 5...20 : 1...20) {
        case 1...6: try await goOn(entry.job, by: worker)
        case 7...11: try await rest(entry.job, by: worker)
        case 12...15 where !isPending: try await finish(entry.job, as: .completed, by: worker)
        case 12...18: try await finish(entry.job, as: .failed, by: worker)
        case 19: try await finish(entry.job, as: .cancelled, by: worker)
        default: try await breakRules(entry.job, by: worker)
        }
    }

    private mutating func goOn(_ job: Job, by worker: String) async throws {
        var job = job
        job.state = dice.happens(50) ? .processing : job.state
        job.progress = Job.Progress(step: "studio", percent: dice.number(0...100))
        if dice.happens(60) { job.steps = [step(of: job)] }
        let event = dice.happens(50) ? event(.processing, of: &job) : nil
        try await apply(JobChange(job: job, lease: worker, disposition: .keep, event: event))
    }

    private mutating func rest(_ job: Job, by worker: String) async throws {
        var job = job
        job.state = dice.happens(80) ? .waiting : .queued
        if dice.happens(50) { job.steps = [step(of: job)] }
        let until = now + .seconds(dice.number(-2...20))
        try await apply(JobChange(job: job, lease: worker, disposition: .rest(until: until)))
    }

    mutating func finish(_ job: Job, as state: JobState, by worker: String) async throws {
        var ended = job.becoming(state, at: now)
        var artifacts: [Artifact] = []
        var compositions: [Int: [UInt8]] = [:]
        switch state {
        case .completed:
            artifacts = [
                .make(id: ArtifactID(rawValue: "art_\(model.next())"), account: job.account, job: job.id)
            ]
            compositions = [0: Array("{\"of\":\"\(job.id)\"}".utf8)]
        case .failed:
            ended.failure = Failure(
                dice.happens(40) ? .outcomeUnknown : .unavailable, code: "a_code", message: "why")
        default: break
        }
        let type: EventType =
            switch state {
            case .completed: .completed
            case .failed: .failed
            default: .cancelled
            }
        let event = event(type, of: &ended)
        let tickets = state == .completed ? [] : job.openTickets(now: now)
        try await apply(
            JobChange(
                job: ended, lease: worker, disposition: .finish, artifacts: artifacts,
                compositions: compositions, event: event, openTickets: tickets))
        // Twice, as a worker does that did not hear of its success.
        if dice.happens(20) {
            try await apply(JobChange(job: ended, lease: worker, disposition: .finish, event: event))
        }
    }

    /// What the state machine forbids, or an end that is none.
    private mutating func breakRules(_ job: Job, by worker: String) async throws {
        var job = job
        let disposition: JobChange.Disposition = dice.happens(50) ? .finish : .keep
        job.state = disposition == .finish ? job.state : (job.state == .processing ? .generating : .queued)
        let event = event(.processing, of: &job)
        try await apply(JobChange(job: job, lease: worker, disposition: disposition, event: event))
    }

    private mutating func step(of job: Job) -> Step {
        var step = Step.make(status: dice.happens(50) ? .succeeded : .pending)
        step.startedAt = now
        if step.status == .pending { step.ticket = "upstream-\(model.next())" }
        return step
    }

    private mutating func apply(_ change: JobChange) async throws {
        var after = model
        let expected = Result { () throws(StoreModel.Refusal) in try after.apply(change, now: now) }
        note(
            "\(change.lease): \(change.job.id) \(change.job.state.rawValue) \(change.disposition): \(expected)"
        )
        if case .success(true) = expected {
            model = after
            followed += change.openTickets
        }
        try await agree("change of \(change.job.id)", model: expected) { try await store.apply(change) }
        for artifact in change.artifacts {
            let found = try await store.artifact(artifact.id, of: change.job.account)
            try same("artifact", store: found, model: model.artifacts[artifact.id])
        }
        let composition = try await store.composition(of: change.job.id, variant: 0)
        try same("composition", store: composition, model: model.compositions[change.job.id])
    }

    // MARK: Tickets of ended jobs

    mutating func claimTickets() async throws {
        let limit = dice.number(1...3)
        let due = model.dueTickets(now: now)
        let claimed = try await store.claimTickets(limit: limit, leaseUntil: now + .seconds(30), now: now)
        note("\(claimed.map { "\($0.job) \($0.step.ticket ?? "-")" })")
        try same(
            "due tickets", store: claimed.map(\.nextPollAt), model: due.prefix(limit).map(\.nextPollAt))
        for ticket in claimed {
            guard due.contains(ticket) else {
                throw Divergence(what: "ticket", store: "\(ticket)", model: "has none such that is due")
            }
            model.lease(ticket, until: now + .seconds(30))
        }
    }

    mutating func reschedule() async throws {
        guard var ticket = dice.one(of: followed) else { return }
        ticket.nextPollAt = now + .seconds(dice.number(1...40))
        ticket.step.provenance = ["polls": .integer(Int64(dice.number(1...9)))]
        var after = model
        let expected = Result { () throws(StoreModel.Refusal) in
            try after.reschedule(ticket)
            return true
        }
        note("\(ticket.job) \(ticket.step.ticket ?? "-"): \(expected)")
        if case .success = expected { model = after }
        try await agree("reschedule", model: expected) {
            try await store.reschedule(ticket)
            return true
        }
    }

    mutating func settle() async throws {
        let open = model.tickets.map(\.ticket)
        guard var ticket = dice.one(of: dice.happens(50) && !open.isEmpty ? open : followed) else { return }
        let isThere = dice.happens(60)
        ticket.step.status = isThere ? .succeeded : .failed
        ticket.step.finishedAt = now
        let artifacts: [Artifact] =
            isThere
            ? [
                .make(
                    id: ArtifactID(rawValue: "art_\(model.next())"), account: ticket.account, job: ticket.job)
            ]
            : []
        ticket.step.artifacts = artifacts.map(\.id)
        var after = model
        let expected = Result { () throws(StoreModel.Refusal) in
            try after.settle(ticket, artifacts: artifacts)
            return true
        }
        note("\(ticket.job) \(ticket.step.ticket ?? "-"): \(expected)")
        if case .success = expected { model = after }
        try await agree("settle", model: expected) { [ticket] in
            try await store.settle(ticket, artifacts: artifacts)
            return true
        }
    }

    // MARK: Providers

    mutating func pause(isPause: Bool) async throws {
        let provider = dice.happens(50) ? "studio" : "soke"
        note(provider)
        guard isPause else {
            let wasPaused = model.pauses.removeValue(forKey: provider) != nil
            return try same(
                "resume", store: try await store.resume(provider: provider), model: wasPaused)
        }
        let pause = ProviderPause(
            provider: provider, until: dice.happens(50) ? now + .seconds(60) : nil, reason: "a test", at: now)
        model.pauses[provider] = pause
        try await store.pause(pause)
    }
}
