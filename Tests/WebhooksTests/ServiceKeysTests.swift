import Foundation
import Persistence
import Signing
import TestSupport
import Testing
import ThumbwireKit

@testable import Webhooks

struct ServiceKeysTests {
    private let folder: TemporaryFolder
    private let sealer = Sealer(key: randomBytes(Sealer.keyLength))
    private let now = Timestamp(microseconds: 1_795_262_400_000_000)

    init() throws {
        folder = try TemporaryFolder()
    }

    private var path: String { "\(folder.path)/webhook.keys" }

    private func open() throws -> ServiceKeys {
        try ServiceKeys.open(path: path, sealer: sealer, now: now)
    }

    @Test func `are made once and read from then on`() throws {
        let first = try open().valid(at: now)

        #expect(first.count == 1)
        #expect(first[0].createdAt == now)
        #expect(first[0].validUntil == nil)
        #expect(try open().valid(at: now + .hours(1_000)) == first)
    }

    @Test func `lie in a file of the owner's alone that does not show them`() throws {
        let key = try open().valid(at: now)[0].key
        let bytes = try #require(FileManager.default.contents(atPath: path))

        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(!String(decoding: bytes, as: UTF8.self).contains("whsk_"))
        #expect(!String(decoding: bytes, as: UTF8.self).contains(key.text.dropFirst(5).prefix(20)))
    }

    @Test func `sign side by side until the overlap is over, also after a restart`() async throws {
        let keys = try open()
        let former = try #require(keys.valid(at: now).first)
        try await keys.rotate(overlap: .hours(2), now: now + .hours(1))

        for keys in [keys, try open()] {
            let during = keys.valid(at: now + .hours(2))
            #expect(during.count == 2)
            #expect(during[1].key == former.key)
            #expect(during[0].createdAt == now + .hours(1))
            #expect(during[1].validUntil == now + .hours(3))
            #expect(keys.valid(at: now + .hours(3)) == [during[0]])
        }
    }

    @Test func `without an overlap the former key is gone at once`() async throws {
        let keys = try open()
        let former = keys.valid(at: now)
        try await keys.rotate(overlap: .zero, now: now)

        #expect(keys.valid(at: now).count == 1)
        #expect(keys.valid(at: now) != former)
        #expect(try open().valid(at: now) == keys.valid(at: now))
    }

    @Test func `of rotations at one time none is lost`() async throws {
        let keys = try open()
        let moment = now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<5 { group.addTask { try await keys.rotate(overlap: .hours(1), now: moment) } }
            try await group.waitForAll()
        }

        #expect(keys.valid(at: now).count == 6)
        #expect(Set(keys.valid(at: now).map(\.key)).count == 6)
        #expect(try open().valid(at: now) == keys.valid(at: now))
    }

    @Test func `a rotation that cannot be written changes nothing`() async throws {
        let keys = try open()
        let before = keys.valid(at: now)
        try FileManager.default.removeItem(atPath: folder.path)

        await #expect(throws: StoreError.self) { try await keys.rotate(overlap: .hours(1), now: now) }
        #expect(keys.valid(at: now) == before)
    }

    @Test(arguments: [[], [1], Array("not sealed".utf8)] as [[UInt8]])
    func `are not made anew in the place of a file that does not open`(_ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(filePath: path))

        #expect(throws: ServiceKeys.OpenError.self) { try open() }
        #expect(FileManager.default.contents(atPath: path) == Data(bytes))
    }

    @Test func `do not open with another sealing key`() throws {
        _ = try open()
        let other = Sealer(key: randomBytes(Sealer.keyLength))

        let error = #expect(throws: ServiceKeys.OpenError.self) {
            try ServiceKeys.open(path: path, sealer: other, now: now)
        }
        #expect(error?.description.contains("--secret-key-file") == true)
    }
}
