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
    func `cancelling a resting job may leave its ticket open`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.resting(.make(account: account.id))
            let ticket = OpenTicket.make(of: job)

            _ = try await store.cancel(job.id, of: account.id) { job in
                let cancelled = job.becoming(.cancelled)
                return Ending(
                    job: cancelled, event: .make(.cancelled, of: cancelled, sequence: 2), openTicket: ticket)
            }

            #expect(try await store.claimTickets(at: .noon + .seconds(5)) == [ticket])
            #expect(try await store.openTicketCount(of: "studio") == 1)
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
                openTicket: ticket))
        return ticket
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
