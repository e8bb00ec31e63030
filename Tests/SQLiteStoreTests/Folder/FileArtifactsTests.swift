import Foundation
import Persistence
import Signing
import TestSupport
import Testing

@Suite struct FileArtifactsTests {
    @Test func `what was written reads back under its hash`() async throws {
        let parent = try TemporaryFolder()
        let artifacts = FileArtifacts(folder: try DataFolder(path: parent.path))
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

        let sha256 = try await artifacts.write(bytes).sha256

        #expect(sha256 == hexadecimal(Hash.sha256(bytes)))
        #expect(try await artifacts.read(sha256: sha256) == bytes)
        let path = try #require(artifacts.path(sha256: sha256))
        #expect(path.hasSuffix("/\(sha256.prefix(2))/\(sha256.dropFirst(2).prefix(2))/\(sha256)"))
        #expect(FileManager.default.contents(atPath: path).map { [UInt8]($0) } == bytes)
    }

    @Test func `the same bytes are stored once, also when many write them`() async throws {
        let parent = try TemporaryFolder()
        let folder = try DataFolder(path: parent.path)
        let artifacts = FileArtifacts(folder: folder)

        let names = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try await artifacts.write([1, 2, 3]).sha256 } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }

        #expect(names.count == 1)
        #expect(filePaths(in: folder.artifacts).count == 1)
        #expect(filePaths(in: folder.temporary).isEmpty)
    }

    @Test func `an empty file is a file`() async throws {
        let parent = try TemporaryFolder()
        let artifacts = FileArtifacts(folder: try DataFolder(path: parent.path))

        let sha256 = try await artifacts.write([]).sha256

        #expect(try await artifacts.read(sha256: sha256) == [])
    }

    @Test(arguments: [String(repeating: "0", count: 64), "../../secret", "", "ABCD"])
    func `content that is not there is missing, whatever it is called`(sha256: String) async throws {
        let parent = try TemporaryFolder()
        let artifacts = FileArtifacts(folder: try DataFolder(path: parent.path))

        let error = await #expect(throws: StoreError.self) { try await artifacts.read(sha256: sha256) }

        guard case .missing = error else {
            Issue.record("unexpected \(String(describing: error))")
            return
        }
    }

    @Test func `a name that is no hash has no path`() throws {
        let parent = try TemporaryFolder()
        let artifacts = FileArtifacts(folder: try DataFolder(path: parent.path))

        #expect(artifacts.path(sha256: "../../etc/passwd") == nil)
    }

    @Test func `a write that cannot be made says why and leaves nothing behind`() async throws {
        let parent = try TemporaryFolder()
        let folder = try DataFolder(path: parent.path)
        let artifacts = FileArtifacts(folder: folder)
        try FileManager.default.removeItem(atPath: folder.artifacts)
        try Data().write(to: URL(fileURLWithPath: folder.artifacts))

        let error = await #expect(throws: StoreError.self) { try await artifacts.write([1]) }

        guard case .cannotWrite = error else {
            Issue.record("unexpected \(String(describing: error))")
            return
        }
        #expect(filePaths(in: folder.temporary).isEmpty)
    }
}

private func filePaths(in folder: String) -> [String] {
    (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []).filter {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: "\(folder)/\($0)", isDirectory: &isFolder)
            && !isFolder.boolValue
    }
}
