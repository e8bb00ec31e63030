import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import SQLiteStore

/// What version 1 wrote goes on under the newest version.
@Suite struct Version1MigrationTests {
    @Test func `accounts and keys of version 1 are free and without limits`() async throws {
        let old = try Version1Database()

        let store = try SQLiteStore.open(folder: old.folder.path, clock: ManualClock())
        let account = try await store.account(old.account.id)
        let keys = try await store.keys(of: old.account.id)
        let balance = try await store.balance(of: old.account.id)
        let spending = try await store.spending(of: old.key.id)
        await store.close()

        #expect(account == old.account)
        #expect(keys == [old.key])
        #expect(balance == 0)
        #expect(spending == 0)
    }

    @Test func `jobs that were accepted under version 1 end as all others do`() async throws {
        let old = try Version1Database()

        let store = try SQLiteStore.open(folder: old.folder.path, clock: ManualClock())
        let claimed = try await store.claim(limit: 9, lease: .make(), now: .noon)
        let isFinished = try await store.finish(try requireOne(claimed).job)
        let finished = try await store.job(old.live.id, of: old.account.id)
        let done = try await store.job(old.done.id, of: old.account.id)
        let ledger = try await store.ledger(of: old.account.id, limit: 9, cursor: nil).items
        let tickets = try await store.openTicketCount(of: "studio")
        await store.close()

        #expect(claimed.map(\.id) == [old.live.id])
        #expect(isFinished)
        #expect(finished?.state == .completed)
        #expect(done == old.done)
        #expect(ledger.isEmpty)
        #expect(tickets == 0)
    }

    @Test func `a metered account can be made of one of version 1`() async throws {
        let old = try Version1Database()

        let store = try SQLiteStore.open(folder: old.folder.path, clock: ManualClock())
        var account = old.account
        account.isMetered = true
        _ = try await store.update(account)
        _ = try await store.grant(4, to: account.id, note: nil, at: .noon)
        try await store.acceptJob(.make(account: account.id, credits: 4, key: old.key.id))
        let balance = try await store.balance(of: account.id)
        let spending = try await store.spending(of: old.key.id)
        await store.close()

        #expect(balance == 0)
        #expect(spending == 4)
    }
}

/// A database as version 1 wrote it: one account with a key, a job in the queue and one that is done.
private struct Version1Database {
    let folder: TemporaryFolder
    let account = Account.make(name: "Old")
    let key: APIKey
    let live: Job
    let done: Job

    init() throws {
        folder = try TemporaryFolder()
        key = .make(account: account.id, scopes: [.app, .admin])
        live = .make(account: account.id)
        done = Job.make(account: account.id).becoming(.completed)
        let connection = try Connection(
            path: "\(folder.path)/\(SQLiteStore.fileName)", role: .writer(synchronous: .full))
        try connection.execute("BEGIN; \(Schema.version1); PRAGMA user_version = 1; COMMIT")
        try connection.run(
            "INSERT INTO accounts (id, name, callback_secret, created_at) VALUES (?1, ?2, ?3, ?4)",
            account.id, account.name, [UInt8](repeating: 1, count: 32), account.createdAt)
        try connection.run(
            """
            INSERT INTO keys (id, account, name, scopes, value_hash, created_at)
            VALUES (?1, ?2, ?3, 'app,admin', ?4, ?5)
            """, key.id, key.account, key.name, [UInt8](repeating: 2, count: 32), key.createdAt)
        try insert(live, into: connection)
        try connection.run(
            """
            INSERT INTO live_jobs (job, account, state, priority, is_ready, due_at)
            VALUES (?1, ?2, 'queued', 0, 1, ?3)
            """, connection.lastInsertRowID, account.id, live.createdAt)
        try insert(done, into: connection)
        try connection.run("UPDATE jobs SET final_state = 'completed' WHERE id = ?1", done.id)
    }

    private func insert(_ job: Job, into connection: Connection) throws {
        try connection.run(
            "INSERT INTO jobs (id, account, session, accepted, progress) VALUES (?1, ?2, ?3, ?4, ?5)",
            job.id, job.account, job.session, UTF8Text(bytes: JobRecord.accepted(job)),
            UTF8Text(bytes: JobRecord.progress(job)))
    }
}
