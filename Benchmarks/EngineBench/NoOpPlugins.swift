import Persistence
import Synchronization
import ThumbwireKit

/// Answers at once with a few bytes, and notes when the job got as far as this.
struct NoOpProvider: Provider {
    static let manifest = PluginManifest(
        id: "no-op", version: PluginVersion(1, 0, 0), kind: .provider, summary: "answers at once")

    init(configuration: NoConfiguration) throws {}

    func create(
        _ request: GenerationRequest, context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer {
        if let number = request.thumbnail.prompt.flatMap({ Int($0) }) { Starts.shared.note(number) }
        return .finished(GenerationResult(pictures: [.init(bytes: [0], mediaType: "image/png")]))
    }
}

/// Leaves the composition as it is.
struct NoOpStep: PostProcessor {
    static let manifest = PluginManifest(
        id: "no-op-step", version: PluginVersion(1, 0, 0), kind: .postProcessor, summary: "does nothing")

    init(configuration: NoConfiguration) throws {}

    func process(_ composition: inout Composition, context: any ProcessingContext) throws {}
}

/// Attaches the output that every finished job has.
struct NoOpOutput: PostProcessor {
    static let manifest = PluginManifest(
        id: "no-op-output", version: PluginVersion(1, 0, 0), kind: .postProcessor, summary: "attaches a byte")

    init(configuration: NoConfiguration) throws {}

    func process(_ composition: inout Composition, context: any ProcessingContext) throws {
        context.attach(EncodedPicture(bytes: [0], format: .png, size: composition.canvas.size))
    }
}

/// When the numbered jobs of a measurement reached their provider.
///
/// Plugins are made from their configuration alone, so that there is one of these for all.
final class Starts: Sendable {
    static let shared = Starts()

    private let moments = Mutex<[Int: Moment]>([:])

    func note(_ number: Int) {
        let now = Moment.now()
        moments.withLock { $0[number] = now }
    }

    func take() -> [Int: Moment] {
        moments.withLock { moments in
            defer { moments = [:] }
            return moments
        }
    }
}

/// Stands in for the folder of artifacts: the queue is measured, not the pictures.
struct NoArtifacts: ArtifactStorage {
    func write(_ bytes: [UInt8]) async throws(StoreError) -> StoredContent {
        StoredContent(sha256: String(repeating: "0", count: 64), hold: ContentHold {})
    }
    func read(sha256: String) async throws(StoreError) -> [UInt8] { [0] }
    func path(sha256: String) -> String? { nil }
    func remove(_ contents: [String], named: ContentNames) async throws(StoreError) -> Int64 { 0 }
    func removeOrphans(storedBefore moment: Timestamp, named: ContentNames) async throws(StoreError) -> Int64
    { 0 }
}

/// Takes any bytes for a pixel.
final class NoRasterizer: Rasterizer {
    func decode(_ bytes: [UInt8]) throws(Failure) -> PixelBuffer {
        PixelBuffer(size: PixelSize(width: 1, height: 1))
    }

    func render(
        _ composition: Composition, images: (ImageReference) throws -> PixelBuffer
    ) throws -> (pixels: PixelBuffer, warnings: [Warning]) {
        (PixelBuffer(size: composition.canvas.size), [])
    }
}
