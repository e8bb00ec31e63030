internal import Foundation
internal import Persistence

/// The tables, as the list of steps that led to them; a step that was released never changes.
enum Schema {
    /// One script a version, the first making version 1.
    static let migrations = [
        version1, version2, version3, version4, version5, version6, version7, version8, version9,
    ]

    /// Brings the database to the newest version; refuses one that is newer still. Data that exists is copied to
    /// `PATH.before-vN` first.
    static func migrate(
        _ connection: Connection, path: String, migrations: [String] = Schema.migrations
    ) throws(StoreError) {
        let version = Int(try connection.first("PRAGMA user_version") { $0.integer(0) } ?? 0)
        guard version <= migrations.count else {
            throw .database(
                code: 0,
                message: "\(path) has schema version \(version), this program knows up to "
                    + "\(migrations.count): start the newer program that wrote it",
                statement: "PRAGMA user_version")
        }
        guard version < migrations.count else { return }
        if version > 0 {
            let copy = "\(path).before-v\(migrations.count)"
            // One of a migration that was interrupted; SQLite does not replace it.
            unlink(copy)
            try connection.run("VACUUM INTO ?1", copy)
        }
        for next in version..<migrations.count {
            try apply(migrations[next], version: next + 1, connection)
        }
    }

    private static func apply(
        _ script: String, version: Int, _ connection: Connection
    ) throws(StoreError) {
        do throws(StoreError) {
            try connection.execute("BEGIN IMMEDIATE; \(script); PRAGMA user_version = \(version); COMMIT")
        } catch {
            if connection.isInTransaction { try connection.execute("ROLLBACK") }
            throw error
        }
    }
}
