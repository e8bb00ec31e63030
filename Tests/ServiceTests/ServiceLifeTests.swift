import Engine
import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import ThumbwireService

/// Works on whatever it is told.
private struct StubbornProvider: Provider {
    static let manifest = PluginManifest(
        id: "stubborn", version: PluginVersion(1, 0, 0), kind: .provider, summary: "does not give up")
    static let begun = Latch()
    static let mayEnd = Latch()

    init(configuration: NoConfiguration) throws {}

    func create(
        _ request: GenerationRequest, context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer {
        Self.begun.open()
        await Self.mayEnd.wait()
        throw Failure(.internal, code: "plugin_error", message: "at last")
    }
}

/// Opens once; whoever waits goes on then, and not when its task is cancelled.
private final class Latch: Sendable {
    private let state = Mutex<(isOpen: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}

@Suite("A service's life", .timeLimit(.minutes(10)))
struct ServiceLifeTests {
    @Test func `a folder can be used again as soon as its service has stopped`() async throws {
        let folder = try TemporaryFolder()
        let first = try await service(on: folder)
        _ = try await first.start()
        await first.stop()

        let second = try await service(on: folder)
        _ = try await second.start()
        await second.stop()
        await first.stop()

        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(files.contains("thumbwire.db"))
        #expect(!files.contains("thumbwire.db-wal"))
    }

    @Test func `a service that never started stops all the same`() async throws {
        let folder = try TemporaryFolder()
        let service = try await service(on: folder)

        await service.stop()
        await service.waitUntilStopped()

        await #expect(throws: ServiceError.self) { try await service.start() }
    }

    @Test func `a folder is free again when a service could not start on it`() async throws {
        let folder = try TemporaryFolder()
        await #expect(throws: ServiceError.self) { try await service(on: folder, adminKey: "two words") }

        let next = try await service(on: folder)
        await next.stop()
    }

    @Test func `a provider that does not give up keeps nobody from stopping`() async throws {
        let folder = try TemporaryFolder()
        let file = #"""
            { "version": 1, "providers": { "stubborn": { "plugin": "stubborn" } },
              "chains": { "default": { "providers": ["stubborn"], "steps": [ { "use": "encode" } ] } } }
            """#
        try Data(file.utf8).write(to: URL(fileURLWithPath: folder.path + "/plugins.json"))
        var options = ServiceOptions()
        options.listen = "127.0.0.1:0"
        options.data = folder.path
        options.plugins = folder.path + "/plugins.json"
        options.adminKey = "stubborn-admin-key"
        let entries = Mutex<[Log.Entry]>([])
        let parts = try await Parts(
            options: options,
            catalog: PluginCatalog(
                providers: [StubbornProvider.self], postProcessors: Service.builtinPostProcessors),
            instruments: Instruments(), log: Log { entry in entries.withLock { $0.append(entry) } })
        let running = try parts.run()
        let client = try HTTPClient()
        let headers: Headers = [
            "Authorization": "Bearer stubborn-admin-key", "Content-Type": "application/json",
        ]
        let answer = try await client.send(
            OutboundRequest(
                method: .post, url: running.url + "/v1/jobs", headers: headers,
                body: Array(#"{"title":"T"}"#.utf8), deadline: .seconds(600), maximumResponseBytes: 1 << 20),
            policy: .unrestricted)
        await StubbornProvider.begun.wait()

        await running.stop(drainTimeout: .milliseconds(20), grace: .milliseconds(20))
        await parts.close()
        let next = try await service(on: folder)
        await next.stop()

        let left = entries.withLock { $0.first { $0.event == "stopping without jobs that do not give up" } }
        #expect(left?.fields["jobs"] == [try JSONValue(parsing: answer.body)["id"] ?? .null])
        StubbornProvider.mayEnd.open()
        await running.engineTask.value
    }

    private func service(on folder: TemporaryFolder, adminKey: String? = nil) async throws -> Service {
        var options = ServiceOptions()
        options.listen = "127.0.0.1:0"
        options.data = folder.path
        options.adminKey = adminKey
        return try await Service(options: options, log: .silent)
    }
}
