import Documents
import Engine
import Foundation
import Persistence
import SQLiteStore
import TestSupport
import ThumbwireKit
import ThumbwireService

/// The real engine on a real store, as the service runs them, with plugins that do nothing and no pictures.
final class Workshop: Sendable {
    /// Callers that hand in jobs at the same time.
    private static let producers = 64
    static let deadline = Duration.seconds(86_400)
    private static let chains = """
        { "version": 1,
          "providers": { "no-op": { "plugin": "no-op" }, "paused": { "plugin": "no-op" } },
          "chains": {
            "default": { "providers": ["no-op"], "steps": [{ "use": "no-op-output" }] },
            "five": { "providers": ["no-op"], "steps": [
                { "use": "no-op-step", "id": "one" }, { "use": "no-op-step", "id": "two" },
                { "use": "no-op-step", "id": "three" }, { "use": "no-op-output" }] },
            "paused": { "providers": ["paused"], "steps": [{ "use": "no-op-output" }] } } }
        """

    let store: any Store
    let account = Account.make(name: "Measured")
    let neighbour = Account.make(name: "Neighbour")
    let endings = Endings()
    private let services: EngineServices
    let clock: any WallClock = SystemClock()

    init(folder: String) async throws {
        let catalog = PluginCatalog(
            providers: [NoOpProvider.self], postProcessors: [NoOpStep.self, NoOpOutput.self])
        store = try SQLiteStore.open(folder: folder, clock: clock)
        for account in [account, neighbour] { try await store.insert(account, callbackSecret: .make()) }
        services = EngineServices(
            store: store, artifacts: NoArtifacts(),
            registry: try Registry(document: try JSONValue(parsing: Self.chains), catalog: catalog) { _ in nil
            },
            encoder: EventEncoder(document: JobDocument(publicURL: "http://127.0.0.1")),
            renderPool: RenderPool(threads: ProcessInfo.processInfo.activeProcessorCount) { NoRasterizer() },
            sources: NoSources(), transport: NoTransport(), clock: clock, log: endings.log)
    }

    /// An engine that accepts; it works once its `run` is called.
    func engine() -> Engine { Engine(services: services) }

    /// Runs the body beside a working engine.
    func working<Value>(_ body: (Engine) async throws -> Value) async throws -> Value {
        let engine = engine()
        let work = Task { await engine.run() }
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(engine))
        } catch {
            result = .failure(error)
        }
        work.cancel()
        await work.value
        return try result.get()
    }

    /// Hands in one job; its id.
    @discardableResult
    func submit(_ number: Int, to engine: Engine, chain: String, account: AccountID) async throws -> String {
        var request = ThumbnailRequest(prompt: "\(number)")
        request.resolution = PixelSize(width: 64, height: 64)
        var submission = Submission(account: account, face: .native, request: request)
        submission.chain = chain
        submission.deadline = Self.deadline
        return try await engine.submit(submission).job.id.rawValue
    }

    /// Hands in jobs as fast as the store takes them.
    func submit(_ count: Int, to engine: Engine, chain: String) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for producer in 0..<Self.producers {
                group.addTask { [self] in
                    for number in stride(from: producer, to: count, by: Self.producers) {
                        try await submit(number, to: engine, chain: chain, account: account.id)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Adds jobs that are over, through the store alone.
    func fillHistory(_ count: Int) async throws {
        let encoder = services.encoder
        let pin = PinnedChain.make()
        for start in stride(from: 0, to: count, by: 1_024) {
            let jobs = (start..<min(start + 1_024, count)).map { _ in
                Job.make(
                    id: Face.native.jobID(at: clock.now()), account: account.id, pin: pin,
                    createdAt: clock.now(), deadline: clock.now() + .seconds(900))
            }
            try await inParallel(jobs) { [store] job in
                let (accepted, event) = encoder.event(.queued, of: job, at: job.createdAt)
                try await store.accept(accepted, callback: nil, event: event)
            }
            var left = jobs.count
            while left > 0 {
                let lease = Lease(id: "history", until: clock.now() + .seconds(60))
                let claimed = try await store.claim(limit: left, lease: lease, now: clock.now())
                guard !claimed.isEmpty else { throw BenchError("jobs of the history cannot be claimed") }
                try await inParallel(claimed) { [store, clock] claim in
                    var job = claim.job
                    job.state = .completed
                    job.finishedAt = clock.now()
                    let (completed, event) = encoder.event(.completed, of: job, at: clock.now())
                    let change = JobChange(
                        job: completed, lease: lease.id, disposition: .finish, event: event)
                    guard try await store.apply(change) else { throw BenchError("a lease was lost") }
                }
                left -= claimed.count
            }
        }
    }

    private func inParallel<Item: Sendable>(
        _ items: [Item], _ body: @escaping @Sendable (Item) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for item in items { group.addTask { try await body(item) } }
            try await group.waitForAll()
        }
    }
}

private struct NoSources: SourceFetching {
    func fetch(
        _ url: String, field: String, deadline: Timestamp
    ) async throws(Failure) -> GenerationResult.Picture {
        throw Failure(.invalidInput, code: "source_image_unreachable", message: "nothing is fetched here")
    }

    func videoContext(
        of url: String, deadline: Timestamp, warn: @Sendable (Warning) -> Void
    ) async -> VideoContext? { nil }

    func videoFrame(
        of url: String, deadline: Timestamp, warn: @Sendable (Warning) -> Void
    ) async -> GenerationResult.Picture? { nil }
}

private struct NoTransport: ProviderTransport {
    func send(
        _ request: PluginRequest, deadline: Timestamp
    ) async throws(TransportFailure) -> PluginResponse {
        throw TransportFailure(.unreachable, mayHaveArrived: false, message: "nothing is sent here")
    }

    func download(
        _ url: String, from base: String, deadline: Timestamp
    ) async throws(Failure) -> GenerationResult.Picture {
        throw Failure(.unavailable, code: "provider_unavailable", message: "nothing is fetched here")
    }
}
