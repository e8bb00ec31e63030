import Persistence
import TestSupport
import ThumbwireKit

extension StoreModel {
    /// ``Acceptance``, to compare.
    enum Accepted: Hashable {
        case accepted
        case repeats(JobID)
        case insufficient(available: Int)
    }

    /// ``CancelOutcome``, to compare.
    enum Cancelled: Hashable {
        case cancelled(Job), requested(Job), alreadyTerminal(Job), notFound
    }

    mutating func accept(
        _ job: Job, event: Event, fingerprint: Fingerprint?, now: Timestamp
    ) throws(Refusal) -> Accepted {
        if let fingerprint, let earlier = repeated(fingerprint, of: job.account) { return .repeats(earlier) }
        let charge = charge(for: job)
        if let charge, available(to: charge, job.account) < job.credits {
            return .insufficient(available: max(0, available(to: charge, job.account)))
        }
        try takeTickets(for: job)
        jobs.append(Entry(job: job, due: job.createdAt, charge: charge))
        if let charge { hold(charge, for: job) }
        if let fingerprint {
            requests.append(
                Request(
                    job: job.id, account: job.account, hash: fingerprint.hash, createdAt: job.createdAt))
        }
        emit(event, of: job, now: now)
        return .accepted
    }

    /// The jobs that may be claimed of one account, in the order they are.
    func due(of account: AccountID, now: Timestamp) -> [Job] {
        jobs.enumerated()
            .filter { _, entry in
                entry.job.account == account && entry.isLive && entry.lease == nil && entry.due <= now
            }
            .sorted { ($1.element.job.priority, $0.offset) < ($0.element.job.priority, $1.offset) }
            .map { $0.element.job }
    }

    /// The job as a worker gets it.
    mutating func lease(_ id: JobID, _ lease: Lease, now: Timestamp) -> (job: Job, isCancelRequested: Bool)? {
        guard let index = index(of: id) else { return nil }
        jobs[index].lease = lease
        let hasPicture = jobs[index].job.steps.contains { $0.index == 0 && $0.status == .succeeded }
        let isProcessing = hasPicture || jobs[index].job.state == .processing
        jobs[index].job.state = isProcessing ? .processing : .generating
        jobs[index].job.startedAt = jobs[index].job.startedAt ?? now
        return (jobs[index].job, jobs[index].isCancelRequested)
    }

    mutating func renew(_ ids: [JobID], _ lease: Lease) -> [JobID: LeaseStanding] {
        var standings: [JobID: LeaseStanding] = [:]
        for index in jobs.indices where ids.contains(jobs[index].job.id) && jobs[index].lease?.id == lease.id
        {
            jobs[index].lease = lease
            standings[jobs[index].job.id] = LeaseStanding(isCancelRequested: jobs[index].isCancelRequested)
        }
        return standings
    }

    mutating func releaseExpired(now: Timestamp) -> Int {
        var released = 0
        for index in jobs.indices {
            guard let lease = jobs[index].lease, lease.until <= now else { continue }
            loseLease(index, now: now)
            released += 1
        }
        if released > 0 { setSuspectsAside() }
        return released
    }

    mutating func loseLease(_ index: Int, now: Timestamp) {
        jobs[index].lease = nil
        jobs[index].due = now
        jobs[index].lostLeases += 1
    }

    /// Those that lost many leases are tried alone, which nobody does here: they rest until their deadline.
    mutating func setSuspectsAside() {
        for index in jobs.indices
        where jobs[index].isLive && jobs[index].lease == nil && jobs[index].lostLeases >= LostLeases.limit {
            jobs[index].due = jobs[index].job.deadline
        }
    }

    mutating func apply(_ change: JobChange, now: Timestamp) throws(Refusal) -> Bool {
        guard let index = index(of: change.job.id), jobs[index].isLive,
            jobs[index].lease?.id == change.lease
        else { return false }
        let next = change.job.state
        guard jobs[index].job.state.canBecome(next), next.isTerminal || change.disposition != .finish else {
            throw .illegalTransition
        }
        jobs[index].job = change.job
        if next.isTerminal {
            end(index, now: now)
        } else if case .rest(let until) = change.disposition {
            jobs[index].lease = nil
            // The next worker hears at once that somebody asked to cancel it.
            jobs[index].due = jobs[index].isCancelRequested ? min(until, now) : until
        }
        for ticket in change.openTickets { tickets.append(Ticket(ticket: ticket)) }
        for artifact in change.artifacts { artifacts[artifact.id] = artifact }
        if let composition = change.compositions[0] { compositions[change.job.id] = composition }
        if let event = change.event { emit(event, of: change.job, now: now) }
        return true
    }

    mutating func cancel(
        _ id: JobID, of account: AccountID, now: Timestamp, finishing: (Job) -> Ending
    ) -> Cancelled {
        guard let index = index(of: id), jobs[index].job.account == account else { return .notFound }
        guard jobs[index].isLive else { return .alreadyTerminal(jobs[index].job) }
        guard jobs[index].lease == nil else {
            jobs[index].isCancelRequested = true
            return .requested(jobs[index].job)
        }
        let ending = finishing(jobs[index].job)
        jobs[index].job = ending.job
        end(index, now: now)
        for ticket in ending.openTickets { tickets.append(Ticket(ticket: ticket)) }
        emit(ending.event, of: ending.job, now: now)
        return .cancelled(ending.job)
    }

    private mutating func end(_ index: Int, now: Timestamp) {
        jobs[index].lease = nil
        guard let charge = jobs[index].charge else { return }
        jobs[index].charge = nil
        settle(charge, of: jobs[index].job, now: now)
    }

    /// When the next job may be claimed that nobody holds; a moment that is past stands for any such.
    func nextJobDue() -> Timestamp? {
        jobs.filter { $0.isLive && $0.lease == nil }.map(\.due).min()
    }
}
