import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import SQLiteStore

/// Endpoints, events and deliveries that version 2 wrote go on under the newest version.
@Suite struct Version2MigrationTests {
    @Test func `endpoints of version 2 ask for nothing and lose nothing`() async throws {
        let old = try Version2Database()

        let store = try SQLiteStore.open(folder: old.folder.path, clock: ManualClock())
        let endpoints = try await store.endpoints(of: old.account.id)
        let events = try await store.events(EventQuery(account: old.account.id)).map { $0.event }
        let attempts = try await store.attempts(
            AttemptQuery(account: old.account.id, endpoint: old.endpoint.id))
        await store.close()

        #expect(endpoints == [old.endpoint])
        #expect(events == old.events)
        #expect(attempts.items.map { $0.number } == [2, 1])
    }

    @Test func `deliveries of version 2 are sent, listed and resent`() async throws {
        let old = try Version2Database()

        let store = try SQLiteStore.open(folder: old.folder.path, clock: ManualClock())
        let due = try requireOne(try await store.claimAtNoon())
        try await store.record([.make(due.delivery, .delivered)])
        let listed = try await store.deliveries(
            DeliveryQuery(account: old.account.id, target: .endpoint(old.endpoint.id)))
        let recovered = try await store.recover(.make(old.endpoint, .failed), now: .noon)
        let again = try requireOne(try await store.claimAtNoon()).delivery
        await store.close()

        #expect(due.event == old.events[1])
        #expect(due.delivery.attempts == 0)
        #expect(listed.items.map { $0.event } == [old.events[1].id, old.events[0].id])
        #expect(listed.items.map { $0.status } == [.delivered, .exhausted])
        #expect(recovered == 1)
        #expect(again.event == old.events[0].id)
        #expect(again.earlierAttempts == 2)
    }
}

/// A database as version 2 wrote it: an endpoint with a delivery that was given up after two attempts and one that a
/// process held when it ended.
private struct Version2Database {
    let folder: TemporaryFolder
    let account = Account.make(name: "Old")
    let endpoint: Endpoint
    let events: [Event]

    init() throws {
        folder = try TemporaryFolder()
        endpoint = .make(account: account.id, events: [.queued], status: .enabled)
        events = [.make(.queued, account: account.id), .make(.queued, account: account.id)]
        let connection = try Connection(
            path: "\(folder.path)/\(SQLiteStore.fileName)", role: .writer(synchronous: .full))
        try connection.execute(
            "BEGIN; \(Schema.version1); \(Schema.version2); PRAGMA user_version = 2; COMMIT")
        try connection.run(
            "INSERT INTO accounts (id, name, callback_secret, created_at) VALUES (?1, ?2, ?3, ?4)",
            account.id, account.name, [UInt8](repeating: 1, count: 32), account.createdAt)
        try connection.run(
            """
            INSERT INTO endpoints (id, account, url, events, status, description, secret, created_at)
            VALUES (?1, ?2, ?3, 'thumbnail.queued', 'enabled', NULL, ?4, ?5)
            """, endpoint.id, account.id, endpoint.url, [UInt8](repeating: 3, count: 32), endpoint.createdAt)
        for (index, event) in events.enumerated() {
            try connection.run(
                """
                INSERT INTO events (id, account, type, job, sequence, occurred_at, body)
                VALUES (?1, ?2, ?3, NULL, ?4, ?5, ?6)
                """, event.id, account.id, event.type.rawValue, event.sequence, event.occurredAt, event.body)
            try connection.run(
                """
                INSERT INTO deliveries (id, account, event, endpoint, status, attempts, next_attempt_at, lease_until,
                    created_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                """, DeliveryID.make("dlv_"), account.id, connection.lastInsertRowID, endpoint.id,
                index == 0 ? "exhausted" : "pending", index == 0 ? 2 : 0,
                index == 0 ? nil as Timestamp? : .noon,
                index == 0 ? nil as Timestamp? : .noon + .seconds(60), Timestamp.noon)
        }
        for number in 1...2 {
            try connection.run(
                """
                INSERT INTO attempts (delivery, number, started_at, duration, status_code, body_head)
                VALUES (1, ?1, ?2, 5, 500, '')
                """, number, Timestamp.noon + .seconds(number))
        }
    }
}
