import Foundation
import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import SQLiteStore

@Suite struct MigrationTests {
    private static let newer = Schema.migrations + ["ALTER TABLE accounts ADD COLUMN plan TEXT"]
    private static let current = Int64(Schema.migrations.count)

    @Test func `a new folder gets the newest schema and no copy`() async throws {
        let folder = try TemporaryFolder()

        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        await store.close()

        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(files == [SQLiteStore.fileName])
    }

    @Test func `the database is its owner's alone`() async throws {
        let folder = try TemporaryFolder()

        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        try await store.ping()

        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(name)")
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
        await store.close()
    }

    @Test func `a copy that an interrupted migration left is made again`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/\(SQLiteStore.fileName)"
        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        await store.close()
        try Data("half a copy".utf8).write(to: URL(fileURLWithPath: "\(path).before-v\(Self.current + 1)"))

        let connection = try Connection(path: path, role: .writer(synchronous: .full))
        try Schema.migrate(connection, path: path, migrations: Self.newer)

        #expect(try connection.first("PRAGMA user_version") { $0.integer(0) } == Self.current + 1)
    }

    @Test func `data survives closing and opening`() async throws {
        let folder = try TemporaryFolder()
        let account = Account.make()
        let first = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        try await first.insert(account, callbackSecret: .make())
        let job = try await first.acceptJob(.make(account: account.id))
        await first.close()

        let second = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let found = try await second.job(job.id, of: account.id)
        await second.close()

        #expect(found == job)
    }

    @Test func `migrating data keeps a copy of how it was`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/\(SQLiteStore.fileName)"
        let account = Account.make()
        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        try await store.insert(account, callbackSecret: .make())
        await store.close()

        let migrated = try Connection(path: path, role: .writer(synchronous: .full))
        try Schema.migrate(migrated, path: path, migrations: Self.newer)
        let copy = try Connection(path: "\(path).before-v\(Self.current + 1)", role: .reader)

        #expect(try migrated.first("PRAGMA user_version") { $0.integer(0) } == Self.current + 1)
        #expect(try migrated.first("SELECT count(plan) FROM accounts") { $0.integer(0) } == 0)
        #expect(try copy.first("PRAGMA user_version") { $0.integer(0) } == Self.current)
        #expect(try copy.first("SELECT id FROM accounts") { $0.text(0) } == account.id.rawValue)
    }

    @Test func `a schema of a newer program is refused and left alone`() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/\(SQLiteStore.fileName)"
        let connection = try Connection(path: path, role: .writer(synchronous: .full))
        try Schema.migrate(connection, path: path, migrations: Self.newer)

        let error = #expect(throws: StoreError.self) {
            try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        }

        #expect(
            "\(try #require(error))".contains(
                "schema version \(Self.current + 1), this program knows up to \(Self.current)"))
        #expect(try connection.first("PRAGMA user_version") { $0.integer(0) } == Self.current + 1)
    }

    @Test func `a migration that fails changes nothing`() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/\(SQLiteStore.fileName)"
        let connection = try Connection(path: path, role: .writer(synchronous: .full))
        let broken = Schema.migrations + ["CREATE TABLE extra (id INTEGER) STRICT; SELECT nonsense"]

        #expect(throws: StoreError.self) {
            try Schema.migrate(connection, path: path, migrations: broken)
        }

        #expect(try connection.first("PRAGMA user_version") { $0.integer(0) } == Self.current)
        #expect(
            try connection.first("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'") { $0.integer(0) }
                == 0)
    }
}
