internal import ThumbwireKit

/// Holds what stands at a request's `videoUrl` against what the providers of its chain can read.
struct SourceCheck {
    /// What every provider can read that reads `videoUrl` at all: the engine finds words and a picture for it.
    static let read: Set<VideoSource.Kind> = [.youTube, .page, .image]

    let catalog: PluginCatalog

    /// Throws `source_unsupported` where no provider of the job's chain reads that kind of source.
    func check(_ job: Job) throws(Failure) {
        guard let url = job.request.videoURL else { return }
        let kind = VideoSource(url: url).kind
        let readable = job.pin.providers.reduce(into: Set()) { $0.formUnion(kinds(readBy: $1)) }
        guard !readable.contains(kind) else { return }
        let allowed = VideoSource.Kind.allCases.filter(readable.contains).map(\.rawValue)
        let field = job.face == .opus ? "sourceUri" : "videoUrl"
        throw Failure(
            .invalidInput, code: "source_unsupported",
            message: "\(field) is \(kind.phrase); "
                + (allowed.isEmpty
                    ? "no provider of chain \(job.pin.name) reads it"
                    : "the providers of chain \(job.pin.name) read: \(allowed.joined(separator: ", "))"))
    }

    private func kinds(readBy use: PinnedChain.Use) -> Set<VideoSource.Kind> {
        guard let manifest = catalog.manifest(of: use.plugin) else { return [] }
        return manifest.reads.contains(.video) ? manifest.sources.union(Self.read) : manifest.sources
    }
}

extension VideoSource.Kind {
    /// For sentences, with the word that lists use.
    fileprivate var phrase: String {
        switch self {
        case .youTube: "a video on YouTube (\(rawValue))"
        case .page: "a page (\(rawValue))"
        case .image: "a picture (\(rawValue))"
        case .media: "a video file (\(rawValue))"
        }
    }
}
