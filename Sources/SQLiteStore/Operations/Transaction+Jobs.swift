internal import Persistence
internal import Signing
internal import ThumbwireKit

extension Transaction {
    /// A job's row in the queue.
    struct LiveJob {
        var number: Int64
        var state: JobState
        var leaseID: String?
        var isCancelRequested: Bool
    }

    /// What is written for a new job beside the job itself. The records are made by the caller, so that the one
    /// writing thread does not have to.
    struct NewJob {
        var job: Job
        var accepted: [UInt8]
        var progress: [UInt8]
        var callback: Sealed?
        var event: Event
        var repetition: Repetition?
    }

    func accept(_ new: NewJob) throws(StoreError) -> Acceptance {
        if let earlier = try repeatedJob(of: new) { return .repeats(earlier) }
        switch try affordability(of: new.job) {
        case .insufficient(let available): return .insufficientCredits(available: available)
        case .affordable(let charge):
            let artifacts = new.job.artifactsOfOthers
            if let missing = try missingArtifact(of: artifacts, account: new.job.account) {
                return .missingArtifact(missing)
            }
            try takeTickets(for: new.job)
            let number = try insert(new)
            try useArtifacts(artifacts, by: new.job, number: number)
            if let charge { try hold(charge, for: new.job, number: number) }
            try note(new.repetition, of: new.job, number: number)
            try noteReady(new.job.account)
            note(.job(new.job.id))
            try record(new.event, of: new.job, number: number)
            return .accepted
        }
    }

    private func repeatedJob(of new: NewJob) throws(StoreError) -> JobID? {
        switch new.repetition {
        case .key(let key): try checkUnused(key)
        case .equal(let fingerprint): return try repeatedJob(fingerprint, of: new.job.account)
        case nil: break
        }
        return nil
    }

    private func note(_ repetition: Repetition?, of job: Job, number: Int64) throws(StoreError) {
        switch repetition {
        case .key(let key): try keep(KeptResource(id: job.id.rawValue, at: key.at), for: key)
        case .equal(let fingerprint): try note(fingerprint, of: job, number: number)
        case nil: break
        }
    }

    private func insert(_ new: NewJob) throws(StoreError) -> Int64 {
        let job = new.job
        try naming(unique: "job \(job.id)", foreign: "account \(job.account)") { () throws(StoreError) in
            try connection.run(
                JobSQL.insert, job.id, job.account, job.session, UTF8Text(bytes: new.accepted),
                UTF8Text(bytes: new.progress))
        }
        let number = connection.lastInsertRowID
        try connection.run(
            JobSQL.insertLive, number, job.account, job.state.rawValue, job.priority, job.createdAt,
            Self.ticketProviders(of: job))
        if let callback = new.callback {
            let events = commaSeparated(Set(job.callback?.events ?? []))
            try connection.run(JobSQL.insertCallback, number, events, callback)
        }
        try awaitChain(of: job, number: number, at: job.createdAt)
        return number
    }

    func renew(_ jobs: [JobID], lease: Lease) throws(StoreError) -> [JobID: LeaseStanding] {
        var standings: [JobID: LeaseStanding] = [:]
        for job in jobs {
            standings[job] = try connection.first(JobSQL.renew, job, lease.id, lease.until) {
                LeaseStanding(isCancelRequested: $0.bool(0))
            }
        }
        return standings
    }

    /// False when somebody else holds the job, or nobody.
    func apply(_ change: JobChange, progress: [UInt8]) throws(StoreError) -> Bool {
        guard let live = try live(change.job.id), live.leaseID == change.lease else { return false }
        let next = change.job.state
        guard live.state.canBecome(next), next.isTerminal || change.disposition != .finish else {
            throw .illegalTransition(from: live.state, to: next)
        }
        if next.isTerminal {
            try finish(change.job, number: live.number, progress: progress)
        } else {
            try goOn(change, live, progress: progress)
        }
        if change.disposition != .keep { try noteReleased(change.job.account) }
        for ticket in change.openTickets { try open(ticket, ofJob: live.number) }
        try write(change.artifacts)
        for (variant, document) in change.compositions {
            try connection.run(
                JobSQL.writeComposition, live.number, variant, UTF8Text(bytes: document))
        }
        note(.job(change.job.id))
        if let event = change.event { try record(event, of: change.job, number: live.number) }
        return true
    }

