import Foundation
import HTTP
import Persistence
import SQLiteStore
import Signing
import Synchronization
import TestSupport
import Testing
import ThumbwireKit
import Webhooks

@testable import ThumbwireService

@Suite("Endpoints of a file", .timeLimit(.minutes(10)))
struct EndpointsDeclarationTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    @Test func `are made once, and nothing is written when the file says the same`() async throws {
        try await withDeclarations { declare, fixture in
            let text = Self.file(#""secret":"\#(Self.secret)","headers":{"X-A":"1"},"ordered":true"#)

            try await declare(text)
            let first = try await fixture.endpoints()
            fixture.clock.advance(by: .seconds(60))
            try await declare(text)

            #expect(first.count == 1)
            #expect(first.first?.sending.isOrdered == true)
            #expect(try await fixture.endpoints() == first)
            let secrets = try await fixture.secrets(of: first[0])
            #expect(secrets.current.text == Self.secret)
            #expect(secrets.headers == [CustomHeader("X-A", "1")])
            #expect(fixture.counts == [[1, 0, 0], [0, 0, 1]])
        }
    }

    @Test func `change as the file does; a secret that it does not name stays`() async throws {
        try await withDeclarations { declare, fixture in
            try await declare(Self.file(#""description":"before","headers":{"X-A":"1"},"ordered":true"#))
            let before = try #require(try await fixture.endpoints().first)
            let secret = try await fixture.secrets(of: before).current
            try await declare(Self.file(#""description":"after","headers":{"X-A":"2"}"#))

            let after = try #require(try await fixture.endpoints().first)
            let secrets = try await fixture.secrets(of: after)
            #expect(after.id == before.id)
            #expect(after.description == "after")
            #expect(!after.sending.isOrdered)
            #expect(secrets.current == secret)
            #expect(secrets.headers == [CustomHeader("X-A", "2")])
            #expect(fixture.counts == [[1, 0, 0], [0, 1, 0]])
        }
    }

    @Test func `leave alone what the file lacks, and whether one is paused`() async throws {
        try await withDeclarations { declare, fixture in
            try await declare(Self.file(#""description":"kept""#, url: "https://93.184.215.14/other"))
            try await declare(Self.file(#""description":"mine""#))
            var mine = try #require(try await fixture.endpoints().last)
            mine.status = .paused
            #expect(try await fixture.store.update(mine))
            try await declare(Self.file(#""description":"renamed""#))

            let endpoints = try await fixture.endpoints()
            #expect(endpoints.map(\.description) == ["kept", "renamed"])
            #expect(endpoints.map(\.status) == [.enabled, .paused])
        }
    }

    @Test func `are found by their id where the URL is to change`() async throws {
        try await withDeclarations { declare, fixture in
            try await declare(Self.file(#""description":"one""#))
            let before = try #require(try await fixture.endpoints().first)
            try await declare(Self.file(#""id":"\#(before.id)""#, url: "https://93.184.215.14/new"))

            let endpoints = try await fixture.endpoints()
            #expect(endpoints.map(\.id) == [before.id])
            #expect(endpoints.first?.url == "https://93.184.215.14/new")
        }
    }

    @Test func `belong to the account that an entry names`() async throws {
        try await withDeclarations { declare, fixture in
            let other = Account.make()
            try await fixture.store.insert(
                other, callbackSecret: WebhookSecrets(.generate()).sealed(with: fixture.sealer))
            try await declare(Self.file(#""account":"\#(other.id)""#))

            #expect(try await fixture.endpoints().isEmpty)
            #expect(try await fixture.store.endpoints(of: other.id).count == 1)
        }
    }

    @Test func `are none of them written when one cannot be`() async throws {
        try await withDeclarations { declare, fixture in
            let error = await #expect(throws: ServiceError.self) {
                try await declare(
                    """
                    {"endpoints":[{"url":"https://93.184.215.14/fine"},{"url":"http://127.0.0.1:9/private"},
                      {"url":"https://93.184.215.14/fine"},{"url":"https://93.184.215.14/a","account":"nobody"},
                      {"url":"https://93.184.215.14/b","id":"ep_none"},
                      {"url":"https://93.184.215.14/c","headers":{"Host":"x"}}]}
                    """)
            }

            let text = error?.description ?? ""
            #expect(text.contains("endpoints[1].url: url's host 127.0.0.1"))
            #expect(text.contains("--allow-private-webhooks"))
            #expect(text.contains("endpoints[2].url: stands in the file twice"))
            #expect(text.contains("endpoints[3].account: there is no account \"nobody\""))
            #expect(text.contains("endpoints[4].id: there is no endpoint ep_none"))
            #expect(text.contains("endpoints[5].headers"))
            #expect(text.split(separator: "\n").count == 5)
            let endpoints = try await fixture.endpoints()
            #expect(endpoints.isEmpty)
        }
    }

    @Test func `are passed over once their time is over`() async throws {
        try await withDeclarations { declare, fixture in
            try await declare(Self.file(#""expirationDate":"2001-01-01T00:00:00Z""#))

            #expect(try await fixture.endpoints().isEmpty)
        }
    }

    private static func file(_ members: String, url: String = "https://93.184.215.14/hook") -> String {
        #"{"endpoints":[{"url":"\#(url)",\#(members)}]}"#
    }

    /// A store with an account, for a test that declares texts.
    private struct Fixture {
        let store: any Store
        let sealer = Sealer(key: randomBytes(Sealer.keyLength))
        let clock: ManualClock
        let account: Account
        let folder: TemporaryFolder
        let client: HTTPClient
        let logged = Logged()

        func close() async {
            await client.shutdown()
            await store.close()
        }

        func endpoints() async throws -> [Endpoint] { try await store.endpoints(of: account.id) }

        func secrets(of endpoint: Endpoint) async throws -> WebhookSecrets {
            try WebhookSecrets(
                unsealing: try #require(try await store.secret(of: endpoint.id)), with: sealer)
        }

        /// How many were made, changed and left, each time.
        var counts: [[Int64]] {
            logged.entries.withLock { $0 }.filter { $0.event == "declared webhook endpoints" }.map { entry in
                ["made", "changed", "unchanged"].compactMap { entry.fields[$0]?.integer }
            }
        }

        func declare(_ text: String) async throws {
            let path = folder.path + "/endpoints.json"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            let logged = logged
            try await EndpointsDeclaration(
                file: try EndpointsFile(path: path) { _ in nil }, store: store, sealer: sealer,
                client: client, policy: .public, clock: clock,
                log: Log { entry in logged.entries.withLock { $0.append(entry) } }
            ).apply()
        }
    }

    private final class Logged: Sendable {
        let entries = Mutex<[Log.Entry]>([])
    }

    private func withDeclarations(
        _ test: (_ declare: (String) async throws -> Void, Fixture) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock()
        let fixture = Fixture(
            store: try SQLiteStore.open(folder: folder.path, clock: clock), clock: clock, account: .make(),
            folder: folder, client: try HTTPClient())
        do {
            try await fixture.store.insert(
                fixture.account, callbackSecret: WebhookSecrets(.generate()).sealed(with: fixture.sealer))
            try await test(fixture.declare, fixture)
        } catch {
            await fixture.close()
            throw error
        }
        await fixture.close()
    }
}
