import Foundation
import Persistence
import SQLiteStore
import Signing
import TestSupport
import Testing
import ThumbwireKit
import Webhooks

@testable import ThumbwireService

@Suite("First start", .timeLimit(.minutes(10)))
struct FirstStartTests {
    @Test func `an admin key is made once and works`() async throws {
        try await withFirstStart { first, keyFile in
            try await first.prepare(adminKey: nil, keyFile: keyFile)
            let value = try #require(KeyFiles.read(keyFile))
            try await first.prepare(adminKey: nil, keyFile: keyFile)

            #expect(try await key(value, in: first.store)?.scopes == [.app, .admin])
            #expect(KeyFiles.read(keyFile) == value)
            #expect(try await keyCount(first.store) == 1)
        }
    }

    @Test func `a start that was cut off before it made the key is completed`() async throws {
        try await withFirstStart { first, keyFile in
            try await insertAccount(first)

            try await first.prepare(adminKey: nil, keyFile: keyFile)

            let value = try #require(KeyFiles.read(keyFile))
            #expect(try await key(value, in: first.store) != nil)
        }
    }

    @Test func `a key whose file was written before the start was cut off becomes known`() async throws {
        try await withFirstStart { first, keyFile in
            try await insertAccount(first)
            try KeyFiles.write("tw_written-but-not-stored\n", to: keyFile)

            try await first.prepare(adminKey: nil, keyFile: keyFile)

            #expect(try await key("tw_written-but-not-stored", in: first.store) != nil)
        }
    }

    @Test func `an admin key that no header can carry is refused and an empty one is none`() async throws {
        try await withFirstStart { first, keyFile in
            await #expect(throws: ServiceError.self) {
                try await first.prepare(adminKey: "two words", keyFile: keyFile)
            }
            try await first.prepare(adminKey: "", keyFile: keyFile)

            #expect(try await key("", in: first.store) == nil)
            #expect(KeyFiles.read(keyFile) != nil)
        }
    }

    private func withFirstStart(_ test: (FirstStart, String) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock()
        let store = try SQLiteStore.open(folder: folder.path, clock: clock)
        let first = FirstStart(
            store: store, sealer: Sealer(key: randomBytes(Sealer.keyLength)), clock: clock, log: .silent)
        do {
            try await test(first, "\(folder.path)/admin.key")
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    private func insertAccount(_ first: FirstStart) async throws {
        try await first.store.insert(
            .make(), callbackSecret: WebhookSecrets(.generate()).sealed(with: first.sealer))
    }

    private func key(_ value: String, in store: any Store) async throws -> APIKey? {
        try await store.key(valueHash: Hash.sha256(Array(value.utf8)))
    }

    private func keyCount(_ store: any Store) async throws -> Int {
        let account = try #require(await store.accounts().first)
        return try await store.keys(of: account.id).count
    }
}
