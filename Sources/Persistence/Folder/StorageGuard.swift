internal import Synchronization

/// Says whether there is room for new jobs and uploads. What was accepted, deliveries and deletions go on without it:
/// they are what the room is left for.
package final class StorageGuard: Sendable {
    /// How much of the disk has to stay free.
    package struct Floor: Hashable, Sendable {
        /// 0–100 of the whole disk; `nil` is no part of it.
        package var percent: Int?
        package var bytes: Int64?

        /// The lesser of the two counts where both are given; without both nothing has to stay free.
        package init(percent: Int? = nil, bytes: Int64? = nil) {
            self.percent = percent
            self.bytes = bytes
        }

        func bytes(of space: DiskSpace) -> Int64 {
            let part = percent.map { space.totalBytes / 100 * Int64($0) }
            return min(part ?? bytes ?? 0, bytes ?? part ?? 0)
        }
    }

    /// Why there is no room.
    package enum Shortage: Hashable, Sendable {
        /// The disk has less free than it should.
        case disk(freeBytes: Int64, floorBytes: Int64)
        /// The data folder holds more than it may, and nothing more can be removed.
        case data(limitBytes: Int64)
    }

    private let floor: Floor
    private let space: @Sendable () -> DiskSpace?
    private let exceededLimit = Mutex<Int64?>(nil)

    /// `space` reads the disk of the data folder; a disk that does not say is taken for one with room.
    package init(floor: Floor = Floor(), space: @escaping @Sendable () -> DiskSpace? = { nil }) {
        self.floor = floor
        self.space = space
    }

    /// `nil` while there is room; the disk is asked each time.
    package var shortage: Shortage? {
        if let limit = exceededLimit.withLock({ $0 }) { return .data(limitBytes: limit) }
        guard let space = space() else { return nil }
        let floorBytes = floor.bytes(of: space)
        guard space.freeBytes < floorBytes else { return nil }
        return .disk(freeBytes: space.freeBytes, floorBytes: floorBytes)
    }

    /// Notes whether the data folder holds more than the limit although all was removed that may be; `nil` is no.
    package func noteExceeded(limitBytes: Int64?) {
        exceededLimit.withLock { $0 = limitBytes }
    }
}
