import Persistence
import TestSupport
import ThumbwireKit

@testable import SQLiteStore

extension ModelRun {
    private static let workers = ["worker-1", "worker-2", "worker-3"]
    private static let lease = Duration.seconds(30)

    // MARK: Made of dice

    private mutating func newJob() throws -> (job: Job, event: Event, callback: Bool) {
        let account = try one(of: model.accounts)
        let key = dice.one(of: model.keys.filter { $0.account == account.id })
        let wantsCallback = dice.happens(30)
        var job = Job.make(
            id: JobID(rawValue: "job_\(model.next())"), account: account.id,
            session: "session-\(dice.number(1...2))", priority: dice.number(-1...2),
            callbackEvents: wantsCallback ? EventType.terminal + [.queued] : nil, createdAt: now,
            deadline: now + .seconds(600), credits: dice.happens(70) ? dice.number(1...9) : 0, key: key?.id)
        let event = event(.queued, of: &job)
        return (job, event, wantsCallback)
    }

    /// The job's next event, which counts in it.
    mutating func event(_ type: EventType, of job: inout Job) -> Event {
        job.eventCount += 1
        return .make(
            id: EventID(rawValue: "evt_\(model.next())"), type, of: job, sequence: job.eventCount,
            occurredAt: now)
    }

    private mutating func one<Element>(of elements: [Element]) throws -> Element {
        guard let element = dice.one(of: elements) else { throw NotOne(count: 0) }
        return element
    }

    // MARK: Accepting

    mutating func accept() async throws {
        let (job, event, callback) = try newJob()
        try await accept(job, event, hasCallback: callback, fingerprint: nil)
    }

    /// A request that may repeat another of the last minutes.
    mutating func request() async throws {
        let (job, event, callback) = try newJob()
        let waiting = dice.happens(50) ? [] : model.requests.filter { !$0.isAnswered }.map(\.job).suffix(1)
        let fingerprint = Fingerprint(
            hash: [UInt8(dice.number(1...2))], since: now - .seconds(dice.number(5...300)),
            isRepetition: dice.happens(50), waiting: Set(waiting))
        try await accept(job, event, hasCallback: callback, fingerprint: fingerprint)
    }

    private mutating func accept(
        _ job: Job, _ event: Event, hasCallback: Bool, fingerprint: Fingerprint?
    ) async throws {
        var after = model
        let expected = Result { () throws(StoreModel.Refusal) in
            try after.accept(job, event: event, fingerprint: fingerprint, now: now)
        }
        note("\(job.id) of \(job.account), priority \(job.priority), \(job.credits) credits: \(expected)")
        if case .success = expected { model = after }
        try await agree("accept \(job.id)", model: expected) {
            let acceptance = try await store.accept(
                job, callback: hasCallback ? .make() : nil, event: event,
                repetition: fingerprint.map { .equal($0) })
            return switch acceptance {
            case .accepted: .accepted
            case .repeats(let id): .repeats(id)
            case .insufficientCredits(let available): .insufficient(available: available)
            case .missingArtifact(let id): throw StoreError.missing("artifact \(id)")
            }
        }
    }

    mutating func markAnswered() async throws {
        guard let job = dice.one(of: model.requests)?.job else { return }
        note("\(job)")
        model.markAnswered(job)
        try await store.markAnswered(job)
    }

    /// A retry that goes on with the work of an ended job, or of one that has none any more.
    mutating func takeOver() async throws {
        let ended = model.jobs.map(\.job).filter { job in
            job.state.isTerminal && (job.steps.last?.ticket != nil || followed.contains { $0.job == job.id })
        }
        guard let parent = dice.one(of: ended), var step = parent.steps.last else { return }
        if step.ticket == nil, let old = dice.one(of: followed.filter { $0.job == parent.id }) {
            step = old.step
        }
        guard step.ticket != nil else { return }
        step.status = .pending
        step.failure = nil
        var (job, event, callback) = try newJob()
        job.account = parent.account
        job.key = nil
        job.parent = parent.id
        job.steps = [step]
        event.account = parent.account
        note("of \(parent.id)")
        try await accept(job, event, hasCallback: callback, fingerprint: nil)
    }

    // MARK: Leases

    mutating func claim() async throws {
        _ = try await claim(limit: dice.number(1...4), worker: try one(of: Self.workers))
    }

