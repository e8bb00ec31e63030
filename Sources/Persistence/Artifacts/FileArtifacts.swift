internal import CSystem
internal import Foundation
internal import Signing
internal import Synchronization
package import ThumbwireKit

/// Artifacts as files under `artifacts/ab/cd/…`, named by their content.
///
/// A file is complete and durable before its name exists: written to `tmp`, synced, renamed, and the folder synced;
/// so a crash leaves either the whole file or none.
package final class FileArtifacts: ArtifactStorage {
    private let folder: DataFolder
    private let executor: BlockingExecutor
    private let durableFolders = DurableFolders()
    private let holds = ContentHolds()

    /// Artifacts in that folder, written and read on threads of their own.
    package init(folder: DataFolder, threads: Int = 2) {
        self.folder = folder
        executor = BlockingExecutor(name: "artifacts", threads: threads)
    }

    package func write(_ bytes: [UInt8]) async throws(StoreError) -> StoredContent {
        try await onThread { [folder, durableFolders, holds] () throws(StoreError) in
            let sha256 = hexadecimal(Hash.sha256(bytes))
            // Before the look whether the file is there: from now on nobody removes it.
            let stored = StoredContent(sha256: sha256, hold: holds.take(sha256))
            let place = Place(sha256: sha256, root: folder.artifacts)
            try durableFolders.make(place.outer, in: folder.artifacts)
            try durableFolders.make(place.folder, in: place.outer)
            // Who wrote it may not have synced its name yet.
            if FileManager.default.fileExists(atPath: place.file) {
                try DurableFile.syncFolder(place.folder)
                return stored
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
            return stored
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

    package func remove(
        _ contents: [String], named: ContentNames
    ) async throws(StoreError) -> Int64 {
        let (removal, marked) = holds.mark(
            contents.filter { Place(sha256: $0, root: folder.artifacts).isValid })
        let kept: Set<String>
        do throws(StoreError) {
            kept = try await named(marked)
        } catch {
            for content in marked { _ = holds.settle(content, of: removal, isUnnamed: false) { 0 } }
            throw error
        }
        return try await onThread { [folder, holds] () throws(StoreError) in
            marked.reduce(into: 0) { free, content in
                free += holds.settle(content, of: removal, isUnnamed: !kept.contains(content)) {
                    removeFile(Place(sha256: content, root: folder.artifacts).file)
                }
            }
        }
    }

    package func removeOrphans(
        storedBefore moment: Timestamp, named: ContentNames
    ) async throws(StoreError) -> Int64 {
        var free: Int64 = 0
        for outer in try await folders(in: folder.artifacts) {
            for inner in try await folders(in: outer) {
                // What is left is found the next time.
                if Task.isCancelled { return free }
                let old = try await onThread { () throws(StoreError) in
                    files(in: inner, writtenBefore: moment)
                }
                if !old.isEmpty { free += try await remove(old, named: named) }
            }
        }
        return try await free
            + onThread { [folder] () throws(StoreError) in
                files(in: folder.temporary, writtenBefore: moment).reduce(into: 0) { free, name in
                    free += removeFile("\(folder.temporary)/\(name)")
                }
            }
    }

    private func folders(in parent: String) async throws(StoreError) -> [String] {
        try await onThread { () throws(StoreError) in
            names(in: parent).filter { $0.utf8.count == 2 }.map { "\(parent)/\($0)" }
        }
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

private func names(in folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
}

/// The names of plain files in the folder that were last written before then.
private func files(in folder: String, writtenBefore moment: Timestamp) -> [String] {
    names(in: folder).filter { name in
        var status = stat()
        guard lstat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return false
        }
        return Int64(status.st_mtim.tv_sec) < moment.seconds
    }
}

/// The bytes that became free.
private func removeFile(_ path: String) -> Int64 {
    var status = stat()
    guard lstat(path, &status) == 0, unlink(path) == 0 else { return 0 }
    return Int64(status.st_size)
}
