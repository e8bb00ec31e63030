internal import Persistence
internal import ThumbwireKit

extension Transaction {
    private struct Candidate {
        var number: Int64
        var due: Timestamp
    }

    func claimDeliveries(
        limit: Int, busy: Set<Delivery.Target>, leaseUntil: Timestamp, now: Timestamp
    ) throws(StoreError) -> [DueDelivery] {
        try connection.run(DeliverySQL.releaseExpired, now)
        let candidates =
            try dueCallbacks(limit: limit, busy: busy, now: now)
            + dueOfEndpoints(limit: limit, busy: busy, now: now)
        var claimed: [DueDelivery] = []
        for candidate in candidates.sorted(by: { ($0.due, $0.number) < ($1.due, $1.number) }).prefix(limit) {
            try connection.run(DeliverySQL.lease, candidate.number, leaseUntil)
            if let due = try connection.first(DeliverySQL.due, candidate.number, read: DueDelivery.init(row:))
            {
                claimed.append(due)
            }
        }
        return claimed
    }

    func record(_ results: [AttemptResult]) throws(StoreError) {
        for result in results {
            try record(result)
        }
    }

    func deleteEndpoint(_ id: EndpointID, of account: AccountID) throws(StoreError) -> Bool {
        try connection.run("DELETE FROM endpoints WHERE id = ?1 AND account = ?2", id, account)
        guard connection.changedRows > 0 else { return false }
        try connection.run(DeliverySQL.exhaustEndpoint, id)
        return true
    }

    private func dueCallbacks(
        limit: Int, busy: Set<Delivery.Target>, now: Timestamp
    ) throws(StoreError) -> [Candidate] {
        // A busy callback has few deliveries of its own, so that many more rows are enough.
        let rows = try connection.all(DeliverySQL.dueCallbacks, now, limit + busy.count) {
            (Candidate(number: $0.integer(0), due: $0.timestamp(1)), $0.identifier(2) as JobID)
        }
        return rows.filter { !busy.contains(.callback($0.1)) }.map { $0.0 }
    }

    private func dueOfEndpoints(
        limit: Int, busy: Set<Delivery.Target>, now: Timestamp
    ) throws(StoreError) -> [Candidate] {
        let waiting = try connection.waitingEndpoints()
            .filter { $0.due <= now && !busy.contains(.endpoint($0.id)) }
            .sorted { $0.due < $1.due }
        var candidates: [Candidate] = []
        for endpoint in waiting {
            // Whatever the later endpoints have is due after all of these.
            if candidates.count >= limit, candidates.allSatisfy({ $0.due <= endpoint.due }) { break }
            candidates += try connection.all(DeliverySQL.dueOfEndpoint, endpoint.id, now, limit) {
                Candidate(number: $0.integer(0), due: $0.timestamp(1))
            }
            candidates = Array(candidates.sorted { $0.due < $1.due }.prefix(limit))
        }
        return candidates
    }

    private func record(_ result: AttemptResult) throws(StoreError) {
        let attempt = result.attempt
        let found = try connection.first(
            "SELECT number, callback FROM deliveries WHERE id = ?1", attempt.delivery
        ) { (number: $0.integer(0), callback: $0.optionalInteger(1)) }
        guard let found else { throw .missing("delivery \(attempt.delivery)") }
        let outcome = OutcomeColumns(attempt.outcome)
        try naming(unique: "attempt \(attempt.number) of delivery \(attempt.delivery)") {
            () throws(StoreError) in
            try connection.run(
                DeliverySQL.insertAttempt, found.number, attempt.number, attempt.startedAt,
                attempt.duration.wholeMicroseconds, outcome.status, outcome.bodyHead, outcome.code,
                outcome.message)
        }
        let (status, next) = result.consequence.columns
        try connection.run(
            DeliverySQL.follow, found.number, status.rawValue, next, attempt.number, outcome.status)
        if let callback = found.callback, let status = outcome.status {
            try connection.run(DeliverySQL.callbackStatus, callback, status)
        }
        if next != nil { note(.deliveryDue) }
    }
}

extension Connection {
    /// Enabled endpoints with pending deliveries that nobody holds, and when the first of each is due.
    func waitingEndpoints() throws(StoreError) -> [(id: EndpointID, due: Timestamp)] {
        try all(DeliverySQL.waitingEndpoints) { (id: $0.identifier(0), due: $0.timestamp(1)) }
    }
}

/// An attempt's outcome as columns.
struct OutcomeColumns {
    var status: Int?
    var bodyHead: String?
    var code: String?
    var message: String?

    init(_ outcome: Attempt.Outcome) {
        switch outcome {
        case .answered(let status, let bodyHead):
            self.status = status
            self.bodyHead = bodyHead
        case .unanswered(let code, let message):
            self.code = code
            self.message = message
        }
    }
}

extension AttemptResult.Consequence {
    fileprivate var columns: (status: Delivery.Status, next: Timestamp?) {
        switch self {
        case .delivered: (.delivered, nil)
        case .retry(let moment): (.pending, moment)
        case .exhausted: (.exhausted, nil)
        }
    }
}
