import Persistence
import TestSupport
import ThumbwireKit

extension StoreModel {
    mutating func update(_ id: EndpointID, _ change: (inout Endpoint) -> Void) -> Endpoint? {
        guard let index = endpoints.firstIndex(where: { $0.id == id }) else { return nil }
        change(&endpoints[index])
        return endpoints[index]
    }

    /// What is pending for an endpoint that is removed is given up.
    mutating func deleteEndpoint(_ id: EndpointID, of account: AccountID) -> Bool {
        guard let place = endpoints.firstIndex(where: { $0.id == id && $0.account == account }) else {
            return false
        }
        endpoints.remove(at: place)
        for index in sent.indices
        where sent[index].delivery.target == .endpoint(id) && sent[index].delivery.status == .pending {
            sent[index].become(.exhausted, dueAt: nil)
            sent[index].leaseUntil = nil
        }
        return true
    }

    mutating func removeExpiredEndpoints(now: Timestamp) -> Int {
        let expired = endpoints.filter { $0.isExpired(at: now) }
        return expired.count { deleteEndpoint($0.id, of: $0.account) }
    }

    /// Sends events of an endpoint once more; ``RecoveryQuery/Scope`` says which.
    mutating func recover(_ query: RecoveryQuery, now: Timestamp) throws(Refusal) -> Int {
        guard
            let endpoint = endpoints.first(where: { $0.id == query.endpoint && $0.account == query.account })
        else { throw .missing }
        var count = 0
        for (place, event) in events.enumerated() where isRecoverable(event, by: query) {
            let target = Delivery.Target.endpoint(endpoint.id)
            let index = sent.firstIndex { $0.delivery.event == event.id && $0.delivery.target == target }
            if let index {
                let status = sent[index].delivery.status
                guard status == .exhausted || (status == .delivered && query.scope == .all) else { continue }
                sent[index].delivery.status = .pending
                sent[index].delivery.earlierAttempts = sent[index].delivery.attempts
                sent[index].isDueBy = now
            } else {
                guard query.scope != .failed, endpoint.wants(event, of: jobs) else { continue }
                sent.append(
                    Sent(
                        delivery: Delivery(
                            id: DeliveryID(rawValue: "unknown"), account: event.account, event: event.id,
                            type: event.type, target: target, nextAttemptAt: now, createdAt: now),
                        place: place, isDueBy: now))
            }
            count += 1
        }
        return count
    }

    private func isRecoverable(_ event: Event, by query: RecoveryQuery) -> Bool {
        event.account == query.account && event.type != .webhookTest
            && (query.since...query.until).contains(event.occurredAt)
    }
}

extension Endpoint {
    fileprivate func wants(_ event: Event, of jobs: [StoreModel.Entry]) -> Bool {
        guard events.contains(event.type) else { return false }
        guard let job = jobs.first(where: { $0.job.id == event.job })?.job else { return true }
        return filters.admits(job)
    }
}
