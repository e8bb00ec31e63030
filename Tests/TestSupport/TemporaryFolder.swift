internal import Foundation

/// A folder of its own for one test, removed when the test lets go of it.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        path =
            FileManager.default.temporaryDirectory.appendingPathComponent("thumbwire-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // A test that failed may have left the folder unreadable; the system clears its temporary files later.
        try? FileManager.default.removeItem(atPath: path)
    }
}
