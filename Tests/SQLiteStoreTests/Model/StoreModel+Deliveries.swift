import Persistence
import TestSupport
import ThumbwireKit

extension StoreModel {
    // MARK: Events

    /// An event of a job goes to its callback and to the endpoints that ask for it.
    mutating func emit(_ event: Event, of job: Job, now: Timestamp) {
        events.append(event)
        if let callback = job.callback, callback.events.contains(event.type) {
            deliver(event, to: .callback(job.id), at: event.occurredAt)
        }
        deliverToSubscribers(event, now: now) { $0.filters.admits(job) }
    }

    mutating func emit(_ event: Event, now: Timestamp) {
        events.append(event)
        deliverToSubscribers(event, now: now) { _ in true }
    }

    mutating func emit(_ event: Event, to endpoint: EndpointID) throws(Refusal) {
        guard endpoints.contains(where: { $0.id == endpoint && $0.account == event.account }) else {
            throw .missing
        }
        events.append(event)
        deliver(event, to: .endpoint(endpoint), at: event.occurredAt)
    }

    private mutating func deliverToSubscribers(
        _ event: Event, now: Timestamp, where admits: (Endpoint) -> Bool
    ) {
        for endpoint in endpoints
        where endpoint.account == event.account && endpoint.status != .disabled
            && !endpoint.isExpired(at: now) && endpoint.events.contains(event.type) && admits(endpoint)
        {
            deliver(event, to: .endpoint(endpoint.id), at: event.occurredAt)
        }
    }

    private mutating func deliver(_ event: Event, to target: Delivery.Target, at moment: Timestamp) {
        sent.append(
            Sent(
                delivery: Delivery(
                    id: DeliveryID(rawValue: "unknown"), account: event.account, event: event.id,
                    type: event.type, target: target, nextAttemptAt: moment, createdAt: moment),
                place: events.count - 1))
    }

    // MARK: Claims

    func endpoint(of target: Delivery.Target) -> Endpoint? {
        guard case .endpoint(let id) = target else { return nil }
        return endpoints.first { $0.id == id }
    }

    mutating func releaseExpiredDeliveries(now: Timestamp) {
        for index in sent.indices where (sent[index].leaseUntil ?? .distantFuture) <= now {
            sent[index].leaseUntil = nil
        }
    }

    /// When the delivery could be claimed as things stand; `nil` where it cannot before something is written.
    func claimable(_ index: Int, now: Timestamp) -> Timestamp? {
        let one = sent[index]
        guard one.delivery.status == .pending, one.leaseUntil == nil, let due = one.delivery.nextAttemptAt
        else { return nil }
        guard case .endpoint = one.delivery.target else { return due }
        guard let endpoint = endpoint(of: one.delivery.target), endpoint.status == .enabled,
            !endpoint.isExpired(at: now), room(of: endpoint) > 0
        else { return nil }
        if endpoint.sending.isOrdered, oldestPending(of: endpoint) != index { return nil }
        return max(due, endpoint.health.restsUntil ?? due)
    }

    /// How many more of the endpoint's deliveries may be held.
    func room(of endpoint: Endpoint) -> Int {
        let held = sent.count { $0.delivery.target == .endpoint(endpoint.id) && $0.leaseUntil != nil }
        let limit = endpoint.sending.isOrdered ? 1 : endpoint.health.claimLimit ?? .max
        return max(limit - held, 0)
    }

    private func oldestPending(of endpoint: Endpoint) -> Int? {
        sent.indices
            .filter {
                sent[$0].delivery.target == .endpoint(endpoint.id) && sent[$0].delivery.status == .pending
            }
            .min { sent[$0].place < sent[$1].place }
    }

    /// When what may be claimed now is due, oldest first, no more of an endpoint than it has room for.
    func dueDeliveries(busy: Set<Delivery.Target>, now: Timestamp) -> [Timestamp] {
        var moments: [Delivery.Target: [Timestamp]] = [:]
        for index in sent.indices where !busy.contains(sent[index].delivery.target) {
            guard let moment = claimable(index, now: now), moment <= now else { continue }
            moments[sent[index].delivery.target, default: []].append(moment)
        }
        return moments.flatMap { target, moments in
            moments.sorted().prefix(endpoint(of: target).map(room) ?? .max)
        }.sorted()
    }

    func nextDeliveryDue(now: Timestamp) -> Timestamp? {
        sent.indices.compactMap { claimable($0, now: now) }.min()
    }

    // MARK: Attempts

    /// Writes an attempt and what follows from it: what was given up meanwhile stays so unless it is delivered now, and
    /// what was resent meanwhile stays due.
    mutating func record(_ result: AttemptResult) throws(Refusal) {
        let number = result.attempt.number
        guard let index = sent.firstIndex(where: { $0.delivery.id == result.attempt.delivery }) else {
            return
        }
        guard sent[index].attempts.insert(number).inserted else { throw .conflict }
        let follows = sent[index].delivery.earlierAttempts < number && sent[index].delivery.status == .pending
        switch result.consequence {
        case .delivered:
            sent[index].become(.delivered, dueAt: nil)
        case .retry(let moment):
            if follows { sent[index].become(.pending, dueAt: moment) }
        case .exhausted:
            if follows { sent[index].become(.exhausted, dueAt: nil) }
        }
        sent[index].delivery.attempts = max(sent[index].delivery.attempts, number)
        sent[index].leaseUntil = nil
        guard case .answered(let status, _) = result.attempt.outcome else { return }
        sent[index].delivery.lastStatusCode = status
        if case .callback(let job) = sent[index].delivery.target, let job = self.index(of: job) {
            jobs[job].job.callback?.lastStatus = status
        }
    }

    mutating func resend(_ id: DeliveryID, of account: AccountID, now: Timestamp) throws(Refusal)
        -> Delivery?
    {
        guard
            let index = sent.firstIndex(where: { $0.delivery.id == id && $0.delivery.account == account })
        else { return nil }
        if case .endpoint = sent[index].delivery.target, endpoint(of: sent[index].delivery.target) == nil {
            throw .missing
        }
        sent[index].become(.pending, dueAt: now)
        let isAttempted = sent[index].leaseUntil != nil
        sent[index].delivery.earlierAttempts = sent[index].delivery.attempts + (isAttempted ? 1 : 0)
        return sent[index].delivery
    }
}
