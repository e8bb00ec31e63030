internal import CSystem
internal import Foundation
internal import Synchronization

/// The folder that one process owns: database, artifacts and temporary files.
package final class DataFolder: Sendable {
    /// Why a data folder cannot be used.
    package enum OpenError: Error, Hashable, CustomStringConvertible {
        /// Another process holds it.
        case inUse(String)
        /// The system refused: the path, what was tried and why.
        case refused(path: String, action: String, reason: String)

        package var description: String {
            switch self {
            case .inUse(let path): "data folder \(path) is in use by another thumbwire process"
            case .refused(let path, let action, let reason): "cannot \(action) \(path): \(reason)"
            }
        }
    }

    private static let lockName = "thumbwire.lock"

    /// The folder itself, where the store keeps its files.
    package let path: String
    /// `nil` once the folder was let go.
    private let lock: Mutex<Int32?>

    /// Where artifacts are stored.
    package var artifacts: String { "\(path)/artifacts" }
    /// Files that are being written or used by one step; emptied when the folder is opened.
    package var temporary: String { "\(path)/tmp" }

    /// Makes the folder, for its owner alone, where it is missing; takes it until ``release()`` or until this object
    /// goes; and empties `tmp`.
    package init(path: String) throws(OpenError) {
        self.path = path
        try Self.makeFolder(path)
        lock = Mutex(try Self.takeLock("\(path)/\(Self.lockName)", folder: path))
        do throws(OpenError) {
            try Self.makeFolder(artifacts)
            try Self.removeLeftovers(temporary)
            try Self.makeFolder(temporary)
        } catch {
            release()
            throw error
        }
    }

    deinit {
        release()
    }

    /// Lets another opener have the folder; nothing may use it here any more.
    package func release() {
        lock.withLock { lock in
            // Closing the only descriptor drops the lock; the file stays, because removing it would let two processes
            // lock two files of one name.
            if let descriptor = lock { Foundation.close(descriptor) }
            lock = nil
        }
    }

    private static func makeFolder(_ path: String) throws(OpenError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .refused(path: path, action: "make", reason: error.localizedDescription)
        }
    }

    private static func removeLeftovers(_ path: String) throws(OpenError) {
        guard FileManager.default.fileExists(atPath: path) else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw .refused(path: path, action: "empty", reason: error.localizedDescription)
        }
    }

    private static func takeLock(_ path: String, folder: String) throws(OpenError) -> Int32 {
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .refused(path: path, action: "open", reason: String(cString: strerror(errno)))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            Foundation.close(descriptor)
            if code == EWOULDBLOCK { throw .inUse(folder) }
            throw .refused(path: path, action: "lock", reason: String(cString: strerror(code)))
        }
        return descriptor
    }
}
