internal import Persistence
internal import ThumbwireKit

extension Delivery {
    /// Reads the first columns of ``DeliverySQL/one`` and its like.
    init(row: Row) throws(StoreError) {
        let target: Target =
            row.isNull(5) ? .callback(row.identifier(6)) : .endpoint(row.identifier(5))
        self.init(
            id: row.identifier(1), account: row.identifier(2), event: row.identifier(3),
            type: try row.word(4), target: target, status: try row.word(7), attempts: Int(row.integer(8)),
            nextAttemptAt: row.optionalTimestamp(9), lastStatusCode: row.optionalInteger(10).map { Int($0) },
            createdAt: row.timestamp(11))
        earlierAttempts = Int(row.integer(12))
    }
}

extension Event {
    /// Reads the event of the columns of ``DeliverySQL/dueToEndpoint``.
    init(due row: Row) throws(StoreError) {
        self.init(
            id: row.identifier(3), account: row.identifier(13), type: try row.word(4),
            job: row.optionalText(14).map { JobID(rawValue: $0) }, sequence: Int(row.integer(15)),
            occurredAt: row.timestamp(16), body: row.bytes(17))
        faceData = row.isNull(18) ? nil : row.bytes(18)
    }
}

extension Endpoint {
    /// Reads the columns of ``EndpointSQL/one``.
    init(row: Row) throws(StoreError) {
        self.init(
            id: row.identifier(0), account: row.identifier(1), url: row.text(2),
            events: Set(try row.words(3)), description: row.optionalText(5), createdAt: row.timestamp(6))
        status = try row.word(4)
        disabledReason = row.optionalText(7)
        health.restsUntil = row.optionalTimestamp(8)
        health.claimLimit = row.optionalInteger(9).map { Int($0) }
        sending.isOrdered = row.bool(10)
        expiresAt = row.optionalTimestamp(11)
        guard !row.isNull(12) else { return }
        do throws(RecordError) {
            try EndpointRecord.read(row.bytes(12), into: &self)
        } catch {
            throw .unreadable("endpoint \(id): \(error)")
        }
    }
}

extension StoredEndpoint {
    /// Reads the columns of ``EndpointSQL/one``.
    init(row: Row) throws(StoreError) {
        self.init(try Endpoint(row: row), secret: row.sealed(13))
    }
}

extension Attempt {
    /// Reads the columns of ``DeliverySQL/attempts``.
    init(row: Row, delivery: DeliveryID) {
        let outcome: Outcome =
            row.isNull(3)
            ? .unanswered(code: row.text(5), message: row.text(6))
            : .answered(status: Int(row.integer(3)), bodyHead: row.text(4))
        self.init(
            delivery: delivery, number: Int(row.integer(0)), startedAt: row.timestamp(1),
            duration: .microseconds(row.integer(2)), outcome: outcome)
    }
}
