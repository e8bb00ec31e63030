import Documents
import Foundation
import HTTP
import Persistence
import SQLiteStore
import Signing
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import Webhooks

/// A store in a folder of its own, an HTTP client and a receiver, with an account in it.
final class Fixture: Sendable {
    let folder: String
    let clock = ManualClock()
    let sealer = Sealer(key: randomBytes(Sealer.keyLength))
    let client: HTTPClient
    let receiver: Receiver
    let account = AccountID(rawValue: "acct_1")
    let callbackSecret = SigningSecret.generate()
    private let opened: Mutex<SQLiteStore>
    private let logged = Mutex<[Log.Entry]>([])

    var store: any Store { opened.withLock { $0 } }
    var logs: [Log.Entry] { logged.withLock { $0 } }

    private init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/webhooks-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var configuration = HTTPClient.Configuration()
        // No test asks a name server, which may take its time to say that it knows nothing.
        configuration.resolve = { _ in throw UnknownName() }
        client = try HTTPClient(configuration: configuration)
        receiver = try Receiver()
        opened = Mutex(try SQLiteStore.open(folder: folder, clock: clock))
    }

    /// Runs a test and cleans up after it.
    static func use(_ body: (Fixture) async throws -> Void) async throws {
        let fixture = try Fixture()
        let account = Account(id: fixture.account, name: "test", createdAt: fixture.clock.now())
        try await fixture.store.insert(
            account, callbackSecret: WebhookSecrets(fixture.callbackSecret).sealed(with: fixture.sealer))
        let result = await Result { () async throws in try await body(fixture) }
        await fixture.client.shutdown()
        await fixture.receiver.stop()
        await fixture.store.close()
        try? FileManager.default.removeItem(atPath: fixture.folder)
        try result.get()
    }

    /// As after a crash: the store is opened anew, with whatever was committed.
    func reopenStore() async throws {
        await store.close()
        let reopened = try SQLiteStore.open(folder: folder, clock: clock)
        opened.withLock { $0 = reopened }
    }

    func dispatcher(
        policy: AddressPolicy? = nil, metrics: Metrics = Metrics(),
        configure: (inout Dispatcher.Configuration) -> Void = { _ in }
    ) throws -> Dispatcher {
        var configuration = Dispatcher.Configuration()
        configuration.grace = .milliseconds(50)
        // The receivers answer from the pool that all tests share.
        configuration.deadline = .seconds(600)
        configuration.connectTimeout = .seconds(600)
        configuration.headTimeout = .seconds(600)
        configure(&configuration)
        return Dispatcher(
            store: store, client: client, sealer: sealer,
            keys: try ServiceKeys.open(
                path: folder + "/webhook.keys", sealer: sealer, now: clock.now()),
            encoder: EventEncoder(document: JobDocument(publicURL: "http://127.0.0.1")), clock: clock,
            policy: try policy ?? .allowing(["127.0.0.0/8"]), configuration: configuration,
            metrics: WebhookMetrics(in: metrics), random: { 0.5 },
            log: Log { [self] entry in logged.withLock { $0.append(entry) } })
    }

    /// Runs a dispatcher beside the body and stops it at its end.
    func dispatching(_ dispatcher: Dispatcher, _ body: () async throws -> Void) async throws {
        let running = Task { await dispatcher.run() }
        let result = await Result { () async throws in try await body() }
        running.cancel()
        await running.value
        try result.get()
    }

    /// An endpoint whose path is its name.
    @discardableResult
    func addEndpoint(
        _ name: String, url: String? = nil, configure: (inout Endpoint) -> Void = { _ in }
    ) async throws -> (Endpoint, SigningSecret) {
        let secret = SigningSecret.generate()
        var endpoint = Endpoint(
            id: EndpointID(rawValue: "ep_\(name)"), account: account, url: url ?? receiver.url("/\(name)"),
            events: [.webhookTest, .completed], createdAt: clock.now())
        configure(&endpoint)
        try await store.insert(endpoint, secret: WebhookSecrets(secret).sealed(with: sealer))
        return (endpoint, secret)
    }

    @discardableResult
    func emit(to endpoint: Endpoint) async throws -> Event {
        let event = EventEncoder(document: JobDocument(publicURL: "http://127.0.0.1"))
            .testEvent(for: endpoint, at: clock.now())
        try await store.emit(event, to: endpoint.id)
        return event
    }

    /// The only delivery of that endpoint.
    func delivery(to endpoint: Endpoint) async throws -> Delivery {
        let page = try await store.deliveries(
            DeliveryQuery(account: account, target: .endpoint(endpoint.id)))
        return try #require(page.items.first)
    }

    /// The endpoint as it stands in the store.
    func stored(_ endpoint: Endpoint) async throws -> Endpoint {
        try #require(try await store.endpoint(endpoint.id, of: account))
    }

    func deliveries(to endpoint: Endpoint, status: Delivery.Status) async throws -> [Delivery] {
        try await store.deliveries(
            DeliveryQuery(account: account, target: .endpoint(endpoint.id), status: status, limit: 100)
        ).items
    }

    /// Waits until the delivery has that many attempts, and returns it.
    func delivery(to endpoint: Endpoint, after attempts: Int) async throws -> Delivery {
        try await eventually { try await self.delivery(to: endpoint).attempts == attempts }
        return try await delivery(to: endpoint)
    }

    func attempts(to endpoint: Endpoint) async throws -> [Attempt] {
        try await store.attempts(of: delivery(to: endpoint).id)
    }
}

private struct UnknownName: Error {}

/// Waits for a condition, so long that only a fault keeps it from coming true.
func eventually(
    sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + .seconds(240)
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    try #require(try await condition(), "condition was not met in 240 s", sourceLocation: sourceLocation)
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