    /// Of each account the first by priority and age, as many together as there are and were asked for.
    mutating func claim(limit: Int, worker: String) async throws -> [Job] {
        let lease = Lease(id: worker, until: now + Self.lease)
        let claimed = try await store.claim(limit: limit, lease: lease, now: now)
        note("\(worker) gets \(claimed.map { $0.id.rawValue })")
        let due = model.accounts.map { model.due(of: $0.id, now: now).map(\.id) }
        try same("jobs claimed", store: claimed.count, model: min(limit, due.joined().count))
        for (account, due) in zip(model.accounts, due) {
            let ids = claimed.filter { $0.job.account == account.id }.map(\.id)
            try same("claim order of \(account.id)", store: ids, model: Array(due.prefix(ids.count)))
        }
        for one in claimed {
            let expected = model.lease(one.id, lease, now: now)
            try same("claimed \(one.id)", store: one.job.comparable, model: expected?.job.comparable)
            try same(
                "wish to cancel \(one.id)", store: one.isCancelRequested, model: expected?.isCancelRequested)
        }
        return claimed.map(\.job)
    }

    mutating func renew() async throws {
        let lease = Lease(id: try one(of: Self.workers), until: now + Self.lease)
        let ids = model.jobs.filter { _ in dice.happens(50) }.map(\.job.id)
        note("\(lease.id) of \(ids)")
        let standings = try await store.renew(ids, lease: lease)
        try same("renewed", store: standings, model: model.renew(ids, lease))
    }

    mutating func releaseExpired() async throws {
        let released = try await store.releaseExpiredLeases(now: now)
        note("\(released)")
        try same("released", store: released, model: model.releaseExpired(now: now))
    }

    mutating func cancel() async throws {
        let free = model.jobs.filter { $0.isLive && $0.lease == nil }
        guard let chosen = dice.one(of: dice.happens(40) && !free.isEmpty ? free : model.jobs)?.job else {
            return
        }
        let account = dice.happens(90) ? chosen.account : AccountID(rawValue: "acct_other")
        let (number, now) = (model.next(), now)
        let finishing: @Sendable (Job) -> Ending = { job in
            var cancelled = job.becoming(.cancelled, at: now)
            cancelled.eventCount += 1
            let event = Event.make(
                id: EventID(rawValue: "evt_\(number)"), .cancelled, of: cancelled,
                sequence: cancelled.eventCount, occurredAt: now)
            return Ending(job: cancelled, event: event, openTickets: job.openTickets(now: now))
        }
        let expected = model.cancel(chosen.id, of: account, now: now, finishing: finishing)
        note("\(chosen.id): \(expected.word)")
        if case .cancelled(let job) = expected { followed += job.openTickets(now: now) }
        let outcome = try await store.cancel(chosen.id, of: account, finishing: finishing)
        try same("cancel \(chosen.id)", store: outcome.comparable, model: expected.comparable)
    }

    mutating func grant() async throws {
        guard let account = model.accounts.first(where: \.isMetered)?.id else { return }
        let amount = dice.number(-5...30)
        note("\(amount)")
        let expected = model.grant(amount, to: account, now: now)
        try await agree("grant", model: .success(expected)) {
            try await store.grant(amount, to: account, note: nil, at: now)
        }
    }
}

extension Job {
    /// Without words that the contract leaves to the store.
    var comparable: Job {
        var job = self
        for index in job.steps.indices where job.steps[index].failure?.failureClass == .outcomeUnknown {
            job.steps[index].failure?.message = ""
        }
        return job
    }

    /// The work that goes on at providers when the job ends.
    func openTickets(now: Timestamp) -> [OpenTicket] {
        steps.filter { $0.status == .pending }.map {
            OpenTicket(
                job: id, account: account, step: $0, use: pin.providers[0], nextPollAt: now + .seconds(5),
                until: now + .seconds(3_600))
        }
    }
}

extension CancelOutcome {
    fileprivate var comparable: StoreModel.Cancelled {
        switch self {
        case .cancelled(let job): .cancelled(job.comparable)
        case .requested(let job): .requested(job.comparable)
        case .alreadyTerminal(let job): .alreadyTerminal(job.comparable)
        case .notFound: .notFound
        }
    }
}

extension StoreModel.Cancelled {
    fileprivate var comparable: StoreModel.Cancelled {
        switch self {
        case .cancelled(let job): .cancelled(job.comparable)
        case .requested(let job): .requested(job.comparable)
        case .alreadyTerminal(let job): .alreadyTerminal(job.comparable)
        case .notFound: .notFound
        }
    }

    fileprivate var word: String { "\(self)".prefix { $0 != "(" }.description }
}
