internal import Persistence
internal import ThumbwireKit

/// The statements that claim jobs; `is_ready` says that a job's due time has come.
enum QueueSQL {
    /// Makes up to ?2 jobs ready that are due at ?1.
    static let wakeResting: StaticString = """
        UPDATE live_jobs SET is_ready = 1
        WHERE job IN (
            SELECT job FROM live_jobs WHERE lease_id IS NULL AND is_ready = 0 AND due_at <= ?1
            ORDER BY due_at LIMIT ?2)
        RETURNING account
        """

    /// The first account behind ?1 that has a ready job, with its share.
    static let nextAccount: StaticString = """
        SELECT l.account, a.weight, a.maximum_running_jobs
        FROM live_jobs l CROSS JOIN accounts a ON a.id = l.account
        WHERE l.lease_id IS NULL AND l.is_ready = 1 AND l.account > ?1
        ORDER BY l.account LIMIT 1
        """

    static let share: StaticString = "SELECT weight, maximum_running_jobs FROM accounts WHERE id = ?1"

    static let running: StaticString = """
        SELECT count(*) FROM live_jobs WHERE lease_id IS NOT NULL AND account = ?1
        """

    /// Up to ?2 ready jobs of an account in the columns of ``JobSQL/one``, as they are once they are claimed at ?3.
    static let ready: StaticString = """
        SELECT j.number, j.id, j.account, j.session,
            CASE WHEN l.provider_succeeded OR l.state = 'processing' THEN 'processing' ELSE 'generating' END,
            coalesce(l.started_at, ?3), j.callback_status, j.accepted, j.progress, l.cancel_requested
        FROM live_jobs l CROSS JOIN jobs j ON j.number = l.job
        WHERE l.lease_id IS NULL AND l.is_ready = 1 AND l.account = ?1
        ORDER BY l.priority DESC, l.job LIMIT ?2
        """

    static let lease: StaticString = """
        UPDATE live_jobs SET lease_id = ?2, lease_until = ?3, state = ?4, started_at = ?5 WHERE job = ?1
        """

    static let firstReady: StaticString = """
        SELECT due_at FROM live_jobs WHERE lease_id IS NULL AND is_ready = 1 AND account = ?1
        ORDER BY priority DESC, job LIMIT 1
        """

    static let firstResting: StaticString = """
        SELECT due_at FROM live_jobs WHERE lease_id IS NULL AND is_ready = 0 ORDER BY due_at LIMIT 1
        """

    /// Lets a leased job rest that cannot be read: ?4 microseconds after ?3, twice as long each time, ?5 at most.
    static let restUnreadable: StaticString = """
        UPDATE live_jobs SET lease_id = NULL, lease_until = NULL, is_ready = 0, failed_reads = failed_reads + 1,
            due_at = ?3 + min(?4 << min(failed_reads, 20), ?5)
        WHERE job = ?1 AND lease_id = ?2
        """

    static let keepDamaged: StaticString = """
        INSERT INTO damaged_progress (job, progress) SELECT number, progress FROM jobs WHERE number = ?1
        ON CONFLICT (job) DO NOTHING
        """

    static let eventCount: StaticString = "SELECT count(*) FROM events WHERE job = ?1"
}

extension Transaction {
    /// What a claim came to.
    enum Claim {
        case jobs([(job: StoredJob, isCancelRequested: Bool)])
        /// So many jobs have become due that making them ready goes on in further transactions.
        case moreDue
    }

    private static let wokenAtOnce = 1_000
    /// In microseconds, of a job that cannot be read.
    private static let (shortestRest, longestRest) = (60_000_000, 86_400_000_000)

    /// Leases jobs of the accounts in their turns.
    func claim(limit: Int, lease: Lease, now: Timestamp) throws(StoreError) -> Claim {
        do throws(StoreError) {
            return try claimInTurns(limit: limit, lease: lease, now: now)
        } catch {
            // Accounts were taken out of the ring; where nothing was written, nobody rolls that back.
            ring.forget()
            throw error
        }
    }

