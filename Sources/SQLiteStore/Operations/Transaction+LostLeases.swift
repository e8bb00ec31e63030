internal import Persistence
internal import ThumbwireKit

extension Transaction {
    /// A job that was set aside, as its row has it.
    struct StoredSuspect: Sendable {
        var job: StoredJob
        var isCancelRequested: Bool
        var losses: Int
        var isPoisoned: Bool
    }

    enum SuspectRow: Sendable {
        case claimed(StoredSuspect)
        case waiting
        case none
    }

    /// How many leases had ended by then.
    func releaseExpiredLeases(now: Timestamp) throws(StoreError) -> Int {
        try connection.run(LostLeaseSQL.countExpired, now, LostLeases.limit)
        try connection.run(JobSQL.releaseExpired, now)
        let released = connection.changedRows
        guard released > 0 else { return 0 }
        try connection.run(LostLeaseSQL.setAside)
        note(.jobClaimable)
        return released
    }

    func claimSuspect(isAlone: Bool, lease: Lease, now: Timestamp) throws(StoreError) -> SuspectRow {
        if let poisoned = try firstSuspect("poisoned") {
            return .claimed(try claim(poisoned, isPoisoned: true, lease: lease, now: now))
        }
        guard let suspect = try firstSuspect("suspect") else { return .none }
        guard isAlone else { return .waiting }
        try connection.run(LostLeaseSQL.beginTrial, suspect.number, lease.id)
        return .claimed(try claim(suspect, isPoisoned: false, lease: lease, now: now))
    }

    func endTrial(of job: JobID) throws(StoreError) {
        try connection.run(LostLeaseSQL.endTrial, job)
    }

    private typealias Found = (number: Int64, isCancelRequested: Bool, losses: Int)

    private func firstSuspect(_ stage: String) throws(StoreError) -> Found? {
        try connection.first(LostLeaseSQL.first, stage) {
            (number: $0.integer(0), isCancelRequested: $0.bool(1), losses: Int($0.integer(2)))
        }
    }

    private func claim(
        _ found: Found, isPoisoned: Bool, lease: Lease, now: Timestamp
    ) throws(StoreError) -> StoredSuspect {
        try connection.run(LostLeaseSQL.lease, found.number, lease.id, lease.until, now)
        guard let job = try connection.first(JobSQL.byNumber, found.number, read: StoredJob.init(row:)) else {
            throw .missing("job number \(found.number)")
        }
        note(.job(job.columns.id))
        return StoredSuspect(
            job: job, isCancelRequested: found.isCancelRequested, losses: found.losses,
            isPoisoned: isPoisoned)
    }
}

extension Connection {
    /// Nobody of this process holds anything yet, so every lease is of a process that is gone.
    func voidLeases(at now: Timestamp) throws(StoreError) {
        try run("BEGIN IMMEDIATE")
        try run(LostLeaseSQL.countAll, LostLeases.limit)
        try run(JobSQL.voidLeases, now)
        try run(LostLeaseSQL.setAside)
        try run(LostLeaseSQL.forgetEnded)
        try run(ChainPauseSQL.forgetEnded)
        try run(TicketSQL.voidLeases, now)
        try run("COMMIT")
    }
}
