import Documents
import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

/// Says that it reads videos, and draws nothing of them.
private struct WatchingProvider: Provider {
    static let manifest = PluginManifest(
        id: "watching", version: PluginVersion(1, 0, 0), kind: .provider, summary: "reads videos",
        reads: [.title, .prompt, .video])

    init(configuration: NoConfiguration) throws {}

    func create(
        _ request: GenerationRequest, context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer {
        Script.picture
    }
}

/// Attaches the title that it is given as its output.
private struct TitleStamp: PostProcessor {
    static let manifest = PluginManifest(
        id: "title", version: PluginVersion(1, 0, 0), kind: .postProcessor, summary: "writes the title")

    init(configuration: NoConfiguration) throws {}

    func process(_ composition: inout Composition, context: any ProcessingContext) throws {
        let bytes = Array((context.request.title ?? "none").utf8)
        context.attach(EncodedPicture(bytes: bytes, format: .png, size: composition.canvas.size))
    }
}

/// Knows one title, which the test may change.
private final class TitleSource: SourceFetching {
    let title: Mutex<String?>
    let count = Mutex(0)
    private let gate: Gate?

    init(_ title: String?, gate: Gate? = nil) {
        self.title = Mutex(title)
        self.gate = gate
    }

    func fetch(
        _ url: String, field: String, deadline: Timestamp
    ) async throws(Failure) -> GenerationResult.Picture {
        throw Failure(.invalidInput, code: "source_image_unreachable", message: "tests fetch nothing")
    }

    func videoContext(
        of url: String, deadline: Timestamp, warn: @Sendable (Warning) -> Void
    ) async -> VideoContext? {
        count.withLock { $0 += 1 }
        await gate?.wait()
        guard let title = title.withLock({ $0 }) else {
            warn(Warning(code: "video_context_unavailable", message: "videoUrl: nothing there"))
            return nil
        }
        return VideoContext(source: VideoSource(url: url), title: title)
    }

    func videoFrame(
        of url: String, deadline: Timestamp, warn: @Sendable (Warning) -> Void
    ) async -> GenerationResult.Picture? { nil }
}

@Suite("The title of a video", .timeLimit(.minutes(10)))
struct VideoTitleTests {
    private static let chain = """
        { "version": 1, "providers": { "main": { "plugin": "watching" } },
          "chains": { "default": { "providers": ["main"],
                                   "steps": [ { "use": "title", "if": "job.title" }, { "use": "stamp" } ] } } }
        """

    /// The harness with these sources and a provider that reads videos.
    private func withEngine(
        _ sources: TitleSource, _ body: (EngineHarness, _ start: () -> Task<Void, Never>) async throws -> Void
    ) async throws {
        try await EngineHarness.run(isRunning: false) { harness in
            var services = harness.services
            let catalog = PluginCatalog(
                providers: [WatchingProvider.self], postProcessors: [TitleStamp.self, StampStep.self])
            services.registry = try Registry(
                document: try JSONValue(parsing: Self.chain), catalog: catalog
            ) { _ in nil }
            services.sources = sources
            try await body(harness) { [services] in
                Task { await Engine(services: services).run() }
            }
        }
    }

    private func accepted(_ harness: EngineHarness, _ change: (inout ThumbnailRequest) -> Void = { _ in })
        async throws
        -> JobID
    {
        var request = ThumbnailRequest()
        request.videoURL = "https://youtu.be/dQw4w9WgXcQ"
        change(&request)
        let pin = PinnedChain(
            name: "default",
            providers: [
                .init(id: "main", plugin: "watching", major: 1, configuration: [:], timeout: .seconds(30))
            ],
            steps: [
                .init(
                    id: "title", plugin: "title", major: 1, configuration: [:], condition: "job.title",
                    timeout: .seconds(30)),
                .init(
                    id: "stamp", plugin: "stamp", major: 3,
                    configuration: ["text": "stamp", "failing": false],
                    timeout: .seconds(30)),
            ])
        var job = Job.make(account: harness.account.id, pin: pin)
        job.request = request
        let event = harness.services.encoder.event(.queued, of: job, at: .noon)
        _ = try await harness.store.accept(event.0, callback: nil, event: event.1, repetition: nil)
        return job.id
    }

    private func outputs(_ job: Job, _ harness: EngineHarness) async throws -> [String] {
        var texts: [String] = []
        for output in job.outputs {
            texts.append(
                String(
                    decoding: try await harness.services.artifacts.read(sha256: output.sha256), as: UTF8.self)
            )
        }
        return texts
    }

