internal import Persistence
internal import ThumbwireKit

/// The statements on tickets of ended jobs.
enum TicketSQL {
    static let insert: StaticString = """
        INSERT INTO open_tickets (job, provider, ticket, record, next_poll_at, until_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (job, provider, ticket)
        DO UPDATE SET record = ?4, next_poll_at = ?5, until_at = ?6, lease_until = NULL
        """

    /// The second time that a ticket is lost it may be what ends the process: from then on it rests, twice as long each
    /// time, from 30 s up to more than there is in its day.
    static let voidLeases: StaticString = """
        UPDATE open_tickets SET lease_until = NULL, losses = losses + 1,
            next_poll_at = max(next_poll_at, CASE WHEN losses = 0 THEN 0 ELSE ?1 + (15000000 << min(losses, 13)) END)
        WHERE lease_until IS NOT NULL
        """

    static let releaseExpired: StaticString = """
        UPDATE open_tickets SET lease_until = NULL WHERE lease_until IS NOT NULL AND lease_until <= ?1
        """

    static let due: StaticString = """
        SELECT t.number, j.id, j.account, t.record, t.next_poll_at, t.until_at
        FROM open_tickets t CROSS JOIN jobs j ON j.number = t.job
        WHERE t.lease_until IS NULL AND t.next_poll_at <= ?1 ORDER BY t.next_poll_at LIMIT ?2
        """

    static let lease: StaticString = "UPDATE open_tickets SET lease_until = ?2 WHERE number = ?1"

    static let firstDue: StaticString = """
        SELECT next_poll_at FROM open_tickets WHERE lease_until IS NULL ORDER BY next_poll_at LIMIT 1
        """

    static let firstExpiry: StaticString = """
        SELECT lease_until FROM open_tickets WHERE lease_until IS NOT NULL ORDER BY lease_until LIMIT 1
        """

    static let reschedule: StaticString = """
        UPDATE open_tickets SET record = ?4, next_poll_at = ?5, until_at = ?6, lease_until = NULL
        WHERE job = (SELECT number FROM jobs WHERE id = ?1) AND provider = ?2 AND ticket = ?3
        """

    static let delete: StaticString = """
        DELETE FROM open_tickets
        WHERE job = (SELECT number FROM jobs WHERE id = ?1) AND provider = ?2 AND ticket = ?3
        """

    static let ofProvider: StaticString = "SELECT count(*) FROM open_tickets WHERE provider = ?1"

    /// ?1 as ``ticketProviders(of:)`` encloses it.
    static let ofLiveJobs: StaticString = """
        SELECT count(*) FROM live_jobs WHERE ticket_providers IS NOT NULL AND instr(ticket_providers, ?1) > 0
        """

    static let writeProgress: StaticString = "UPDATE jobs SET progress = ?2 WHERE number = ?1"
}

/// A ticket as its row has it.
struct StoredTicket: Sendable {
    var number: Int64
    var job: JobID
    var account: AccountID
    var record: [UInt8]
    var nextPollAt: Timestamp
    var until: Timestamp

    /// Reads the columns of ``TicketSQL/due``.
    init(row: Row) {
        number = row.integer(0)
        job = row.identifier(1)
        account = row.identifier(2)
        record = row.bytes(3)
        nextPollAt = row.timestamp(4)
        until = row.timestamp(5)
    }

    func ticket() throws(StoreError) -> OpenTicket {
        do throws(RecordError) {
            let (step, use) = try TicketRecord.read(record)
            return OpenTicket(
                job: job, account: account, step: step, use: use, nextPollAt: nextPollAt, until: until)
        } catch {
            throw .unreadable("ticket of job \(job): \(error)")
        }
    }
}

extension Transaction {
    /// What ``SQLiteStore/openTicketCount(of:)`` looks for: the names between separators that no name has.
    static func ticketProviders(of job: Job) -> String? {
        let names = job.steps.lazy.filter { $0.index == 0 && $0.status == .pending }.map { $0.id }
        return names.isEmpty ? nil : names.map(enclosed).joined()
    }

