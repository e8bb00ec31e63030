import Persistence
import TestSupport
import ThumbwireKit

@testable import SQLiteStore

/// A store on a disk, and how its process ends.
struct ModelDisk {
    enum Crash: Sendable {
        /// The store is closed.
        case close
        /// The power goes, and that much of what was not synced is lost.
        case powerCut(FileImage.Loss)
    }

    let clock = ManualClock()
    private(set) var store: SQLiteStore
    /// True when the last restart was from a cut that came while something was written.
    private(set) var isCutAmidst = false
    private let crash: Crash
    private var folder: TemporaryFolder
    private var disk: PowerCutDisk?
    private var wantedCuts = 0

    init(_ crash: Crash) throws {
        self.crash = crash
        folder = try TemporaryFolder()
        if case .powerCut(let loss) = crash { disk = try Self.disk(loss) }
        store = try Self.open(folder, clock, disk)
    }

    /// A commit is a few writes and a sync: most are cut somewhere.
    private static func disk(_ loss: FileImage.Loss) throws -> PowerCutDisk {
        try PowerCutDisk(loss: loss, operationsPerCut: 6) { [] }
    }

    var cutsPower: Bool { disk != nil }

    private static func open(
        _ folder: TemporaryFolder, _ clock: ManualClock, _ disk: PowerCutDisk?
    ) throws -> SQLiteStore {
        guard let disk else { return try SQLiteStore.open(folder: folder.path, clock: clock) }
        return try SQLiteStore.open(folder: folder.path, clock: clock, vfs: disk.name, synchronous: .full)
    }

    /// From now on the power goes at some write or sync, if there are enough of them.
    mutating func awaitCut() {
        wantedCuts = (disk?.cuts.count ?? 0) + 1
        disk?.startCutting(wantedCuts)
    }

    /// What the disk held when the power went since ``awaitCut()``; `nil` when it did not.
    func takeCut() -> PowerCutDisk.Cut? {
        guard let cuts = disk?.cuts, cuts.count == wantedCuts else { return nil }
        return cuts.last
    }

    /// Opens the store anew: what the cut left, or what a process that ends now leaves.
    mutating func restart(from cut: PowerCutDisk.Cut?) async throws {
        isCutAmidst = cut != nil
        guard case .powerCut(let loss) = crash, let old = disk else {
            await store.close()
            store = try Self.open(folder, clock, nil)
            return
        }
        let remains = cut ?? old.cutNow()
        await store.close()
        let next = try Self.disk(loss)
        for (name, content) in remains.files {
            next.note(.write(offset: 0, bytes: content), in: name)
            next.sync(name)
        }
        folder = try remains.restored()
        disk = next
        store = try Self.open(folder, clock, next)
    }
}
