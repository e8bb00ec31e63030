import Glibc
import Synchronization
import ThumbwireKit

@testable import Engine

/// Answers what the test scripted, in order, and records what it was asked.
struct ScriptedProvider: Provider {
    struct Configuration: Decodable, Sendable {
        var label: String?
        var apiKey: String?
    }

    static let manifest = PluginManifest(
        id: "scripted", version: PluginVersion(1, 2, 0), kind: .provider,
        summary: "answers what a test scripted",
        configuration: [
            ConfigurationField("label", .string, "the script to follow"),
            ConfigurationField("apiKey", .string, "a key", isSecret: true),
        ])

    let script: Script

    init(configuration: Configuration) throws {
        if configuration.label == "impossible" {
            throw ConfigurationError(field: "label", message: "\"impossible\" names no script")
        }
        script = Script.named(configuration.label ?? "default")
    }

    func create(
        _ request: GenerationRequest, context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer {
        try await script.next(request, context)
    }

    func poll(_ ticket: String, context: any ProviderContext) async throws(Failure) -> GenerationAnswer {
        try await script.polled(ticket, context)
    }

    func cancel(_ ticket: String, context: any ProviderContext) async {
        script.cancelled(ticket)
    }
}

/// The same under another id, whose calls cost money.
struct BilledProvider: Provider {
    static let manifest = PluginManifest(
        id: "billed", version: PluginVersion(1, 0, 0), kind: .provider, summary: "costs money",
        configuration: [ConfigurationField("label", .string, "the script to follow")], isBilled: true)

    let script: Script

    init(configuration: ScriptedProvider.Configuration) throws {
        script = Script.named(configuration.label ?? "billed")
    }

    func create(
        _ request: GenerationRequest, context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer {
        try await script.next(request, context)
    }

    func poll(_ ticket: String, context: any ProviderContext) async throws(Failure) -> GenerationAnswer {
        try await script.polled(ticket, context)
    }

    func cancel(_ ticket: String, context: any ProviderContext) async {
        // As a request would be that is sent from a cancelled task.
        if !Task.isCancelled { script.cancelled(ticket) }
    }
}

/// Costs money, needs a video, and refuses odd titles.
struct PickyProvider: Provider {
    static let manifest = PluginManifest(
        id: "picky", version: PluginVersion(1, 0, 0), kind: .provider, summary: "needs a video",
        configuration: [ConfigurationField("label", .string, "the script to follow")], isBilled: true,
        reads: [.title, .prompt, .video], requires: [.video], sources: [.page])

    let script: Script

    init(configuration: ScriptedProvider.Configuration) throws {
        script = Script.named(configuration.label ?? "picky")
    }

    func unsuitability(for request: GenerationRequest) -> String? {
        request.thumbnail.title == "odd" ? "reads no odd titles" : nil
    }

    func create(
        _ request: GenerationRequest, context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer {
        try await script.next(request, context)
    }
}

/// Free, and only there for want of anything better.
struct ResortProvider: Provider {
    static let manifest = PluginManifest(
        id: "resort", version: PluginVersion(1, 0, 0), kind: .provider, summary: "draws something",
        isLastResort: true)

    init(configuration: NoConfiguration) throws {}

    func create(
        _ request: GenerationRequest, context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer { Script.picture }
}

/// Stands where the real one would draw the title.
struct LayoutStandIn: PostProcessor {
    static let manifest = PluginManifest(
        id: "layout", version: PluginVersion(1, 0, 0), kind: .postProcessor, summary: "draws no title",
        configuration: [ConfigurationField("layout", .string, "where", default: "TextBottom")])

    init(configuration: NoConfiguration) throws {}

    func process(_ composition: inout Composition, context: any ProcessingContext) throws {
        composition.provenance["product"] = .string(context.product.rawValue)
    }
}

/// Works until it is told to stop.
struct EndlessStep: PostProcessor {
    static let manifest = PluginManifest(
        id: "endless", version: PluginVersion(1, 0, 0), kind: .postProcessor, summary: "never ends",
        configuration: [ConfigurationField("label", .string, "the script that hears of its beginning")])

    let script: Script

    init(configuration: ScriptedProvider.Configuration) throws {
        script = Script.named(configuration.label ?? "endless")
    }

    func process(_ composition: inout Composition, context: any ProcessingContext) throws {
        script.stepBegan.open()
        while true {
            try context.checkCancellation()
            usleep(1_000)
        }
    }
}

/// What a provider of tests does, call by call; looked up by the label in its configuration.
final class Script: Sendable {
    typealias Answer = @Sendable (any ProviderContext) async throws(Failure) -> GenerationAnswer

