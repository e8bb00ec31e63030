import Foundation
import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import SQLiteStore

@Suite(.timeLimit(.minutes(10))) struct WriterTests {
    @Test func `operations handed in before a close are committed`() async throws {
        let folder = try TemporaryFolder()
        let account = Account.make()
        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        try await store.insert(account, callbackSecret: .make())

        let accepted = await withTaskGroup(of: JobID?.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    let job = Job.make(account: account.id)
                    do {
                        try await store.acceptJob(job)
                        return job.id
                    } catch {
                        return nil
                    }
                }
            }
            group.addTask {
                await store.close()
                return nil
            }
            return await group.reduce(into: Set<JobID>()) { if let id = $1 { $0.insert(id) } }
        }
        let reopened = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let found = try await reopened.jobs(JobQuery(account: account.id, limit: 100)).items
        await reopened.close()

        #expect(Set(found.map { $0.id }) == accepted)
    }

    @Test func `a full disk fails the operation, and the store goes on when there is room`() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let account = Account.make()
        try await store.insert(account, callbackSecret: .make())
        let pages = try await store.limitPages("PRAGMA max_page_count = 1")
        let big = Job.make(account: account.id, title: String(repeating: "x", count: 200_000))

        let error = await #expect(throws: StoreError.self) { try await store.acceptJob(big) }
        _ = try await store.limitPages("PRAGMA max_page_count = 1000000")
        try await store.acceptJob(big)
        let found = try await store.job(big.id, of: nil)
        await store.close()

        #expect(pages > 0)
        guard case .cannotWrite = error else {
            Issue.record("unexpected \(String(describing: error))")
            return
        }
        #expect(found == big)
    }

    @Test func `readers cannot write`() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())

        await #expect(throws: StoreError.self) {
            try await store.readers.perform { connection throws(StoreError) in
                try connection.run("DELETE FROM accounts")
            }
        }

        await store.close()
    }

    @Test func `the log's settings are what durability rests on`() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())

        let settings = try await store.writer.perform { transaction throws(StoreError) in
            let connection = transaction.connection
            return [
                try connection.first("PRAGMA journal_mode") { $0.text(0) },
                try connection.first("PRAGMA synchronous") { $0.text(0) },
                try connection.first("PRAGMA wal_autocheckpoint") { $0.text(0) },
                try connection.first("PRAGMA foreign_keys") { $0.text(0) },
            ]
        }
        await store.close()

        #expect(settings == ["wal", "2", "0", "1"])
    }

    @Test func `a log that has grown long is copied into the database`() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let size = { @Sendable in
            try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(SQLiteStore.fileName)")[.size]
                as? Int ?? 0
        }

        try await store.writer.perform { transaction throws(StoreError) in
            try transaction.connection.execute("CREATE TABLE filler AS SELECT zeroblob(8000000) AS bytes")
        }
        // The writer takes this up only when it is done with what follows the commit before.
        try await store.ping()

        #expect(try size() > 8_000_000)
        await store.close()
    }

    @Test func `a folder that is not there is refused with its path`() throws {
        let error = #expect(throws: StoreError.self) {
            try SQLiteStore.open(folder: "/nonexistent", clock: ManualClock())
        }

        #expect("\(try #require(error))".contains("/nonexistent"))
    }
}

extension SQLiteStore {
    /// Sets how many pages the database may have, at least what it has; returns the limit.
    fileprivate func limitPages(_ pragma: StaticString) async throws -> Int64 {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.connection.first(pragma) { $0.integer(0) } ?? 0
        }
    }
}
