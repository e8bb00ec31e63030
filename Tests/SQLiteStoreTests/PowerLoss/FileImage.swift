/// What a disk holds of one file, and what was written since the last sync and may be lost.
struct FileImage: Sendable {
    enum Change: Sendable {
        case write(offset: Int, bytes: [UInt8])
        case truncate(size: Int)
    }

    /// What becomes of unsynced changes when the power goes.
    enum Loss: Sendable, CaseIterable {
        /// All are lost.
        case everything
        /// Each is kept, lost, or torn at a sector, whatever became of those before it.
        case random
        /// None is lost: what a killed process leaves behind.
        case nothing
    }

    /// Disks write sectors of this size whole or not at all.
    private static let sector = 512

    private(set) var synced: [UInt8] = []
    private(set) var unsynced: [Change] = []
    private(set) var syncs = 0

    mutating func note(_ change: Change) {
        unsynced.append(change)
    }

    mutating func sync() {
        syncs += 1
        for change in unsynced { Self.apply(change, to: &synced) }
        unsynced = []
    }

    /// The content that the next start finds.
    func content(after loss: Loss) -> [UInt8] {
        var content = synced
        for change in unsynced {
            switch loss {
            case .everything: break
            case .nothing: Self.apply(change, to: &content)
            case .random:
                if let survivor = Self.survivor(of: change) { Self.apply(survivor, to: &content) }
            }
        }
        return content
    }

    private static func survivor(of change: Change) -> Change? {
        switch (change, Int.random(in: 0..<3)) {
        case (_, 0): return nil
        case (.write(let offset, let bytes), 1):
            let sectors = Int.random(in: 0...bytes.count / sector)
            return .write(offset: offset, bytes: Array(bytes.prefix(sectors * sector)))
        default: return change
        }
    }

    private static func apply(_ change: Change, to content: inout [UInt8]) {
        switch change {
        case .truncate(let size):
            if content.count > size { content.removeLast(content.count - size) }
        case .write(let offset, let bytes):
            let missing = offset + bytes.count - content.count
            if missing > 0 { content.append(contentsOf: repeatElement(0, count: missing)) }
            content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
    }
}
