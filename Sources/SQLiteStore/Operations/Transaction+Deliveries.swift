internal import Persistence
internal import ThumbwireKit

extension Transaction {
    func record(
        _ results: [AttemptResult], reviewing: (Endpoint, [AttemptResult]) -> EndpointReview?
    ) throws(StoreError) {
        var order: [EndpointID] = []
        var ofEndpoint: [EndpointID: [AttemptResult]] = [:]
        for result in results {
            guard let endpoint = try record(result) else { continue }
            if ofEndpoint[endpoint, default: []].isEmpty { order.append(endpoint) }
            ofEndpoint[endpoint, default: []].append(result)
        }
        for id in order {
            try review(id, ofEndpoint[id] ?? [], reviewing)
        }
    }

    /// The endpoint that the attempt was made on.
    private func record(_ result: AttemptResult) throws(StoreError) -> EndpointID? {
        let attempt = result.attempt
        let outcome = OutcomeColumns(attempt.outcome)
        let (status, next) = result.consequence.columns
        let found = try connection.first(
            DeliverySQL.follow, attempt.delivery, status.rawValue, next, attempt.number, outcome.status
        ) {
            (
                number: $0.integer(0), callback: $0.optionalInteger(1),
                endpoint: $0.optionalText(2).map { EndpointID(rawValue: $0) }, next: $0.optionalTimestamp(3),
                status: $0.text(4)
            )
        }
        // Its job was erased meanwhile.
        guard let found else { return nil }
        try connection.run(DeliveryLeaseSQL.end, found.number)
        try naming(unique: "attempt \(attempt.number) of delivery \(attempt.delivery)") {
            () throws(StoreError) in
            try connection.run(
                DeliverySQL.insertAttempt, found.number, attempt.number, attempt.startedAt,
                attempt.duration.wholeMicroseconds, outcome.status, outcome.bodyHead, outcome.code,
                outcome.message, found.endpoint)
        }
        if let callback = found.callback, let status = outcome.status {
            try connection.run(DeliverySQL.callbackStatus, callback, status)
        }
        if let next = found.next { try giveTurn(to: found.endpoint, at: next) }
        // What was sent again meanwhile is not given up, whatever this attempt comes to.
        if found.status == status.rawValue {
            for event in result.events { try emit(event, about: found.endpoint) }
        }
        if status != .delivered { note(.deliveryDue) }
        return found.endpoint
    }

    /// Writes what attempts mean for their endpoint. One that is gone or cannot be read has nothing to be told.
    private func review(
        _ id: EndpointID, _ results: [AttemptResult],
        _ reviewing: (Endpoint, [AttemptResult]) -> EndpointReview?
    ) throws(StoreError) {
        guard let endpoint = try readableEndpoint(id) else { return try renewTurn(of: id) }
        // The end of an attempt makes room for the next one.
        var makesRoom = endpoint.sending.isOrdered || endpoint.health.claimLimit != nil
        defer { if makesRoom { note(.deliveryDue) } }
        let review = reviewing(endpoint, results)
        if let reviewed = review?.endpoint, try write(reviewed, of: endpoint) {
            makesRoom = makesRoom || reviewed.status == .enabled
            try renewTurn(of: id)
        } else if makesRoom {
            try renewTurn(of: id)
        }
        for event in review?.events ?? [] { try emit(event, about: id) }
    }

    /// Writes what a review changes of an endpoint; false when that is nothing.
    private func write(_ review: Endpoint, of endpoint: Endpoint) throws(StoreError) -> Bool {
        var reviewed = endpoint
        reviewed.status = review.status
        reviewed.disabledReason = review.disabledReason
        reviewed.health = review.health
        guard reviewed != endpoint else { return false }
        try connection.run(
            EndpointSQL.review, endpoint.id, reviewed.status.rawValue, reviewed.disabledReason,
            reviewed.health.restsUntil, reviewed.health.claimLimit,
            EndpointRecord.write(reviewed).map { UTF8Text(bytes: $0) })
        return true
    }

    private func readableEndpoint(_ id: EndpointID) throws(StoreError) -> Endpoint? {
        do throws(StoreError) {
            return try connection.first(EndpointSQL.one, id, nil as String?, read: Endpoint.init(row:))
        } catch {
            guard error.isUnreadable else { throw error }
            return nil
        }
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
