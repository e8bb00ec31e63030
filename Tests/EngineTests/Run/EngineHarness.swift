import Documents
import Foundation
import Persistence
import SQLiteStore
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

/// A real engine on a real store in a temporary folder, with scripted plugins and a clock that the test moves.
struct EngineHarness {
    let folder: TemporaryFolder
    let dataFolder: DataFolder
    let clock: ManualClock
    let store: any Store
    let services: EngineServices
    let engine: Engine
    let metrics = Metrics()
    let logged = KeptLog()
    let account: Account
    /// Names this harness's scripts; a label of its own keeps tests apart.
    let label: String

    /// Runs the body beside a running engine, and stops the engine after it.
    static func run(
        chain: String = EngineHarness.plainChain, isRunning: Bool = true,
        artifacts: (any ArtifactStorage) -> any ArtifactStorage = { $0 },
        _ body: (EngineHarness) async throws -> Void
    ) async throws {
        let harness = try await EngineHarness(chain: chain, artifacts: artifacts)
        try await harness.use(isRunning: isRunning, body)
    }

    /// Runs the body beside the running engine, and stops and closes everything after it.
    func use(isRunning: Bool = true, _ body: (EngineHarness) async throws -> Void) async throws {
        let work = Task { if isRunning { await engine.run() } }
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(self))
        } catch {
            result = .failure(error)
        }
        work.cancel()
        await work.value
        await store.close()
        dataFolder.release()
        try result.get()
    }

    /// Another process on the same data folder, which the one before must have left.
    func next(chain: String, faults: FaultPoints = .none) async throws -> EngineHarness {
        try await EngineHarness(chain: chain, artifacts: { $0 }, after: self, faults: faults)
    }

    static let plainChain = """
        { "version": 1,
          "providers": { "main": { "plugin": "scripted", "config": { "label": "LABEL" } } },
          "chains": { "default": { "providers": ["main"], "steps": [ { "use": "stamp" } ] } } }
        """

    /// Its second step never ends by itself.
    static let endlessChain = plainChain.replacingOccurrences(
        of: "{ \"use\": \"stamp\" }",
        with: #"{ "use": "endless", "with": { "label": "LABEL" } }, { "use": "stamp" }"#)

    static let billedChain = plainChain.replacingOccurrences(of: "scripted", with: "billed")

    init(
        chain: String, artifacts: (any ArtifactStorage) -> any ArtifactStorage = { $0 },
        after before: EngineHarness? = nil, faults: FaultPoints = .none
    ) async throws {
        label = before?.label ?? UUID().uuidString
        folder = try before?.folder ?? TemporaryFolder()
        clock = before?.clock ?? ManualClock()
        dataFolder = try DataFolder(path: folder.path)
        store = try SQLiteStore.open(folder: folder.path, clock: clock)
        account = before?.account ?? .make()
        if before == nil { try await store.insert(account, callbackSecret: .make()) }
        let document = try JSONValue(parsing: chain.replacingOccurrences(of: "LABEL", with: label))
        var services = EngineServices(
            store: store, artifacts: artifacts(FileArtifacts(folder: dataFolder)),
            registry: try Registry(document: document, catalog: .testing) { _ in nil },
            encoder: EventEncoder(document: JobDocument(publicURL: "http://test")),
            renderPool: RenderPool(threads: 2) { BlankRasterizer() }, sources: NoSources(),
            transport: NoTransport(), clock: clock,
            log: logged.log)
        services.faults = faults
        services.metrics = EngineMetrics(in: metrics)
        self.services = services
        engine = Engine(services: services)
    }

    var script: Script { Script.named(label) }

    func submit(_ change: (inout Submission) -> Void = { _ in }) async throws -> Job {
        var submission = Submission(
            account: account.id, face: .native, request: ThumbnailRequest(title: "A title"))
        change(&submission)
        return try await engine.submit(submission).job
    }

    /// The job once it is as the test wants it.
    func job(_ id: JobID, when isReached: (Job) -> Bool) async throws -> Job {
        let changes = store.changes.subscribe(limit: 1_024) { $0 == .job(id) }
        var known = try #require(await store.job(id, of: account.id))
        if isReached(known) { return known }
        for await _ in changes {
            known = try #require(await store.job(id, of: account.id))
            if isReached(known) { return known }
        }
        return known
    }

    func ended(_ id: JobID) async throws -> Job {
        try await job(id) { $0.state.isTerminal }
    }

    /// The job once it has ended, the clock being moved on whenever it rests.
    func endedInTime(_ id: JobID) async throws -> Job {
        try await wait {
            let state = try await store.job(id, of: account.id)?.state
            if state == .waiting { try await passSecond() }
            return state?.isTerminal ?? true
        }
        return try #require(await store.job(id, of: account.id))
    }

    /// Moves the clock on, second by second, until the condition holds.
    func pass(until isTrue: () async throws -> Bool) async throws {
        try await wait {
            try await passSecond()
            return try await isTrue()
        }
    }

    /// Moves the clock on by a second, and returns when the store has written what it was told before: a disk that is
    /// slow must not make leases end that were to be renewed.
    func passSecond() async throws {
        clock.advance(by: .seconds(1))
        _ = try await store.releaseExpiredLeases(now: .noon)
    }

    /// Returns once the condition holds; the suite's time limit is the bound.
    func wait(until isTrue: () async throws -> Bool) async throws {
        while try await !isTrue() { try await Task.sleep(for: .milliseconds(5)) }
    }

    /// Asks to cancel a job that a worker holds, and returns when the worker knows.
    func cancelRunning(_ id: JobID) async throws {
        let outcome = try await engine.cancel(id, of: account.id)
        guard case .requested = outcome else {
            Issue.record("outcome was \(outcome)")
            return
        }
        try await wait { engine.running.all[id]?.stopReason != nil }
    }

    func eventTypes(of id: JobID) async throws -> [EventType] {
        try await store.events(EventQuery(account: account.id, job: id)).map { $0.event.type }
    }
}

private struct NoSources: SourceFetching {
    func fetch(
        _ url: String, field: String, deadline: Timestamp
    ) async throws(Failure) -> GenerationResult.Picture {
        throw Failure(.invalidInput, code: "source_image_unreachable", message: "tests fetch nothing")
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
        throw TransportFailure(.unreachable, mayHaveArrived: false, message: "tests send nothing")
    }

    func download(
        _ url: String, from base: String, deadline: Timestamp
    ) async throws(Failure) -> GenerationResult.Picture {
        throw Failure(.unavailable, code: "provider_unavailable", message: "tests fetch nothing")
    }
}

/// Opens once; whoever waits goes on then.
final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func open() { continuation.finish() }

    /// Returns when the gate is open, or when the task is cancelled.
    func wait() async {
        for await _ in stream {}
    }
}
