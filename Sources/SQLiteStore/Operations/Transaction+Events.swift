internal import Persistence
internal import ThumbwireKit

/// The statements on events.
enum EventSQL {
    static let insert: StaticString = """
        INSERT INTO events (id, account, type, job, sequence, occurred_at, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        """

    static let callbackTypes: StaticString = "SELECT events FROM callbacks WHERE job = ?1"

    static let subscribers: StaticString = """
        SELECT id, events FROM endpoints WHERE account = ?1 AND status IN ('enabled', 'paused')
        ORDER BY number
        """

    /// ?1 account · ?2 behind this position · ?3 types between commas, or NULL · ?4 limit
    static let ofAccount: StaticString = """
        SELECT e.position, e.id, e.account, e.type, j.id, e.sequence, e.occurred_at, e.body
        FROM events e LEFT JOIN jobs j ON j.number = e.job
        WHERE e.account = ?1 AND e.position > ?2 AND (?3 IS NULL OR instr(?3, ',' || e.type || ',') > 0)
        ORDER BY e.position LIMIT ?4
        """

    /// As ``ofAccount``, ?5 being the job.
    static let ofJob: StaticString = """
        SELECT e.position, e.id, e.account, e.type, j.id, e.sequence, e.occurred_at, e.body
        FROM events e JOIN jobs j ON j.number = e.job
        WHERE e.job = (SELECT number FROM jobs WHERE id = ?5) AND e.account = ?1 AND e.position > ?2
            AND (?3 IS NULL OR instr(?3, ',' || e.type || ',') > 0)
        ORDER BY e.position LIMIT ?4
        """
}

extension Transaction {
    /// Writes an event of a job, and a delivery for the job's callback and each endpoint that asks for its type.
    func record(_ event: Event, ofJob number: Int64) throws(StoreError) {
        let position = try insert(event, job: number)
        let callback = try connection.first(EventSQL.callbackTypes, number) { row throws(StoreError) in
            try row.words(0) as [EventType]
        }
        if let callback, callback.contains(event.type) {
            try deliver(event, at: position, toCallback: number)
        }
        try deliver(event, at: position)
    }

    /// Writes events that are about no job, with a delivery to each endpoint of their account that asks for their type.
    func emit(_ events: [Event]) throws(StoreError) {
        for event in events {
            try deliver(event, at: try insert(event, job: nil))
        }
    }

    /// Writes an event that is about no job, for one endpoint.
    func emit(_ event: Event, to endpoint: EndpointID) throws(StoreError) {
        let isThere = try connection.first(
            "SELECT 1 FROM endpoints WHERE id = ?1 AND account = ?2", endpoint, event.account
        ) { _ in true }
        guard isThere == true else { throw .missing("endpoint \(endpoint)") }
        let position = try insert(event, job: nil)
        try deliver(event, at: position, toEndpoint: endpoint)
    }

    private func insert(_ event: Event, job: Int64?) throws(StoreError) -> Int64 {
        try naming(unique: "event \(event.id)", foreign: "account \(event.account)") {
            () throws(StoreError) in
            try connection.run(
                EventSQL.insert, event.id, event.account, event.type.rawValue, job, event.sequence,
                event.occurredAt, event.body)
        }
        note(.event(event.account))
        return connection.lastInsertRowID
    }

    /// To each endpoint of the account that asks for its type.
    private func deliver(_ event: Event, at position: Int64) throws(StoreError) {
        let endpoints = try connection.all(EventSQL.subscribers, event.account) { row throws(StoreError) in
            (id: row.identifier(0) as EndpointID, types: try row.words(1) as [EventType])
        }
        for endpoint in endpoints where endpoint.types.contains(event.type) {
            try deliver(event, at: position, toEndpoint: endpoint.id)
        }
    }

    private func deliver(
        _ event: Event, at position: Int64, toCallback callback: Int64
    ) throws(StoreError) {
        try deliver(event, at: position, callback: callback, endpoint: nil)
    }

    private func deliver(
        _ event: Event, at position: Int64, toEndpoint endpoint: EndpointID
    ) throws(StoreError) {
        try deliver(event, at: position, callback: nil, endpoint: endpoint)
    }

    private func deliver(
        _ event: Event, at position: Int64, callback: Int64?, endpoint: EndpointID?
    ) throws(StoreError) {
        try connection.run(
            DeliverySQL.insert, DeliveryID(prefix: "dlv_", at: clock.now()), event.account, position,
            endpoint,
            callback, event.occurredAt)
        note(.deliveryDue)
    }
}

extension PositionedEvent {
    /// Reads the columns of ``EventSQL/ofAccount``.
    init(row: Row) throws(StoreError) {
        self.init(
            position: row.integer(0),
            event: Event(
                id: row.identifier(1), account: row.identifier(2), type: try row.word(3),
                job: row.optionalText(4).map { JobID(rawValue: $0) }, sequence: Int(row.integer(5)),
                occurredAt: row.timestamp(6), body: row.bytes(7)))
    }
}
