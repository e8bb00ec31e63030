import Foundation
import Persistence
import TestSupport
import Testing

@Suite struct DataFolderTests {
    @Test func `a new folder is its owner's alone`() throws {
        let parent = try TemporaryFolder()
        let path = "\(parent.path)/a/data"

        let folder = try DataFolder(path: path)

        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o700)
        #expect(FileManager.default.fileExists(atPath: folder.artifacts))
        #expect(FileManager.default.fileExists(atPath: folder.temporary))
    }

    @Test func `a second opener is refused until the first lets go`() throws {
        let parent = try TemporaryFolder()
        var first: DataFolder? = try DataFolder(path: parent.path)
        #expect(first?.path == parent.path)

        let error = #expect(throws: DataFolder.OpenError.self) { try DataFolder(path: parent.path) }
        first = nil
        let second = try DataFolder(path: parent.path)

        #expect(error == .inUse(parent.path))
        #expect(second.path == parent.path)
    }

    @Test func `leftovers of the process before are removed, artifacts are not`() throws {
        let parent = try TemporaryFolder()
        do {
            let folder = try DataFolder(path: parent.path)
            for path in ["\(folder.temporary)/half", "\(folder.artifacts)/whole"] {
                try Data([1]).write(to: URL(fileURLWithPath: path))
            }
        }

        let folder = try DataFolder(path: parent.path)

        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.temporary) == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.artifacts) == ["whole"])
    }

    @Test func `a path that is a file is refused with its name`() throws {
        let parent = try TemporaryFolder()
        let path = "\(parent.path)/file"
        try Data().write(to: URL(fileURLWithPath: path))

        let error = #expect(throws: DataFolder.OpenError.self) { try DataFolder(path: path) }

        #expect("\(try #require(error))".contains(path))
    }
}