    private struct State {
        var creates: [Answer] = []
        var polls: [Answer] = []
        var requests: [GenerationRequest] = []
        var tickets: [String] = []
        var cancelled: [String] = []
    }

    private static let scripts = Mutex<[String: Script]>([:])
    private let state = Mutex(State())
    /// Open as soon as an ``EndlessStep`` works.
    let stepBegan = Gate()

    /// The same label always gives the same script; tests use labels of their own.
    static func named(_ label: String) -> Script {
        scripts.withLock { scripts in
            if let known = scripts[label] { return known }
            let script = Script()
            scripts[label] = script
            return script
        }
    }

    var requests: [GenerationRequest] { state.withLock { $0.requests } }
    var polledTickets: [String] { state.withLock { $0.tickets } }
    var cancelledTickets: [String] { state.withLock { $0.cancelled } }

    func onCreate(_ answer: @escaping Answer) { state.withLock { $0.creates.append(answer) } }

    /// The next create never answers and gives up when it is cancelled; the gate opens when it has begun.
    func onCreateHang() -> Gate {
        let started = Gate()
        onCreate { _ throws(Failure) in
            started.open()
            await Gate().wait()
            throw Failure(.internal, code: "cancelled", message: "gave up")
        }
        return started
    }

    func onPoll(_ answer: @escaping Answer) { state.withLock { $0.polls.append(answer) } }

    func next(
        _ request: GenerationRequest, _ context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer {
        let answer = state.withLock { state in
            state.requests.append(request)
            return state.creates.isEmpty ? nil : state.creates.removeFirst()
        }
        guard let answer else {
            throw Failure(.internal, code: "unscripted", message: "a create nobody scripted")
        }
        return try await answer(context)
    }

    func polled(_ ticket: String, _ context: any ProviderContext) async throws(Failure) -> GenerationAnswer {
        let answer = state.withLock { state in
            state.tickets.append(ticket)
            return state.polls.isEmpty ? nil : state.polls.removeFirst()
        }
        guard let answer else {
            throw Failure(.internal, code: "unscripted", message: "a poll nobody scripted")
        }
        return try await answer(context)
    }

    func cancelled(_ ticket: String) { state.withLock { $0.cancelled.append(ticket) } }

    static let picture = GenerationAnswer.finished(
        GenerationResult(pictures: [.init(bytes: [1, 2, 3], mediaType: "image/png")]))
}

/// Attaches one output whose bytes are the configured text.
struct StampStep: PostProcessor {
    struct Configuration: Decodable, Sendable {
        var text: String?
        var failing: Bool?
    }

    static let manifest = PluginManifest(
        id: "stamp", version: PluginVersion(3, 0, 0), kind: .postProcessor, summary: "attaches a tiny output",
        configuration: [
            ConfigurationField("text", .string, "the bytes of the output", default: "stamp"),
            ConfigurationField("failing", .boolean, "fails every time", default: false),
        ])

    let configuration: Configuration

    func process(_ composition: inout Composition, context: any ProcessingContext) throws {
        if configuration.failing == true {
            throw Failure(.invalidInput, code: "stamp_broken", message: "the stamp is broken")
        }
        _ = try context.render(composition)
        composition.provenance["stamped"] = .bool(true)
        let bytes = Array((configuration.text ?? "").utf8)
        context.attach(EncodedPicture(bytes: bytes, format: .png, size: composition.canvas.size))
    }
}

/// Takes any bytes for a black pixel and paints nothing: real pixels are the imaging tests' matter.
final class BlankRasterizer: Rasterizer {
    func decode(_ bytes: [UInt8]) throws(Failure) -> PixelBuffer {
        PixelBuffer(size: PixelSize(width: 1, height: 1))
    }

    func render(
        _ composition: Composition, images: (ImageReference) throws -> PixelBuffer
    ) throws -> (pixels: PixelBuffer, warnings: [Warning]) {
        for case .image(let layer) in composition.layers.map({ $0.content }) { _ = try images(layer.source) }
        return (PixelBuffer(size: composition.canvas.size), [])
    }
}

extension PluginCatalog {
    static let testing = PluginCatalog(
        providers: [ScriptedProvider.self, BilledProvider.self, PickyProvider.self, ResortProvider.self],
        postProcessors: [StampStep.self, LayoutStandIn.self, EndlessStep.self])
}
