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
    }
}

extension DueDelivery {
    /// Reads the columns of ``DeliverySQL/due``.
    init(row: Row) throws(StoreError) {
        let event = Event(
            id: row.identifier(13), account: row.identifier(14), type: try row.word(15),
            job: row.optionalText(16).map { JobID(rawValue: $0) }, sequence: Int(row.integer(17)),
            occurredAt: row.timestamp(18), body: row.bytes(19))
        let destination: Destination =
            row.isNull(5)
            ? .callback(row.sealed(28), secret: row.sealed(29))
            : .endpoint(try Endpoint(row: row, from: 20), secret: row.sealed(27))
        self.init(delivery: try Delivery(row: row), event: event, destination: destination)
    }
}

extension Endpoint {
    /// Reads id, account, url, events, status, description and creation from the columns behind `first`.
    init(row: Row, from first: Int32) throws(StoreError) {
        self.init(
            id: row.identifier(first), account: row.identifier(first + 1), url: row.text(first + 2),
            events: Set(try row.words(first + 3)), description: row.optionalText(first + 5),
            createdAt: row.timestamp(first + 6))
        status = try row.word(first + 4)
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
