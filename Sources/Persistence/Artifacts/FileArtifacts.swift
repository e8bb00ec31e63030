internal import CSystem
internal import Foundation
internal import Signing
internal import Synchronization

/// Artifacts as files under `artifacts/ab/cd/…`, named by their content.
///
/// A file is complete and durable before its name exists: written to `tmp`, synced, renamed, and the folder synced;
/// so a crash leaves either the whole file or none.
package final class FileArtifacts: ArtifactStorage {
    private let folder: DataFolder
    private let executor: BlockingExecutor
    private let durableFolders = DurableFolders()

    /// Artifacts in that folder, written and read on threads of their own.
    package init(folder: DataFolder, threads: Int = 2) {
        self.folder = folder
        executor = BlockingExecutor(name: "artifacts", threads: threads)
    }

    package func write(_ bytes: [UInt8]) async throws(StoreError) -> String {
        try await onThread { [folder, durableFolders] () throws(StoreError) in
            let sha256 = hexadecimal(Hash.sha256(bytes))
            let place = Place(sha256: sha256, root: folder.artifacts)
            try durableFolders.make(place.outer, in: folder.artifacts)
            try durableFolders.make(place.folder, in: place.outer)
            // Who wrote it may not have synced its name yet.
            if FileManager.default.fileExists(atPath: place.file) {
                try DurableFile.syncFolder(place.folder)
                return sha256
            }
            let temporary = "\(folder.temporary)/\(sha256)-\(UUID().uuidString)"
            do throws(StoreError) {
                try DurableFile.write(bytes, to: temporary)
                try DurableFile.rename(temporary, to: place.file)
            } catch {
                unlink(temporary)
                throw error
            }
            try DurableFile.syncFolder(place.folder)
            return sha256
        }
    }

    package func read(sha256: String) async throws(StoreError) -> [UInt8] {
        try await onThread { [folder] () throws(StoreError) in
            let place = Place(sha256: sha256, root: folder.artifacts)
            guard place.isValid, let data = FileManager.default.contents(atPath: place.file) else {
                throw .missing("artifact \(sha256)")
            }
            return [UInt8](data)
        }
    }

    package func path(sha256: String) -> String? {
        let place = Place(sha256: sha256, root: folder.artifacts)
        return place.isValid ? place.file : nil
    }

    private func onThread<Value: Sendable>(
        _ work: @escaping @Sendable () throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Value, StoreError>, Never>) in
            executor.enqueue {
                continuation.resume(returning: Result { () throws(StoreError) in try work() })
            }
        }
        return try result.get()
    }
}

/// Where content lies: two levels of folders keep each of them small.
private struct Place {
    var sha256: String
    var root: String

    /// 64 hexadecimal digits; anything else could leave the folder.
    var isValid: Bool {
        sha256.utf8.count == 64
            && sha256.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
    var outer: String { "\(root)/\(sha256.prefix(2))" }
    var folder: String { "\(outer)/\(sha256.dropFirst(2).prefix(2))" }
    var file: String { "\(folder)/\(sha256)" }
}

/// The folders that this process knows to be durable, so that their parents are synced once and not for every file.
private final class DurableFolders: Sendable {
    private let known = Mutex<Set<String>>([])

    /// Makes the folder where it is missing, and its name durable.
    func make(_ path: String, in parent: String) throws(StoreError) {
        if known.withLock({ $0.contains(path) }) { return }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .cannotWrite("\(path): \(String(cString: strerror(errno)))")
        }
        try DurableFile.syncFolder(parent)
        _ = known.withLock { $0.insert(path) }
    }
}