    private func claimInTurns(limit: Int, lease: Lease, now: Timestamp) throws(StoreError) -> Claim {
        guard try wakeResting(now) < Self.wokenAtOnce else { return .moreDue }
        try readRing()
        // A pass gives every account its share of the limit, so that few accounts do not take many small turns.
        let rounds = max(1, limit / max(1, ring.totalWeight))
        var claimed: [(job: StoredJob, isCancelRequested: Bool)] = []
        while claimed.count < limit, var place = ring.removeFirst() {
            if place.turn == 0 { place.turn = place.weight * rounds }
            let room = try room(for: place)
            let wanted = min(limit - claimed.count, place.turn, room)
            let taken = try take(wanted, of: place.account, lease: lease, now: now)
            claimed += taken
            place.turn -= taken.count
            if taken.count == room {
                ring.park(place.account)
            } else if taken.count == wanted {
                // What is left of a share of many rounds is none of a later claim's.
                place.turn = min(place.turn, place.weight)
                if place.turn > 0 { ring.prepend(place) } else { ring.append(place) }
            }
        }
        return .jobs(claimed)
    }

    /// When a job may be claimed; the jobs of accounts that have their limit running are left out.
    func nextJobDue() throws(StoreError) -> Timestamp? {
        try readRing()
        while let place = ring.first {
            if let due = try connection.first(
                QueueSQL.firstReady, place.account, read: { $0.timestamp(0) })
            {
                return due
            }
            _ = ring.removeFirst()
        }
        return try connection.first(QueueSQL.firstResting) { $0.timestamp(0) }
    }

    /// Says that a job of the account is ready.
    func noteReady(_ account: AccountID) throws(StoreError) {
        noteTimer()
        guard !ring.knows(account) else { return }
        let share = try connection.first(QueueSQL.share, account) {
            (weight: Int($0.integer(0)), maximum: $0.optionalInteger(1).map { Int($0) })
        }
        guard let share else { return }
        ring.append(AccountRing.Place(account: account, weight: share.weight, maximum: share.maximum))
    }

    /// Says that a leased job of the account was let go.
    func noteReleased(_ account: AccountID) throws(StoreError) {
        if ring.release(account) { try noteReady(account) }
    }

    /// Lets a job rest, longer each time, that was leased and cannot be read.
    func restUnreadable(_ stored: StoredJob, lease: Lease, now: Timestamp) throws(StoreError) {
        try connection.run(
            QueueSQL.restUnreadable, stored.number, lease.id, now, Self.shortestRest, Self.longestRest)
        if connection.changedRows > 0 { try noteReleased(stored.columns.account) }
        try connection.run(LostLeaseSQL.forget, stored.number)
        noteTimer()
    }

    /// Keeps what became of a job as it is stored, before the job is failed because that cannot be read; how many
    /// events it had.
    func keepDamaged(_ number: Int64) throws(StoreError) -> Int {
        try connection.run(QueueSQL.keepDamaged, number)
        return try connection.first(QueueSQL.eventCount, number) { Int($0.integer(0)) } ?? 0
    }

    /// How many were woken.
    private func wakeResting(_ now: Timestamp) throws(StoreError) -> Int {
        let woken = try connection.all(QueueSQL.wakeResting, now, Self.wokenAtOnce) {
            $0.identifier(0) as AccountID
        }
        for account in Set(woken) { try noteReady(account) }
        return woken.count
    }

    /// Each account costs one look into the index, however many jobs it has.
    private func readRing() throws(StoreError) {
        guard !ring.isRead else { return }
        var places: [AccountRing.Place] = []
        var behind = ""
        while let place = try connection.first(
            QueueSQL.nextAccount, behind,
            read: {
                AccountRing.Place(
                    account: $0.identifier(0), weight: Int($0.integer(1)),
                    maximum: $0.optionalInteger(2).map { Int($0) })
            })
        {
            places.append(place)
            behind = place.account.rawValue
        }
        let next = places.firstIndex { place in ring.last.map { place.account.rawValue > $0.rawValue } ?? true
        }
        ring.fill(Array(places[(next ?? 0)...] + places[..<(next ?? 0)]))
    }

    private func room(for place: AccountRing.Place) throws(StoreError) -> Int {
        guard let maximum = place.maximum else { return .max }
        let running = try connection.first(QueueSQL.running, place.account) { Int($0.integer(0)) }
        return max(0, maximum - (running ?? 0))
    }

    private func take(
        _ count: Int, of account: AccountID, lease: Lease, now: Timestamp
    ) throws(StoreError) -> [(job: StoredJob, isCancelRequested: Bool)] {
        guard count > 0 else { return [] }
        let jobs = try connection.all(QueueSQL.ready, account, count, now) { row throws(StoreError) in
            (job: try StoredJob(row: row), isCancelRequested: row.bool(9))
        }
        for (job, _) in jobs {
            try connection.run(
                QueueSQL.lease, job.number, lease.id, lease.until, job.columns.state.rawValue,
                job.columns.startedAt)
            note(.job(job.columns.id))
        }
        return jobs
    }
}
