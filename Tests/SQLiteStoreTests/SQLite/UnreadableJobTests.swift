import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import SQLiteStore

@Suite struct UnreadableJobTests {
    @Test func `a job of which it cannot be read what became of it comes as it was accepted`() async throws {
        let damaged = try await DamagedJob(column: .progress)
        defer { _ = damaged.folder }
        let store = damaged.store

        let claimed = try await store.claim(limit: 5, lease: .make(), now: .noon)

        #expect(claimed.map { $0.id } == [damaged.id, damaged.sound])
        #expect(claimed.map { $0.damage == nil } == [false, true])
        #expect(claimed.first?.job.request == ThumbnailRequest(title: "A title"))
        #expect(claimed.first?.job.eventCount == 1)
        let kept = try await store.writer.perform { transaction throws(StoreError) in
            try transaction.connection.first("SELECT progress FROM damaged_progress") { $0.text(0) }
        }
        #expect(kept == "{")
        await store.close()
    }

    @Test func `a job that cannot be read at all holds up no other and rests longer each time`() async throws
    {
        let damaged = try await DamagedJob(column: .accepted)
        defer { _ = damaged.folder }
        let store = damaged.store

        let claimed = try await store.claim(limit: 5, lease: .make(), now: .noon)
        #expect(claimed.map { $0.id } == [damaged.sound])
        #expect(try await store.releaseExpiredLeases(now: .noon + .seconds(30)) == 1)
        _ = try await store.claim(
            limit: 1, lease: .make("worker", until: .noon + .seconds(1_000_000)), now: .noon)

        var rest = Duration.seconds(60)
        var now = Timestamp.noon
        for _ in 0..<14 {
            #expect(try await store.nextJobDue() == now + rest)
            now = now + rest
            let due = now
            await #expect(throws: StoreError.self) {
                _ = try await store.claim(limit: 1, lease: .make(), now: due)
            }
            rest = min(rest * 2, .seconds(24 * 60 * 60))
        }
        await store.close()
    }
}

/// A store with a job of which a column is damaged, and a sound one behind it.
private struct DamagedJob {
    enum Column { case accepted, progress }

    let folder: TemporaryFolder
    let store: SQLiteStore
    let id: JobID
    let sound: JobID

    init(column: Column) async throws {
        folder = try TemporaryFolder()
        store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let account = Account.make()
        try await store.insert(account, callbackSecret: .make())
        let (id, sound) = (JobID.make("job_"), JobID.make("job_"))
        for job in [id, sound] { try await store.acceptJob(.make(id: job, account: account.id)) }
        try await store.writer.perform { transaction throws(StoreError) in
            switch column {
            case .accepted:
                try transaction.connection.run("UPDATE jobs SET accepted = '{' WHERE id = ?1", id)
            case .progress:
                try transaction.connection.run("UPDATE jobs SET progress = '{' WHERE id = ?1", id)
            }
        }
        (self.id, self.sound) = (id, sound)
    }
}
