import CSQLite
import Foundation
import Synchronization

/// A disk whose power can be cut: an SQLite VFS that passes everything to the real file system and remembers, for
/// each file, what was synced. A cut is a picture of what the next start would find; the store goes on meanwhile.
///
/// Proof of `@unchecked`: the pointers are set once in `init`, before any other thread knows them, and freed in
/// `deinit`; everything that changes is in `state`.
final class PowerCutDisk: @unchecked Sendable {
    /// The files that a start after a cut finds, by name, and what was acknowledged before the cut.
    struct Cut: Sendable {
        var files: [String: [UInt8]]
        var acknowledged: Set<String>
    }

    private struct State {
        var files: [String: FileImage] = [:]
        var cuts: [Cut] = []
        var wantedCuts = 0
    }

    let name = "power-cut-\(UUID().uuidString)"
    let parent: UnsafeMutablePointer<sqlite3_vfs>
    let methods: UnsafeMutablePointer<sqlite3_io_methods>
    private let vfs: UnsafeMutablePointer<sqlite3_vfs>
    private let vfsName: UnsafeMutablePointer<CChar>
    private let loss: FileImage.Loss
    private let operationsPerCut: Int
    private let acknowledged: @Sendable () -> Set<String>
    private let state = Mutex(State())

    /// Registers the VFS; `acknowledged` says what callers were told by now. While it is cutting, the power goes before
    /// every `operationsPerCut`-th operation on average.
    init(
        loss: FileImage.Loss, operationsPerCut: Int = 25,
        acknowledged: @escaping @Sendable () -> Set<String>
    ) throws {
        guard let parent = sqlite3_vfs_find(nil), let vfsName = strdup(name) else {
            throw CocoaError(.featureUnsupported)
        }
        self.parent = parent
        self.vfsName = vfsName
        self.loss = loss
        self.operationsPerCut = operationsPerCut
        self.acknowledged = acknowledged
        methods = .allocate(capacity: 1)
        methods.initialize(to: PowerCutFile.methods)
        vfs = .allocate(capacity: 1)
        vfs.initialize(to: parent.pointee)
        vfs.pointee.pNext = nil
        vfs.pointee.zName = UnsafePointer(vfsName)
        vfs.pointee.szOsFile = Int32(PowerCutFile.headerSize) + parent.pointee.szOsFile
        vfs.pointee.pAppData = Unmanaged.passUnretained(self).toOpaque()
        vfs.pointee.xOpen = PowerCutFile.open
        vfs.pointee.xDelete = PowerCutFile.delete
        sqlite3_vfs_register(vfs, 0)
    }

    deinit {
        sqlite3_vfs_unregister(vfs)
        vfs.deallocate()
        methods.deallocate()
        free(vfsName)
    }

    /// From now on, cuts the power at that many random moments.
    func startCutting(_ count: Int) {
        state.withLock { $0.wantedCuts = count }
    }

    var cuts: [Cut] {
        state.withLock { $0.cuts }
    }

    /// What the next start would find now.
    func cutNow() -> Cut {
        let told = acknowledged()
        return state.withLock { Cut(files: content(of: $0), acknowledged: told) }
    }

    /// How often a file of that name was synced.
    func syncs(of name: String) -> Int {
        state.withLock { $0.files[name]?.syncs ?? 0 }
    }

    func note(_ change: FileImage.Change, in file: String) {
        happen { $0[file, default: FileImage()].note(change) }
    }

    func sync(_ file: String) {
        happen { $0[file, default: FileImage()].sync() }
    }

    func delete(_ file: String) {
        happen { $0[file] = nil }
    }

    /// The power may go before each operation, so what was acknowledged is asked for first.
    private func happen(_ operation: (inout [String: FileImage]) -> Void) {
        let told = acknowledged()
        state.withLock { state in
            if state.cuts.count < state.wantedCuts, Int.random(in: 0..<operationsPerCut) == 0 {
                state.cuts.append(Cut(files: content(of: state), acknowledged: told))
            }
            operation(&state.files)
        }
    }

    private func content(of state: State) -> [String: [UInt8]] {
        state.files.mapValues { $0.content(after: loss) }
    }
}
