import Foundation
import Persistence
import Signing
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

/// Rows that name contents, as a store keeps them: what is added is there after an await, as a commit is.
private final class Rows: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    func add(_ content: String) async {
        await Task.yield()
        counts.withLock { $0[content, default: 0] += 1 }
    }

    func remove(_ content: String) {
        counts.withLock { counts in
            let left = counts[content, default: 1] - 1
            counts[content] = left > 0 ? left : nil
        }
    }

    func named(among contents: [String]) async -> Set<String> {
        let named = counts.withLock { counts in Set(contents.filter { counts[$0] != nil }) }
        // What is found now may be another thing a moment later.
        for _ in 0..<4 { await Task.yield() }
        return named
    }
}

@Suite("Storing content while it is removed", .timeLimit(.minutes(10)))
struct ContentRaceTests {
    @Test func `content that a row names is there, however often equal content is removed`() async throws {
        let parent = try TemporaryFolder()
        let artifacts = FileArtifacts(folder: try DataFolder(path: parent.path), threads: 4)
        let rows = Rows()
        let named: ContentNames = { contents async throws(StoreError) in await rows.named(among: contents) }

        let lost = try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var lost = 0
                    // Two workers a content: while one has no row, the other may remove.
                    let bytes = [UInt8(worker / 2)]
                    for _ in 0..<500 {
                        let stored = try await artifacts.write(bytes)
                        await rows.add(stored.sha256)
                        withExtendedLifetime(stored.hold) {}
                        // Several times: a removal that began before may still be under way.
                        for _ in 0..<4 where (try? await artifacts.read(sha256: stored.sha256)) != bytes {
                            lost += 1
                        }
                        rows.remove(stored.sha256)
                        _ = try await artifacts.remove([stored.sha256], named: named)
                    }
                    return lost
                }
            }
            return try await group.reduce(0, +)
        }

        #expect(lost == 0)
        for number in 0..<4 {
            let sha256 = hexadecimal(Hash.sha256([UInt8(number)]))
            _ = try await artifacts.remove([sha256], named: named)
            await #expect(throws: StoreError.self) { try await artifacts.read(sha256: sha256) }
        }
    }

    @Test func `what is held is not removed, and what is free is`() async throws {
        let parent = try TemporaryFolder()
        let artifacts = FileArtifacts(folder: try DataFolder(path: parent.path))
        let none: ContentNames = { _ async throws(StoreError) in [] }
        var stored: StoredContent? = try await artifacts.write([1, 2, 3])
        let sha256 = try #require(stored).sha256

        let whileHeld = try await artifacts.remove([sha256], named: none)
        #expect(try await artifacts.read(sha256: sha256) == [1, 2, 3])
        withExtendedLifetime(stored) {}
        stored = nil
        let whenFree = try await artifacts.remove([sha256], named: none)

        #expect(whileHeld == 0)
        #expect(whenFree == 3)
        await #expect(throws: StoreError.self) { try await artifacts.read(sha256: sha256) }
    }

    @Test func `content that is stored again while it is looked for stays`() async throws {
        let parent = try TemporaryFolder()
        let artifacts = FileArtifacts(folder: try DataFolder(path: parent.path))
        let sha256 = try await artifacts.write([1]).sha256

        let freed = try await artifacts.remove([sha256]) { _ async throws(StoreError) in
            // The row of this one is committed too late to be found.
            _ = try await artifacts.write([1])
            return []
        }

        #expect(freed == 0)
        #expect(try await artifacts.read(sha256: sha256) == [1])
    }

    @Test func `a look that fails removes nothing and leaves no mark`() async throws {
        let parent = try TemporaryFolder()
        let artifacts = FileArtifacts(folder: try DataFolder(path: parent.path))
        let sha256 = try await artifacts.write([1]).sha256

        await #expect(throws: StoreError.self) {
            try await artifacts.remove([sha256]) { _ async throws(StoreError) in throw .closed }
        }

        #expect(try await artifacts.read(sha256: sha256) == [1])
        let freed = try await artifacts.remove([sha256]) { _ async throws(StoreError) in [] }
        #expect(freed == 1)
    }

    @Test func `orphans and leftovers go when they are old, files with a row stay`() async throws {
        let parent = try TemporaryFolder()
        let folder = try DataFolder(path: parent.path)
        let artifacts = FileArtifacts(folder: folder)
        let kept = try await artifacts.write([1]).sha256
        let orphan = try await artifacts.write([2, 2]).sha256
        let leftover = "\(folder.temporary)/leftover"
        try Data([3, 3, 3]).write(to: URL(fileURLWithPath: leftover))
        let named: ContentNames = { contents async throws(StoreError) in Set(contents).intersection([kept]) }
        let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))

        let early = try await artifacts.removeOrphans(storedBefore: now - .seconds(3_600), named: named)
        #expect(try await artifacts.read(sha256: orphan) == [2, 2])
        let freed = try await artifacts.removeOrphans(storedBefore: now + .seconds(3_600), named: named)

        #expect(early == 0)
        #expect(freed == 5)
        #expect(try await artifacts.read(sha256: kept) == [1])
        #expect(!FileManager.default.fileExists(atPath: leftover))
        await #expect(throws: StoreError.self) { try await artifacts.read(sha256: orphan) }
    }
}
