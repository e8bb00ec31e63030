internal import Persistence
internal import ThumbwireKit

/// The room on the disk of the data folder.
struct DiskMetrics: Sendable {
    private let free: ReadMetric
    private let total: ReadMetric

    init(in metrics: Metrics) {
        free = metrics.gauge("thumbwire_disk_free_bytes", "Room left on the disk of the data folder")
        total = metrics.gauge("thumbwire_disk_total_bytes", "Size of the disk of the data folder")
    }

    func readings(of space: DiskSpace?) -> [Reading] {
        guard let space else { return [] }
        return [free.reading(Double(space.freeBytes)), total.reading(Double(space.totalBytes))]
    }
}

/// Asks for the room on a disk, on a thread of its own: a disk that hangs holds up nobody else.
final class DiskWatch: Sendable {
    private let path: String
    private let thread = BlockingExecutor(name: "disk", threads: 1)

    init(path: String) {
        self.path = path
    }

    func space() async -> DiskSpace? {
        (try? await thread.run { [path] in DiskSpace.of(path: path) }) ?? nil
    }

    /// Nobody may ask any more.
    func close() {
        thread.close()
    }
}
