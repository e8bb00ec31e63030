import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite struct TicketConformance {
    @Test(arguments: StoreKind.all)
    func `a ticket of an ended job is claimed when it is due, once`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let ticket = try await store.ended(.make(account: account.id))

            #expect(try await store.nextTicketDue() == .noon + .seconds(5))
            #expect(try await store.claimTickets(at: .noon + .seconds(4)).isEmpty)
            #expect(try await store.claimTickets(at: .noon + .seconds(5)) == [ticket])
            #expect(try await store.claimTickets(at: .noon + .seconds(5)).isEmpty)
            #expect(try await store.nextTicketDue() == .noon + .seconds(35))
            #expect(try await store.claimTickets(at: .noon + .seconds(35)) == [ticket])
        }
    }

    @Test(arguments: StoreKind.all)
    func `asking again later keeps the step as it stands`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var ticket = try await store.ended(.make(account: account.id))
            _ = try await store.claimTickets(at: .noon + .seconds(5))
            ticket.nextPollAt = .noon + .seconds(60)
            ticket.step.provenance = ["polls": 1]

            try await store.reschedule(ticket)

            #expect(try await store.nextTicketDue() == .noon + .seconds(60))
            #expect(try await store.claimTickets(at: .noon + .seconds(60)) == [ticket])
        }
    }

    @Test(arguments: StoreKind.all)
    func `settling writes step and files and leaves the job's end alone`(kind: StoreKind) async throws {
        try await withMeteredStore(kind, balance: 4) { store, account in
            var ticket = try await store.ended(.make(account: account.id, credits: 4))
            let before = try #require(try await store.job(ticket.job, of: nil))
            let position = try await store.lastEventPosition()
            let artifact = Artifact.make(account: account.id, job: ticket.job)
            ticket.step.status = .succeeded
            ticket.step.artifacts = [artifact.id]
            ticket.step.cost = Cost(amount: 7, unit: "credits")

            try await store.settle(ticket, artifacts: [artifact])

            var expected = before
            expected.steps = [ticket.step]
            #expect(try await store.job(ticket.job, of: nil) == expected)
            #expect(try await store.artifact(artifact.id, of: account.id) == artifact)
            #expect(try await store.lastEventPosition() == position)
            #expect(try await store.balance(of: account.id) == 4)
            #expect(try await store.nextTicketDue() == nil)
            await #expect(throws: StoreError.self) { try await store.settle(ticket, artifacts: []) }
            await #expect(throws: StoreError.self) { try await store.reschedule(ticket) }
        }
    }

    @Test(arguments: StoreKind.all)
    func `a ticket whose file cannot be written stays open`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let ticket = try await store.ended(.make(account: account.id))
            let artifact = Artifact.make(account: account.id, job: ticket.job)
            try await store.insert(artifact)

            await #expect(throws: StoreError.self) {
                try await store.settle(ticket, artifacts: [artifact])
            }

            #expect(try await store.claimTickets(at: .noon + .seconds(5)) == [ticket])
        }
    }

    @Test(arguments: StoreKind.all)
    func `cancelling a resting job may leave its tickets open`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.resting(.make(account: account.id))
            let ticket = OpenTicket.make(of: job)
            var other = ticket
            other.step.ticket = "upstream-2"

            _ = try await store.cancel(job.id, of: account.id) { [other] job in
                let cancelled = job.becoming(.cancelled)
                return Ending(
                    job: cancelled, event: .make(.cancelled, of: cancelled, sequence: 2),
                    openTickets: [ticket, other])
            }

            #expect(try await store.claimTickets(at: .noon + .seconds(5)) == [ticket, other])
            #expect(try await store.openTicketCount(of: "studio") == 2)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a job takes its parent's ticket over, once`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let ticket = try await store.ended(.make(account: account.id))
            _ = try await store.claimTickets(at: .noon + .seconds(5))

            try await store.acceptRetry(of: ticket)

            let parent = try #require(try await store.job(ticket.job, of: nil))
            #expect(parent.state == .failed)
            #expect(parent.steps.map(\.ticket) == [nil])
            #expect(parent.steps.first?.failure?.failureClass == .outcomeUnknown)
            #expect(try await store.nextTicketDue() == nil)
            await #expect(throws: StoreError.self) { try await store.settle(ticket, artifacts: []) }
            await #expect(throws: StoreError.self) { try await store.reschedule(ticket) }
            await #expect(throws: StoreError.self) { try await store.acceptRetry(of: ticket) }
        }
    }

    @Test(arguments: StoreKind.all)
    func `a ticket whose result is there is taken over by nobody`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var ticket = try await store.ended(.make(account: account.id))
            ticket.step.status = .succeeded
            try await store.settle(ticket, artifacts: [])
            let before = try await store.job(ticket.job, of: nil)

            await #expect(throws: StoreError.self) { try await store.acceptRetry(of: ticket) }

            #expect(try await store.job(ticket.job, of: nil) == before)
            #expect(try await store.jobs(JobQuery(account: account.id)).items.count == 1)
        }
    }

    @Test(arguments: StoreKind.all)
    func `tickets of live and of ended jobs count for their provider`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            #expect(try await store.openTicketCount(of: "studio") == 0)
            let ticket = try await store.ended(.make(account: account.id))
            let resting = try await store.resting(.make(account: account.id))
            try await store.acceptJob(.make(account: account.id))

            #expect(try await store.openTicketCount(of: "studio") == 2)
            #expect(try await store.openTicketCount(of: "stud") == 0)
            try await store.settle(ticket, artifacts: [])
            #expect(try await store.openTicketCount(of: "studio") == 1)
            let again = try await store.claim(limit: 9, lease: .make("next"), now: .noon)
            let job = try requireOne(again.filter { $0.id == resting.id }).job
            try await store.finish(job, lease: .make("next"))
            #expect(try await store.openTicketCount(of: "studio") == 0)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a ticket that a retry took over counts before anybody works on it`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let ticket = try await store.ended(.make(account: account.id))

            try await store.acceptRetry(of: ticket)

            #expect(try await store.openTicketCount(of: "studio") == 1)
        }
    }
}