    func cancel(
        _ id: JobID, of account: AccountID, finishing: (Job) -> Ending
    ) throws(StoreError) -> CancelOutcome {
        guard let stored = try connection.first(JobSQL.one, id, account, read: StoredJob.init(row:)) else {
            return .notFound
        }
        let job = try stored.job()
        guard let live = try live(id) else { return .alreadyTerminal(job) }
        // Also under a lease that has run out: until it is released, a worker may be paying for something. A clock that
        // jumps must not end its job.
        if live.leaseID != nil {
            try connection.run(JobSQL.requestCancel, live.number)
            note(.cancelRequested(id))
            return .requested(job)
        }
        let ending = finishing(job)
        let (finished, event) = (ending.job, ending.event)
        guard finished.state.isTerminal, live.state.canBecome(finished.state) else {
            throw .illegalTransition(from: live.state, to: finished.state)
        }
        try finish(finished, number: live.number, progress: JobRecord.progress(finished))
        for ticket in ending.openTickets { try open(ticket, ofJob: live.number) }
        note(.job(id))
        try record(event, of: finished, number: live.number)
        return .cancelled(finished)
    }

    private func live(_ id: JobID) throws(StoreError) -> LiveJob? {
        try connection.first(JobSQL.live, id) { row throws(StoreError) in
            LiveJob(
                number: row.integer(0), state: try row.word(1), leaseID: row.optionalText(2),
                isCancelRequested: row.bool(3))
        }
    }

    private func finish(_ job: Job, number: Int64, progress: [UInt8]) throws(StoreError) {
        try connection.run(
            JobSQL.writeProgress, number, UTF8Text(bytes: progress), job.state.rawValue)
        try connection.run(JobSQL.deleteLive, number)
        try settleHold(of: job, number: number)
        note(.jobEnded(job.id))
    }

    private func goOn(_ change: JobChange, _ live: LiveJob, progress: [UInt8]) throws(StoreError) {
        let noState: String? = nil
        try connection.run(JobSQL.writeProgress, live.number, UTF8Text(bytes: progress), noState)
        let state = change.job.state.rawValue
        let succeeded = change.job.steps.contains { $0.index == 0 && $0.status == .succeeded }
        let providers = Self.ticketProviders(of: change.job)
        let until: Timestamp
        switch change.disposition {
        case .rest(let moment): until = moment
        case .awaitChain: until = clock.now()
        case .keep, .finish:
            return try connection.run(JobSQL.keepLease, live.number, state, succeeded, providers)
        }
        // A job that somebody asked to cancel does not rest: the next worker hears of it at once.
        let due = live.isCancelRequested ? min(until, clock.now()) : until
        try connection.run(JobSQL.rest, live.number, state, succeeded, due, providers)
        if change.disposition == .awaitChain, !live.isCancelRequested {
            try awaitChain(of: change.job, number: live.number, at: clock.now())
        }
        noteTimer()
    }

    func write(_ artifacts: [Artifact]) throws(StoreError) {
        for artifact in artifacts {
            try naming(
                unique: "artifact \(artifact.id) or its file name", foreign: "account \(artifact.account)"
            ) { () throws(StoreError) in
                try connection.run(
                    JobSQL.insertArtifact, artifact.id, artifact.account, artifact.job, artifact.fileName,
                    artifact.sha256, artifact.mediaType, artifact.bytes, artifact.createdAt,
                    artifact.expiresAt)
            }
        }
    }
}
