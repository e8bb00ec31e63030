import Persistence
import TestSupport
import ThumbwireKit

extension StoreModel {
    /// Hands the tickets that a new job brings along over to it: its parent's steps lose them.
    mutating func takeTickets(for job: Job) throws(Refusal) {
        let taken = job.steps.filter { $0.index == 0 && $0.status == .pending && $0.ticket != nil }
        guard !taken.isEmpty, let parent = job.parent, let index = index(of: parent) else { return }
        var before = jobs[index].job
        for step in taken {
            guard let place = before.steps.lastIndex(where: { $0.isSameWork(as: step) }),
                before.steps[place].isUndecided
            else { throw .conflict }
            before.steps[place].status = .failed
            before.steps[place].ticket = nil
            before.steps[place].finishedAt = job.createdAt
            before.steps[place].failure = Failure(
                .outcomeUnknown, code: "provider_outcome_unknown", message: "")
        }
        jobs[index].job = before
        tickets.removeAll { open in
            open.ticket.job == parent && taken.contains { open.ticket.step.isSameWork(as: $0) }
        }
    }

    /// The moments at which what may be claimed now is due, in order.
    mutating func dueTickets(now: Timestamp) -> [OpenTicket] {
        for index in tickets.indices where (tickets[index].leaseUntil ?? .distantFuture) <= now {
            tickets[index].leaseUntil = nil
        }
        return tickets.filter { $0.leaseUntil == nil && $0.ticket.nextPollAt <= now }
            .map(\.ticket)
            .sorted { $0.nextPollAt < $1.nextPollAt }
    }

    mutating func lease(_ ticket: OpenTicket, until moment: Timestamp) {
        for index in tickets.indices where tickets[index].ticket.isSameWork(as: ticket) {
            tickets[index].leaseUntil = moment
        }
    }

    mutating func reschedule(_ ticket: OpenTicket) throws(Refusal) {
        guard let index = tickets.firstIndex(where: { $0.ticket.isSameWork(as: ticket) }) else {
            throw .missing
        }
        tickets[index] = Ticket(ticket: ticket)
    }

    mutating func settle(_ ticket: OpenTicket, artifacts new: [Artifact]) throws(Refusal) {
        guard let index = tickets.firstIndex(where: { $0.ticket.isSameWork(as: ticket) }),
            let job = self.index(of: ticket.job)
        else { throw .missing }
        tickets.remove(at: index)
        if let place = jobs[job].job.steps.lastIndex(where: { $0.isSameWork(as: ticket.step) }) {
            jobs[job].job.steps[place] = ticket.step
        }
        for artifact in new { artifacts[artifact.id] = artifact }
    }

    func nextTicketDue() -> Timestamp? {
        tickets.map { $0.leaseUntil ?? $0.ticket.nextPollAt }.min()
    }

    /// Live jobs that wait for the provider, and tickets of ended ones.
    func openTicketCount(of provider: String) -> Int {
        let live = jobs.count { entry in
            entry.isLive
                && entry.job.steps.contains { $0.index == 0 && $0.status == .pending && $0.id == provider }
        }
        return live + tickets.count { $0.ticket.use.id == provider }
    }
}

extension Step {
    func isSameWork(as other: Step) -> Bool {
        index == other.index && id == other.id && ticket == other.ticket
    }
}

extension OpenTicket {
    func isSameWork(as other: OpenTicket) -> Bool {
        job == other.job && use.id == other.use.id && step.ticket == other.step.ticket
    }
}
