internal import CSystem
internal import Foundation

/// File operations that are done only when the disk says so.
package enum DurableFile {
    /// Makes a file of its owner's alone that is whole and durable before its name exists; refuses to replace one.
    package static func create(_ bytes: [UInt8], at path: String) throws(StoreError) {
        guard access(path, F_OK) != 0 else { throw .conflict(path) }
        try replace(bytes, at: path)
    }

    /// Puts a file of its owner's alone in the place of one of that name, if there is one. After a crash there is
    /// either the whole new file or what was there before.
    package static func replace(_ bytes: [UInt8], at path: String) throws(StoreError) {
        let temporary = "\(path).new-\(UUID().uuidString)"
        do throws(StoreError) {
            try write(bytes, to: temporary)
            try rename(temporary, to: path)
        } catch {
            unlink(temporary)
            throw error
        }
        try syncFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    }

    /// Writes and syncs a new file.
    static func write(_ bytes: [UInt8], to path: String) throws(StoreError) {
        let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw refusal(path) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 else {
                if errno == EINTR { continue }
                let error = refusal(path)
                Foundation.close(descriptor)
                throw error
            }
            written += count
        }
        try syncAndClose(descriptor, path)
    }

    /// Gives a file its name, replacing what had it.
    static func rename(_ path: String, to name: String) throws(StoreError) {
        guard Foundation.rename(path, name) == 0 else { throw refusal(name) }
    }

    /// Makes the names in a folder durable.
    static func syncFolder(_ path: String) throws(StoreError) {
        let descriptor = Foundation.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw refusal(path) }
        try syncAndClose(descriptor, path)
    }

    private static func syncAndClose(_ descriptor: Int32, _ path: String) throws(StoreError) {
        let error: StoreError? = fsync(descriptor) == 0 ? nil : refusal(path)
        Foundation.close(descriptor)
        if let error { throw error }
    }

    /// What the system said last.
    private static func refusal(_ path: String) -> StoreError {
        .cannotWrite("\(path): \(String(cString: strerror(errno)))")
    }
}
