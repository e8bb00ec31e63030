internal import Documents
internal import Persistence
internal import Signing
internal import ThumbwireKit

/// What the provider step came to: pictures whose bytes are stored, and what they are.
struct GeneratedPictures {
    struct Picture {
        var reference: ImageReference
        var bytes: [UInt8]
    }

    /// One for each variant.
    var pictures: [Picture]
    var product: PluginManifest.Product
    /// The provider's name, and what it tells of how it made them.
    var provider: String
    var provenance: JSONObject
}

extension EngineServices {
    /// No provider gives more for one order.
    private static let maximumPictures = 16

    /// Makes the bytes of a result durable and notes them on the step; the rows follow with the next write. Everything
    /// that was bought is kept, also what the request did not ask for.
    func keep(_ result: GenerationResult, of job: JobID, _ account: AccountID, on step: inout Step)
        async throws
        -> [Artifact]
    {
        var artifacts: [Artifact] = []
        for picture in result.pictures.prefix(Self.maximumPictures) {
            let format = ImageFormat(of: picture)
            artifacts.append(try await keep(picture.bytes, format: format, of: job, account))
        }
        try faults.reach(.afterArtifacts)
        step.status = .succeeded
        step.failure = nil
        step.finishedAt = clock.now()
        step.cost = result.cost
        metrics.charge(result.cost, by: step.id)
        step.product = result.product
        step.provenance = boundedProvenance(result.provenance)
        step.artifacts = artifacts.map(\.id)
        return artifacts
    }

    /// Makes bytes durable and names them; the row follows with the next write.
    func keep(
        _ bytes: [UInt8], format: ImageFormat, of job: JobID, _ account: AccountID
    ) async throws -> Artifact {
        let now = clock.now()
        let stored = try await artifacts.write(bytes)
        var artifact = Artifact(
            id: ArtifactID(prefix: "art_", at: now), account: account, job: job,
            fileName: "\(hexadecimal(randomBytes(16))).\(format.fileExtension)",
            sha256: stored.sha256, mediaType: format.mediaType, bytes: bytes.count, createdAt: now)
        artifact.expiresAt = retention.expiry(ofPictureAt: now)
        artifact.hold = stored.hold
        return artifact
    }
}

extension JobRunner {
    /// The pictures of a step that has succeeded, as many as the request asks for.
    func load(_ step: Step) async throws -> GeneratedPictures {
        var pictures: [GeneratedPictures.Picture] = []
        for id in step.artifacts.prefix(job.request.variants) {
            guard let artifact = try await services.store.artifact(id, of: job.account) else {
                throw Failure(.internal, code: "artifact_not_found", message: "a generated picture is gone")
            }
            let bytes = try await services.artifacts.read(sha256: artifact.sha256)
            pictures.append(.init(reference: ImageReference(artifact: id.rawValue), bytes: bytes))
        }
        return generated(pictures, by: step)
    }

    /// The same of bytes that are at hand.
    func generated(_ pictures: [GeneratedPictures.Picture], by step: Step) -> GeneratedPictures {
        let manifest = services.registry.catalog.manifest(of: step.plugin)
        return GeneratedPictures(
            pictures: pictures, product: step.product ?? manifest?.produces ?? .background,
            provider: step.id, provenance: step.provenance)
    }
}

extension ImageFormat {
    /// What the bytes are by their signature (JPEG: ITU T.81 B.1.1.3; PNG: W3C §5.2; WebP: RFC 9649 §2.4); else what
    /// the other side says they are.
    init(of picture: GenerationResult.Picture) {
        let bytes = picture.bytes
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if bytes.starts(with: Array("RIFF".utf8)), bytes.dropFirst(8).starts(with: Array("WEBP".utf8))
        {
            self = .webp
        } else {
            self = Self.allCases.first { $0.mediaType == picture.mediaType } ?? .jpeg
        }
    }
}

/// What a job keeps of a provider's provenance: at most 64 KiB. The largest members go first, and their names stay
/// under `cut`.
func boundedProvenance(_ provenance: JSONObject) -> JSONObject {
    let maximumBytes = 64 << 10
    func length(_ value: JSONValue) -> Int { value.serialized().count }
    guard length(.object(provenance)) > maximumBytes else { return provenance }
    var kept = JSONObject()
    var cut: [JSONValue] = []
    var room = maximumBytes - (4 << 10)
    for member in provenance.members.sorted(by: { length($0.value) < length($1.value) }) {
        room -= member.name.utf8.count + length(member.value) + 4
        if room > 0 {
            kept[member.name] = member.value
        } else if cut.count < 16 {
            cut.append(.string(String(member.name.prefix(64))))
        }
    }
    kept["cut"] = .array(cut)
    return kept
}
