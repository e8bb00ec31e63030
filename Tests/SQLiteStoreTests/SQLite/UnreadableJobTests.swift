import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import SQLiteStore

@Suite struct UnreadableJobTests {
    @Test func `a job that cannot be read holds up no other`() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let account = Account.make()
        try await store.insert(account, callbackSecret: .make())
        let broken = try await store.acceptJob(.make(account: account.id))
        let sound = try await store.acceptJob(.make(account: account.id))
        try await store.writer.perform { transaction throws(StoreError) in
            try transaction.connection.run("UPDATE jobs SET progress = '{' WHERE id = ?1", broken.id)
        }

        let claimed = try await store.claim(limit: 5, lease: .make(), now: .noon)

        #expect(claimed.map { $0.id } == [sound.id])
        _ = try await store.releaseExpiredLeases(now: .noon + .seconds(30))
        await #expect(throws: StoreError.self) {
            _ = try await store.claim(limit: 1, lease: .make("next"), now: .noon + .seconds(30))
        }
        await store.close()
    }
}
