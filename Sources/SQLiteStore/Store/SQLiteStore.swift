internal import Foundation
package import Persistence
package import ThumbwireKit

/// The store on one SQLite file, with one writing thread and a few reading ones.
///
/// One process owns the file (``DataFolder`` sees to that): SQLite 3.40 can damage a log that two connections reset,
/// so nobody else may write or make checkpoints.
package final class SQLiteStore: Store {
    /// The database's name in the data folder.
    static let fileName = "thumbwire.db"
    private static let readerThreads = 3

    package let changes: ChangeFeed
    let writer: Writer
    let readers: ReaderPool
    let clock: any WallClock
    let metrics: StoreMetrics
    let path: String
    private let closing: BlockingExecutor

    /// Opens the database of a folder, makes or migrates its tables, and voids the leases of the process before: its
    /// jobs and deliveries are due at once and no attempt is counted.
    package static func open(
        folder: String, clock: any WallClock, metrics: StoreMetrics = StoreMetrics(in: Metrics())
    ) throws(StoreError) -> SQLiteStore {
        try makeFile("\(folder)/\(fileName)")
        return try open(folder: folder, clock: clock, vfs: nil, synchronous: .full, metrics: metrics)
    }

    /// Makes an empty database file that is its owner's alone, whatever the folder's mode and the process's mask say:
    /// SQLite gives its logs the mode of the database.
    private static func makeFile(_ path: String) throws(StoreError) {
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .cannotWrite("\(path): \(String(cString: strerror(errno)))") }
        Foundation.close(descriptor)
    }

    /// As ``open(folder:clock:)``, on a file system of the tests.
    static func open(
        folder: String, clock: any WallClock, vfs: String?, synchronous: Connection.Synchronous,
        metrics: StoreMetrics = StoreMetrics(in: Metrics())
    ) throws(StoreError) -> SQLiteStore {
        let settings = Writer.Settings(
            path: "\(folder)/\(fileName)", vfs: vfs, synchronous: synchronous, clock: clock,
            changes: ChangeFeed(), metrics: metrics)
        return try SQLiteStore(settings)
    }

    private init(_ settings: Writer.Settings) throws(StoreError) {
        changes = settings.changes
        clock = settings.clock
        metrics = settings.metrics
        path = settings.path
        writer = try Writer(settings) { connection throws(StoreError) in
            try Schema.migrate(connection, path: settings.path)
            try Schema.makeWorkingTables(connection)
            try connection.voidLeases(at: settings.clock.now())
            try connection.findTurns()
        }
        readers = ReaderPool(path: settings.path, vfs: settings.vfs, threads: Self.readerThreads)
        closing = BlockingExecutor(name: "store-close", threads: 1)
    }

    package func ping() async throws(StoreError) {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.connection.run(
                "INSERT INTO health VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET checked_at = ?1",
                transaction.clock.now())
        }
    }

    package func close() async {
        await withCheckedContinuation { continuation in
            closing.enqueue { [readers, writer] in
                readers.close()
                writer.close()
                continuation.resume()
            }
        }
        changes.finish()
    }
}