    @Test func `a request without words of its own is titled by its video`() async throws {
        let sources = TitleSource("Ten hacks")
        try await withEngine(sources) { harness, start in
            let id = try await accepted(harness)
            let work = start()
            let job = try await harness.ended(id)
            work.cancel()
            await work.value

            #expect(try await outputs(job, harness) == ["Ten hacks", "stamp"])
            #expect(job.request.title == nil)
            #expect(job.steps.first?.provenance["videoTitle"] == "Ten hacks")
            let composition = try #require(await harness.store.composition(of: id, variant: 0))
            let document = try JSONValue(parsing: composition)
            #expect(document["provenance"]?["title"] == ["from": "video"])
            #expect(sources.count.withLock { $0 } == 1)
        }
    }

    @Test func `words of the client's own keep the video's title away`() async throws {
        let sources = TitleSource("Ten hacks")
        try await withEngine(sources) { harness, start in
            let titled = try await accepted(harness) { $0.title = "Mine" }
            let prompted = try await accepted(harness) { $0.prompt = "a desk" }
            let work = start()
            let first = try await harness.ended(titled)
            let second = try await harness.ended(prompted)
            work.cancel()
            await work.value

            #expect(try await outputs(first, harness) == ["Mine", "stamp"])
            #expect(try await outputs(second, harness) == ["stamp"])
            #expect(sources.count.withLock { $0 } == 0)
            let composition = try #require(await harness.store.composition(of: titled, variant: 0))
            #expect(try JSONValue(parsing: composition)["provenance"]?["title"] == nil)
        }
    }

    @Test func `a video of which nothing is known leaves the picture without a title`() async throws {
        let sources = TitleSource(nil)
        try await withEngine(sources) { harness, start in
            let id = try await accepted(harness)
            let work = start()
            let job = try await harness.ended(id)
            work.cancel()
            await work.value

            #expect(job.state == .completed)
            #expect(try await outputs(job, harness) == ["stamp"])
            #expect(job.warnings.map(\.code) == ["video_context_unavailable"])
            #expect(job.steps.first?.provenance["videoTitle"] == .null)
        }
    }

    @Test func `what was found stays the same when the service dies`() async throws {
        for found in ["Before", nil] as [String?] {
            let sources = TitleSource("After")
            try await withEngine(sources) { harness, start in
                let id = try await accepted(harness)
                try await crash(harness, id, found: found)
                harness.clock.advance(by: .seconds(31))
                _ = try await harness.store.releaseExpiredLeases(now: harness.clock.now())
                let work = start()
                let job = try await harness.ended(id)
                work.cancel()
                await work.value

                #expect(try await outputs(job, harness) == [found, "stamp"].compactMap(\.self))
                #expect(sources.count.withLock { $0 } == 0)
                let composition = try #require(await harness.store.composition(of: id, variant: 0))
                #expect(try JSONValue(parsing: composition)["provenance"]?["main"] == nil)
            }
        }
    }

    /// The job as it is stored when a process died right after the title was found.
    private func crash(_ harness: EngineHarness, _ id: JobID, found: String?) async throws {
        let lease = Lease(id: "dead", until: .noon + .seconds(30))
        let claimed = try await harness.store.claim(limit: 1, lease: lease, now: .noon)
        var job = try #require(claimed.first?.job)
        let artifact = Artifact(
            id: .make("art_"), account: harness.account.id, job: id, fileName: "f.png",
            sha256: try await harness.services.artifacts.write([9]).sha256, mediaType: "image/png", bytes: 1,
            createdAt: .noon)
        var step = Step(
            id: "main", index: 0, attempt: 1, plugin: "watching", version: "1.0.0", configurationHash: "00",
            startedAt: .noon)
        step.status = .succeeded
        step.artifacts = [artifact.id]
        step.provenance["videoTitle"] = found.json
        job.steps = [step]
        job.state = .processing
        let change = JobChange(job: job, lease: "dead", disposition: .keep, artifacts: [artifact])
        #expect(try await harness.store.apply(change))
    }

    @Test func `draining during the look-up hands the job back as it is`() async throws {
        let sources = TitleSource("Ten hacks", gate: Gate())
        try await withEngine(sources) { harness, start in
            let id = try await accepted(harness)
            let work = start()
            try await harness.wait { sources.count.withLock { $0 } == 1 }
            work.cancel()
            await work.value

            let job = try #require(await harness.store.job(id, of: nil))
            #expect(!job.state.isTerminal)
            #expect(job.steps.map(\.status) == [.succeeded])
            #expect(job.steps.first?.provenance["videoTitle"] == nil)
            #expect(job.warnings.isEmpty)
        }
    }
}
