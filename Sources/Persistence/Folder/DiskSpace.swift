internal import Foundation

/// How much room the file system of a folder has, for those who are not its superuser.
package struct DiskSpace: Sendable {
    /// What this process may still write.
    package var freeBytes: Int64
    package var totalBytes: Int64

    package init(freeBytes: Int64, totalBytes: Int64) {
        self.freeBytes = freeBytes
        self.totalBytes = totalBytes
    }

    /// `nil` where the system does not say; blocks for as long as it takes to.
    package static func of(path: String) -> DiskSpace? {
        var figures = statvfs()
        guard statvfs(path, &figures) == 0 else { return nil }
        let unit = UInt64(figures.f_frsize)
        return DiskSpace(
            freeBytes: Int64(clamping: UInt64(figures.f_bavail) * unit),
            totalBytes: Int64(clamping: UInt64(figures.f_blocks) * unit))
    }
}
