internal import Persistence
internal import ThumbwireKit

/// The statements on events.
enum EventSQL {
    /// ?9 is the endpoint that the event is about.
    static let insert: StaticString = """
        INSERT INTO events (id, account, type, job, sequence, occurred_at, body, face_data, endpoint)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        """

    static let lastPosition: StaticString = "SELECT coalesce(max(position), 0) FROM events"

    static let callbackTypes: StaticString = "SELECT events FROM callbacks WHERE job = ?1"

    /// ?1 account · ?2 behind this position · ?3 types between commas, or NULL · ?4 limit
    static let ofAccount: StaticString = """
        SELECT e.position, e.id, e.account, e.type, j.id, e.sequence, e.occurred_at, e.body, e.face_data
        FROM events e LEFT JOIN jobs j ON j.number = e.job
        WHERE e.account = ?1 AND e.position > ?2 AND (?3 IS NULL OR instr(?3, ',' || e.type || ',') > 0)
        ORDER BY e.position LIMIT ?4
        """

    /// As ``ofAccount``, newest first.
    static let newestOfAccount: StaticString = """
        SELECT e.position, e.id, e.account, e.type, j.id, e.sequence, e.occurred_at, e.body, e.face_data
        FROM events e LEFT JOIN jobs j ON j.number = e.job
        WHERE e.account = ?1 AND e.position > ?2 AND (?3 IS NULL OR instr(?3, ',' || e.type || ',') > 0)
        ORDER BY e.position DESC LIMIT ?4
        """

    /// As ``newestOfAccount``, ?5 being the job.
    static let newestOfJob: StaticString = """
        SELECT e.position, e.id, e.account, e.type, j.id, e.sequence, e.occurred_at, e.body, e.face_data
        FROM events e JOIN jobs j ON j.number = e.job
        WHERE e.job = (SELECT number FROM jobs WHERE id = ?5) AND e.account = ?1 AND e.position > ?2
            AND (?3 IS NULL OR instr(?3, ',' || e.type || ',') > 0)
        ORDER BY e.position DESC LIMIT ?4
        """

    /// As ``ofAccount``, ?5 being the job.
    static let ofJob: StaticString = """
        SELECT e.position, e.id, e.account, e.type, j.id, e.sequence, e.occurred_at, e.body, e.face_data
        FROM events e JOIN jobs j ON j.number = e.job
        WHERE e.job = (SELECT number FROM jobs WHERE id = ?5) AND e.account = ?1 AND e.position > ?2
            AND (?3 IS NULL OR instr(?3, ',' || e.type || ',') > 0)
        ORDER BY e.position LIMIT ?4
        """
}

extension Transaction {
    /// Writes an event of a job, and a delivery for the job's callback and each endpoint that asks for it.
    func record(_ event: Event, of job: Job, number: Int64) throws(StoreError) {
        let position = try insert(event, job: number)
        let callback = try connection.first(EventSQL.callbackTypes, number) { $0.text(0) }
        if let callback, callback.lists(event.type) {
            try deliver(event, at: position, callback: number, endpoint: nil)
        }
        try deliver(event, at: position) { job }
    }

    /// Writes an event that changes no job, with a delivery to each endpoint of its account that asks for it, but for
    /// the one that it is about.
    func emit(_ event: Event, about endpoint: EndpointID? = nil) throws(StoreError) {
        let stored = try event.job.flatMap { id throws(StoreError) in
            try connection.first(JobSQL.one, id, event.account, read: StoredJob.init(row:))
        }
        let position = try insert(event, job: stored?.number, about: endpoint)
        if let job = event.job { note(.job(job)) }
        try deliver(event, at: position, except: endpoint) { () throws(StoreError) in try stored?.job() }
    }

    /// Writes an event that is about no job, for one endpoint.
    func emit(_ event: Event, to endpoint: EndpointID) throws(StoreError) {
        let isThere = try connection.first(EndpointSQL.one, endpoint, event.account) { _ in true }
        guard isThere == true else { throw .missing("endpoint \(endpoint)") }
        let position = try insert(event, job: nil)
        try deliver(event, at: position, callback: nil, endpoint: endpoint)
        try giveTurn(to: endpoint, at: event.occurredAt)
    }

    private func insert(
        _ event: Event, job: Int64?, about endpoint: EndpointID? = nil
    ) throws(StoreError) -> Int64 {
        try naming(unique: "event \(event.id)", foreign: "account \(event.account)") {
            () throws(StoreError) in
            try connection.run(
                EventSQL.insert, event.id, event.account, event.type.rawValue, job, event.sequence,
                event.occurredAt, event.body, event.faceData, endpoint)
        }
        note(.event(event.account))
        return connection.lastInsertRowID
    }

    /// To each endpoint of the account that asks for it. One whose record cannot be read gets the event too: its
    /// delivery tells of the damage, and no job stands still for it.
    private func deliver(
        _ event: Event, at position: Int64, except left: EndpointID? = nil,
        of job: () throws(StoreError) -> Job?
    ) throws(StoreError) {
        let subscribers = try connection.all(EndpointSQL.subscribers, event.account, clock.now()) {
            Subscriber(row: $0)
        }
        for subscriber in subscribers where subscriber.id != left && subscriber.types.lists(event.type) {
            if let record = subscriber.record, let filters = try? EndpointRecord.filters(record),
                let job = try? job(), !filters.admits(job)
            {
                continue
            }
            try deliver(event, at: position, callback: nil, endpoint: subscriber.id)
            guard let restsUntil = subscriber.restsUntil else { continue }
            try giveTurn(to: subscriber.id, at: max(event.occurredAt, restsUntil))
        }
    }

    private func deliver(
        _ event: Event, at position: Int64, callback: Int64?, endpoint: EndpointID?
    ) throws(StoreError) {
        try connection.run(
            DeliverySQL.insert, DeliveryID(prefix: "dlv_", at: clock.now()), event.account, position,
            endpoint, callback, event.occurredAt)
        if endpoint == nil { try giveTurn(to: nil, at: event.occurredAt) }
        note(.deliveryDue)
    }
}

/// An endpoint that may want an event.
private struct Subscriber {
    var id: EndpointID
    var types: String
    /// Where it has filters.
    var record: [UInt8]?
    /// `nil` while nothing is sent to it.
    var restsUntil: Timestamp?

    init(row: Row) {
        id = row.identifier(0)
        types = row.text(1)
        record = row.isNull(2) ? nil : row.bytes(2)
        restsUntil = row.optionalTimestamp(3)
    }
}

extension String {
    /// True where this list of words between commas has the type.
    fileprivate func lists(_ type: EventType) -> Bool {
        split(separator: ",").contains { $0 == type.rawValue }
    }
}

extension PositionedEvent {
    /// Reads the columns of ``EventSQL/ofAccount``.
    init(row: Row) throws(StoreError) {
        var event = Event(
            id: row.identifier(1), account: row.identifier(2), type: try row.word(3),
            job: row.optionalText(4).map { JobID(rawValue: $0) }, sequence: Int(row.integer(5)),
            occurredAt: row.timestamp(6), body: row.bytes(7))
        event.faceData = row.isNull(8) ? nil : row.bytes(8)
        self.init(position: row.integer(0), event: event)
    }
}
