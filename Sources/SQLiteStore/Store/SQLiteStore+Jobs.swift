package import Persistence
package import Signing
package import ThumbwireKit

extension SQLiteStore {
    package func accept(
        _ job: Job, callback: Sealed?, event: Event, repetition: Repetition?
    ) async throws(StoreError) -> Acceptance {
        guard job.state == .queued else { throw .illegalTransition(from: .queued, to: job.state) }
        let new = Transaction.NewJob(
            job: job, accepted: JobRecord.accepted(job), progress: JobRecord.progress(job),
            callback: callback, event: event, repetition: repetition)
        return try await writer.perform { transaction throws(StoreError) in try transaction.accept(new) }
    }

    package func job(_ id: JobID, of account: AccountID?) async throws(StoreError) -> Job? {
        try await readers.perform { connection throws(StoreError) in
            try connection.first(JobSQL.one, id, account, read: StoredJob.init(row:))?.job()
        }
    }

    package func callback(of job: JobID) async throws(StoreError) -> Sealed? {
        try await readers.perform { connection throws(StoreError) in
            try connection.first(JobSQL.callback, job) { Sealed(bytes: $0.bytes(0)) }
        }
    }

    package func jobs(_ query: JobQuery) async throws(StoreError) -> Page<Job> {
        let paging = try Paging(limit: query.limit, cursor: query.cursor)
        let states = query.states.map { ",\(commaSeparated($0))," }
        return try await readers.perform { connection throws(StoreError) in
            let rows: [StoredJob]
            if let session = query.session {
                rows = try connection.all(
                    JobSQL.ofSession, query.account, paging.before, states, paging.limit + 1, session,
                    read: StoredJob.init(row:))
            } else {
                rows = try connection.all(
                    JobSQL.ofAccount, query.account, paging.before, states, paging.limit + 1,
                    read: StoredJob.init(row:))
            }
            return try paging.page(of: rows, number: { $0.number }) { row throws(StoreError) in try row.job()
            }
        }
    }

    package func claim(
        limit: Int, lease: Lease, now: Timestamp
    ) async throws(StoreError) -> [ClaimedJob] {
        var claim = Transaction.Claim.moreDue
        while case .moreDue = claim {
            claim = try await writer.perform { transaction throws(StoreError) in
                try transaction.claim(limit: limit, lease: lease, now: now)
            }
        }
        guard case .jobs(let rows) = claim else { return [] }
        var claimed: [ClaimedJob] = []
        var unreadable: StoreError?
        for row in rows {
            do throws(StoreError) {
                claimed.append(
                    ClaimedJob(job: try row.job.job(), isCancelRequested: row.isCancelRequested))
            } catch {
                // Whatever comes of it, the others of this claim are leased already.
                do throws(StoreError) {
                    let damaged = try await setAside(row.job, error, lease: lease, now: now)
                    if let damaged { claimed.append(damaged) } else { unreadable = error }
                } catch let refusal {
                    unreadable = refusal
                }
            }
        }
        if claimed.isEmpty, let unreadable { throw unreadable }
        return claimed
    }

    /// The job as it was accepted, where that much of it can be read; it rests otherwise.
    func setAside(
        _ stored: StoredJob, _ error: StoreError, lease: Lease, now: Timestamp
    ) async throws(StoreError) -> ClaimedJob? {
        guard var job = stored.jobAsAccepted() else {
            try await writer.perform { transaction throws(StoreError) in
                try transaction.restUnreadable(stored, lease: lease, now: now)
            }
            return nil
        }
        job.eventCount = try await writer.perform { transaction throws(StoreError) in
            try transaction.keepDamaged(stored.number)
        }
        return ClaimedJob(job: job, isCancelRequested: false, damage: "\(error)")
    }

    package func renew(
        _ jobs: [JobID], lease: Lease
    ) async throws(StoreError) -> [JobID: LeaseStanding] {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.renew(jobs, lease: lease)
        }
    }

    package func apply(_ change: JobChange) async throws(StoreError) -> Bool {
        let progress = JobRecord.progress(change.job)
        // Their bytes are held until the rows are committed.
        defer { withExtendedLifetime(change.artifacts) {} }
        return try await writer.perform { transaction throws(StoreError) in
            try transaction.apply(change, progress: progress)
        }
    }

    package func cancel(
        _ id: JobID, of account: AccountID, finishing: @escaping @Sendable (Job) -> Ending
    ) async throws(StoreError) -> CancelOutcome {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.cancel(id, of: account, finishing: finishing)
        }
    }

    package func nextJobDue() async throws(StoreError) -> Timestamp? {
        try await writer.perform { transaction throws(StoreError) in try transaction.nextJobDue() }
    }

    package func composition(of job: JobID, variant: Int) async throws(StoreError) -> [UInt8]? {
        try await readers.perform { connection throws(StoreError) in
            try connection.first(
                """
                SELECT document FROM compositions
                WHERE job = (SELECT number FROM jobs WHERE id = ?1) AND variant = ?2
                """, job, variant
            ) { $0.bytes(0) }
        }
    }

    package func insert(_ artifact: Artifact, once key: IdempotencyKey?) async throws(StoreError) {
        defer { withExtendedLifetime(artifact) {} }
        try await writer.perform { transaction throws(StoreError) in
            try transaction.once(key, makes: artifact.id) { () throws(StoreError) in
                try transaction.write([artifact])
            }
        }
    }

    package func artifact(_ id: ArtifactID, of account: AccountID) async throws(StoreError) -> Artifact? {
        try await readers.perform { connection throws(StoreError) in
            try connection.first(JobSQL.artifact, id, account) { Artifact(row: $0) }
        }
    }

    package func artifact(fileName: String) async throws(StoreError) -> Artifact? {
        let now = clock.now()
        return try await readers.perform { connection throws(StoreError) in
            try connection.first(JobSQL.linkedArtifact, fileName, now) { Artifact(row: $0) }
        }
    }
}

extension Artifact {
    fileprivate init(row: Row) {
        self.init(
            id: row.identifier(0), account: row.identifier(1),
            job: row.optionalText(2).map { JobID(rawValue: $0) }, fileName: row.text(3), sha256: row.text(4),
            mediaType: row.text(5), bytes: Int(row.integer(6)), createdAt: row.timestamp(7))
        expiresAt = row.optionalTimestamp(8)
    }
}