    static func enclosed(_ provider: String) -> String { "\u{1F}\(provider)\u{1F}" }

    func open(_ ticket: OpenTicket, ofJob number: Int64) throws(StoreError) {
        try connection.run(
            TicketSQL.insert, number, ticket.use.id, ticket.step.ticket ?? "",
            UTF8Text(bytes: TicketRecord.write(ticket)), ticket.nextPollAt, ticket.until)
    }

    /// Hands the tickets that a new job brings along over to it: nobody follows them for its parent any more.
    func takeTickets(for job: Job) throws(StoreError) {
        let taken = job.steps.filter { $0.index == 0 && $0.status == .pending && $0.ticket != nil }
        guard !taken.isEmpty, let parent = job.parent,
            let stored = try connection.first(JobSQL.one, parent, job.account, read: StoredJob.init(row:))
        else { return }
        var before = try stored.job()
        for step in taken {
            guard before.lose(step, to: job) else {
                throw .conflict("a result, or another job, for the ticket of job \(parent)")
            }
            try connection.run(TicketSQL.delete, parent, step.id, step.ticket ?? "")
        }
        try connection.run(
            TicketSQL.writeProgress, stored.number, UTF8Text(bytes: JobRecord.progress(before)))
        note(.job(parent))
    }

    func claimTickets(
        limit: Int, leaseUntil: Timestamp, now: Timestamp
    ) throws(StoreError) -> [StoredTicket] {
        try connection.run(TicketSQL.releaseExpired, now)
        let due = try connection.all(TicketSQL.due, now, limit) { StoredTicket(row: $0) }
        for ticket in due {
            try connection.run(TicketSQL.lease, ticket.number, leaseUntil)
        }
        return due
    }

    func reschedule(_ ticket: OpenTicket) throws(StoreError) {
        try connection.run(
            TicketSQL.reschedule, ticket.job, ticket.use.id, ticket.step.ticket ?? "",
            UTF8Text(bytes: TicketRecord.write(ticket)), ticket.nextPollAt, ticket.until)
        guard connection.changedRows > 0 else { throw .missing("open ticket of job \(ticket.job)") }
    }

    /// The job's state, outputs and failure stay; only the step changes.
    func settle(_ ticket: OpenTicket, artifacts: [Artifact]) throws(StoreError) {
        guard
            let stored = try connection.first(
                JobSQL.one, ticket.job, ticket.account, read: StoredJob.init(row:))
        else { throw .missing("job \(ticket.job)") }
        var job = try stored.job()
        // A worker would write over the step.
        guard job.state.isTerminal else { throw .illegalTransition(from: job.state, to: job.state) }
        try connection.run(TicketSQL.delete, ticket.job, ticket.use.id, ticket.step.ticket ?? "")
        guard connection.changedRows > 0 else { throw .missing("open ticket of job \(ticket.job)") }
        job.replace(ticket.step)
        try connection.run(
            TicketSQL.writeProgress, stored.number, UTF8Text(bytes: JobRecord.progress(job)))
        try write(artifacts)
        note(.job(job.id))
    }
}

extension Job {
    /// Puts the step in the place of the newest one that had its ticket.
    fileprivate mutating func replace(_ step: Step) {
        let index = steps.lastIndex {
            $0.index == step.index && $0.id == step.id && $0.ticket == step.ticket
        }
        if let index { steps[index] = step } else { steps.append(step) }
    }

    /// Leaves the step's work to another job; false when what became of it is known, or it was left before.
    fileprivate mutating func lose(_ step: Step, to job: Job) -> Bool {
        let index = steps.lastIndex {
            $0.index == step.index && $0.id == step.id && $0.ticket == step.ticket
        }
        guard let index, steps[index].isUndecided else { return false }
        steps[index].status = .failed
        steps[index].ticket = nil
        steps[index].finishedAt = job.createdAt
        steps[index].failure = Failure(
            .outcomeUnknown, code: "provider_outcome_unknown", message: "job \(job.id) took this work over")
        return true
    }
}
