import Persistence
import Synchronization
import TestSupport
import Testing

@Suite struct StorageGuardTests {
    @Test(
        arguments: [
            (StorageGuard.Floor(percent: 5), 49, true), (StorageGuard.Floor(percent: 5), 50, false),
            (StorageGuard.Floor(bytes: 70), 69, true), (StorageGuard.Floor(bytes: 70), 70, false),
            (StorageGuard.Floor(percent: 5, bytes: 20), 19, true),
            (StorageGuard.Floor(percent: 5, bytes: 20), 20, false),
            (StorageGuard.Floor(percent: 5, bytes: 400), 49, true),
            (StorageGuard.Floor(percent: 5, bytes: 400), 50, false),
            (StorageGuard.Floor(), 0, false),
        ] as [(StorageGuard.Floor, Int64, Bool)])
    func `the lesser floor counts`(floor: StorageGuard.Floor, free: Int64, isShort: Bool) {
        let storage = StorageGuard(floor: floor) { DiskSpace(freeBytes: free, totalBytes: 1_000) }

        #expect((storage.shortage != nil) == isShort)
    }

    @Test func `room comes back by itself`() {
        let free = Mutex<Int64>(10)
        let storage = StorageGuard(floor: .init(percent: 5)) {
            DiskSpace(freeBytes: free.withLock { $0 }, totalBytes: 1_000)
        }

        #expect(storage.shortage == .disk(freeBytes: 10, floorBytes: 50))
        free.withLock { $0 = 60 }
        #expect(storage.shortage == nil)
        storage.noteExceeded(limitBytes: 7)
        #expect(storage.shortage == .data(limitBytes: 7))
        storage.noteExceeded(limitBytes: nil)
        #expect(storage.shortage == nil)
    }

    @Test func `a folder's disk says how large it is`() throws {
        let folder = try TemporaryFolder()
        let space = try #require(DiskSpace.of(path: folder.path))

        #expect(space.totalBytes > 0)
        #expect((0...space.totalBytes).contains(space.freeBytes))
        #expect(DiskSpace.of(path: "\(folder.path)/none") == nil)
    }
}