extension Store {
    fileprivate func claimTickets(at now: Timestamp) async throws -> [OpenTicket] {
        try await claimTickets(limit: 9, leaseUntil: now + .seconds(30), now: now)
    }

    /// A job that failed while its provider works on.
    fileprivate func ended(_ job: Job) async throws -> OpenTicket {
        var job = try await acceptAndClaim(job).becoming(.failed)
        job.steps = [.pending]
        let ticket = OpenTicket.make(of: job)
        _ = try await apply(
            JobChange(
                job: job, lease: "worker", disposition: .finish, event: .make(.failed, of: job, sequence: 2),
                openTickets: [ticket]))
        return ticket
    }

    /// A new job that waits for the same work.
    fileprivate func acceptRetry(of ticket: OpenTicket) async throws {
        var job = Job.make(account: ticket.account)
        job.parent = ticket.job
        job.steps = [.pending]
        try await accept(job, callback: nil, event: .make(of: job))
    }

    /// A job that waits for its provider.
    fileprivate func resting(_ job: Job) async throws -> Job {
        var job = try await acceptAndClaim(job).becoming(.waiting)
        job.steps = [.pending]
        _ = try await apply(JobChange(job: job, lease: "worker", disposition: .rest(until: .noon)))
        return job
    }
}

extension Step {
    fileprivate static var pending: Step {
        var step = Step.make(status: .pending)
        step.ticket = "upstream-1"
        return step
    }
}

extension OpenTicket {
    fileprivate static func make(of job: Job) -> OpenTicket {
        OpenTicket(
            job: job.id, account: job.account, step: .pending, use: job.pin.providers[0],
            nextPollAt: .noon + .seconds(5), until: .noon + .seconds(3_600))
    }
}
