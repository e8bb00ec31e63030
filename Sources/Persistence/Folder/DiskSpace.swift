internal import CSystem
internal import Foundation

/// The room of the file system that a path lies on.
package struct DiskSpace: Sendable {
    /// What this process may still write.
    package var freeBytes: Int64
    package var totalBytes: Int64

    package init(freeBytes: Int64, totalBytes: Int64) {
        self.freeBytes = freeBytes
        self.totalBytes = totalBytes
    }

    /// `nil` when the system does not say.
    package static func of(path: String) -> DiskSpace? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let block = Int64(status.f_frsize)
        return DiskSpace(
            freeBytes: Int64(status.f_bavail) * block, totalBytes: Int64(status.f_blocks) * block)
    }
}
