import BuiltinPlugins
import Foundation
import HTTP
import Imaging
import Synchronization
import Testing
import ThumbwireKit

@testable import ThumbwireService

/// A processing context with the real renderer under it.
final class TestContext: ProcessingContext {
    let request: ThumbnailRequest
    let variant = 0
    let product: PluginManifest.Product
    private let background: PixelBuffer
    /// Stands in for every drawing where a test looks at layers alone.
    private let drawing: PixelBuffer?
    private(set) var pictures: [EncodedPicture] = []
    private(set) var warnings: [Warning] = []

    init(
        _ request: ThumbnailRequest, background: PixelBuffer,
        product: PluginManifest.Product = .background, drawing: PixelBuffer? = nil
    ) {
        self.request = request
        self.background = background
        self.product = product
        self.drawing = drawing
    }

    func pixels(of reference: ImageReference) throws -> PixelBuffer { background }

    func render(_ composition: Composition) throws -> PixelBuffer {
        if let drawing { return drawing }
        let renderer = try #require(Renderer.ofThisThread)
        return try renderer.render(composition) { _ in background }.pixels
    }

    func attach(_ picture: EncodedPicture) { pictures.append(picture) }
    func warn(_ warning: Warning) { warnings.append(warning) }
    func checkCancellation() throws {}

    /// The composition that the engine begins with.
    var composition: Composition {
        let image = ImageLayer(source: ImageReference(artifact: "art_background"))
        return Composition(
            canvas: Composition.Canvas(size: request.resolution),
            layers: [Layer(id: "background", content: .image(image))])
    }
}

/// A provider context that runs work at once and sends what it is given over the service's own client.
final class TestProviderContext: ProviderContext {
    struct Seen {
        var warnings: [Warning] = []
        var budgets: [Budget] = []
        var progress: [Double] = []
        var previews: [GenerationResult.Picture] = []
        var phases: [CreatePhase] = []
    }

    let job = JobID(rawValue: "thumb_test")
    let deadline: Timestamp
    private let pictures: [ImageRole: [GenerationResult.Picture]]
    private let video: VideoContext?
    private let frame: GenerationResult.Picture?
    private let clock: any WallClock
    private let transport: ProviderClient?
    private let seen = Mutex(Seen())

    init(
        pictures: [ImageRole: [GenerationResult.Picture]] = [:], video: VideoContext? = nil,
        frame: GenerationResult.Picture? = nil, client: HTTPClient? = nil,
        clock: any WallClock = SystemClock(), allowed: Duration = .seconds(60)
    ) {
        self.pictures = pictures
        self.video = video
        self.frame = frame
        self.clock = clock
        deadline = clock.now() + allowed
        transport = client.map { ProviderClient(client: $0, clock: clock) }
    }

    /// What the provider told so far.
    var told: Seen { seen.withLock { $0 } }

    func now() -> Timestamp { clock.now() }
    func images(_ role: ImageRole) async throws(Failure) -> [GenerationResult.Picture] {
        pictures[role] ?? []
    }
    func videoContext() async -> VideoContext? { video }
    func videoFrame() async -> GenerationResult.Picture? { frame }

    func send(_ request: PluginRequest) async throws(TransportFailure) -> PluginResponse {
        guard let transport else {
            throw TransportFailure(.unreachable, mayHaveArrived: false, message: "the test has no client")
        }
        return try await transport.send(request, deadline: deadline)
    }

    func download(_ url: String, from base: String) async throws(Failure) -> GenerationResult.Picture {
        guard let transport else {
            throw Failure(.unavailable, code: "provider_unavailable", message: "the test has no client")
        }
        return try await transport.download(url, from: base, deadline: deadline)
    }

    func enter(_ phase: CreatePhase) { seen.withLock { $0.phases.append(phase) } }

    func learn(_ budget: Budget) { seen.withLock { $0.budgets.append(budget) } }
    func report(progress: Double) { seen.withLock { $0.progress.append(progress) } }
    func preview(_ picture: GenerationResult.Picture) { seen.withLock { $0.previews.append(picture) } }
    func render<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try work()
    }
    func warn(_ warning: Warning) { seen.withLock { $0.warnings.append(warning) } }
}

/// The configuration as the engine makes it: defaults of the manifest, then what is given.
func configured<Made: Plugin>(_ type: Made.Type, _ given: JSONObject = [:]) throws -> Made {
    var object = JSONObject()
    for field in type.manifest.configuration { object[field.name] = field.defaultValue }
    for member in given.members { object[member.name] = member.value }
    let data = Data(JSONValue.object(object).serialized())
    return try Made(configuration: JSONDecoder().decode(Made.Configuration.self, from: data))
}

/// The chain that the service ships, as one function.
func chain(
    _ request: ThumbnailRequest, on background: PixelBuffer,
    overlay: JSONObject = [:], encode: JSONObject = [:]
) throws -> (composition: Composition, context: TestContext) {
    let context = TestContext(request, background: background)
    var composition = context.composition
    let steps: [any PostProcessor] = [
        try configured(SmartCrop.self), try configured(ColorGrade.self), try configured(AccentDetection.self),
        try configured(Layout.self), try configured(Overlay.self, overlay),
        try configured(Encode.self, encode),
    ]
    for step in steps { try step.process(&composition, context: context) }
    return (composition, context)
}

func studioPictures(_ request: ThumbnailRequest, style: String = "auto") async throws -> [PixelBuffer] {
    let provider = try configured(StudioProvider.self, ["style": .string(style)])
    let generation = GenerationRequest(thumbnail: request, size: request.resolution, idempotencyKey: "key")
    let answer = try await provider.create(generation, context: TestProviderContext())
    guard case .finished(let result) = answer else { return [] }
    return try result.pictures.map { try ImageDecoder.decode($0.bytes) }
}
