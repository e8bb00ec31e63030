import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import SQLiteStore

@Suite struct AccountRingTests {
    @Test func `a store that is opened again finds all accounts with jobs`() async throws {
        let folder = try TemporaryFolder()
        let first = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        var accounts: Set<AccountID> = []
        for _ in 0..<5 {
            let account = Account.make()
            try await first.insert(account, callbackSecret: .make())
            try await first.acceptJob(.make(account: account.id))
            accounts.insert(account.id)
        }
        await first.close()

        let second = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let claimed = try await second.claim(limit: 100, lease: .make(), now: .noon)
        await second.close()

        #expect(Set(claimed.map { $0.job.account }) == accounts)
    }

    @Test func `what a rolled back operation did to the turns is forgotten`() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let account = Account.make()
        try await store.insert(account, callbackSecret: .make())
        let job = try await store.acceptJob(.make(account: account.id))

        await #expect(throws: StoreError.self) {
            try await store.writer.perform { transaction throws(StoreError) in
                guard case .jobs(let claimed) = try transaction.claim(limit: 5, lease: .make(), now: .noon),
                    claimed.count == 1
                else { return }
                throw .closed
            }
        }
        let claimed = try await store.claim(limit: 5, lease: .make(), now: .noon)
        await store.close()

        #expect(claimed.map { $0.id } == [job.id])
    }

    @Test func `one transaction wakes a bounded number of jobs`() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let account = Account.make()
        try await store.insert(account, callbackSecret: .make())
        let job = try await store.acceptJob(.make(account: account.id))
        try await store.writer.perform { transaction throws(StoreError) in
            try transaction.connection.execute(
                """
                WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
                INSERT INTO jobs (number, id, account, session, accepted, progress)
                SELECT i, 'job_' || i, account, session, accepted, progress FROM jobs, n;
                INSERT INTO live_jobs (job, account, state, priority, is_ready, due_at)
                SELECT number, account, 'waiting', 0, 0, 0 FROM jobs WHERE number > 1;
                UPDATE live_jobs SET is_ready = 0, due_at = 0;
                """)
        }

        let outcomes = try await store.writer.perform { transaction throws(StoreError) in
            var outcomes: [String] = []
            for _ in 0..<2 {
                switch try transaction.claim(limit: 1, lease: .make(), now: .noon) {
                case .moreDue: outcomes.append("more")
                case .jobs(let claimed): outcomes.append(claimed.map { $0.job.columns.id.rawValue }.joined())
                }
            }
            return outcomes
        }
        await store.close()

        #expect(outcomes == ["more", job.id.rawValue])
    }
}
