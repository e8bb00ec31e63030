package import ThumbwireKit

/// Orders thumbnails for a video from OpusClip (api.opus.pro, `generative-jobs`).
///
/// Opus reads the video itself and makes up to four finished pictures, which are the job's variants. It offers no
/// idempotency, so an order is sent once and its job id is the ticket.
package struct OpusProvider: Provider {
    /// What stands in the file's `config`.
    package struct Configuration: Decodable, Sendable {
        var apiKey: String
        var baseUrl: String
        var orgId: String?
        var requestsPerMinute: Int
    }

    package static let manifest = PluginManifest(
        id: "opus", version: PluginVersion(1, 0, 0), kind: .provider,
        summary: "Orders up to four finished thumbnails for a video from OpusClip",
        configuration: [
            ConfigurationField(
                "apiKey", .string, "the key of the account at OpusClip, sk-…", isRequired: true,
                isSecret: true),
            ConfigurationField(
                "baseUrl", .string, "where Opus's API is, without /api", default: "https://api.opus.pro"),
            ConfigurationField(
                "orgId", .string, "the organisation that pays, for keys of users with several"),
            ConfigurationField(
                "requestsPerMinute", .integer(1...100_000),
                "how often Opus lets this key ask, over all jobs", default: 30),
        ],
        isBilled: true, produces: .composed,
        reads: [.title, .prompt, .video, .referenceImages, .maskImage], requires: [.video],
        sources: [.youTube, .page, .media])

    /// Credits, charged when the pictures are there.
    private static let price = Cost(amount: 7, unit: "credits")
    /// As Opus's own tool does.
    private static let pollInterval = Duration.seconds(5)
    /// An order that uploads a reference and a mask asks Opus three times.
    private static let requestsPerCreate = 3
    /// "Typically 4".
    private static let maximumPictures = 4

    package let pacing: Pacing?
    private let api: OpusAPI

    package init(configuration: Configuration) throws {
        let account = try ProviderAccount(
            name: "Opus", baseURL: configuration.baseUrl, apiKey: configuration.apiKey)
        let organization = configuration.orgId?.trimmingWhitespace
        guard organization?.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) != false else {
            throw ConfigurationError(
                field: "orgId", message: "must be visible ASCII characters without spaces")
        }
        api = OpusAPI(account: account, organization: organization)
        pacing = Pacing(
            key: account.pacingKey, requestsPerMinute: configuration.requestsPerMinute,
            requestsPerCreate: Self.requestsPerCreate, pollInterval: Self.pollInterval)
    }

    package func unsuitability(for request: GenerationRequest) -> String? {
        let size = request.size
        // Opus takes no size, and a finished picture is not cropped.
        guard size.width <= size.height else { return nil }
        return "Opus makes landscape pictures of 16:9 only, not \(size)"
    }

    package func create(
        _ request: GenerationRequest, context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer {
        context.enter(.preparing)
        let thumbnail = request.thumbnail
        guard let source = thumbnail.videoURL else {
            throw Failure(.invalidInput, code: "validation_failed", message: "videoUrl: Opus needs one")
        }
        warnOfLimits(of: thumbnail, context)
        var body: JSONObject = ["jobType": "thumbnail", "sourceUri": .string(source)]
        let prompt = OpusPrompt.text(for: request, video: await context.videoContext())
        if prompt?.isShortened == true {
            context.warn(Warning(code: "prompt_shortened", message: "the prompt is longer than Opus takes"))
        }
        body["prompt"] = prompt.map { .string($0.text) }
        let upload = OpusUpload(api: api, context: context)
        body["referenceImageUri"] = try await upload.uri(of: thumbnail.referenceImages.first, .reference)
            .map { .string($0) }
        body["maskImageUri"] = try await upload.uri(of: thumbnail.maskImage, .mask).map { .string($0) }
        let id = try await api.order(body, context: context)
        return .pending(ticket: id, pollAfter: Self.pollInterval)
    }

    package func poll(
        _ ticket: String, context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer {
        switch try await api.state(of: ticket, atMost: Self.maximumPictures, context: context) {
        case .working(let progress):
            if let progress { context.report(progress: progress) }
            return .pending(ticket: ticket, pollAfter: Self.pollInterval)
        case .failed(let failure): return .failed(failure)
        case .done(let urls):
            return .finished(
                GenerationResult(
                    pictures: try await context.downloads(urls, from: api.account.baseURL),
                    product: .composed, cost: Self.price,
                    provenance: ["opus": ["jobId": .string(ticket), "pictures": .integer(Int64(urls.count))]])
            )
        }
    }

    private func warnOfLimits(of thumbnail: ThumbnailRequest, _ context: any ProviderContext) {
        if thumbnail.referenceImages.count > 1 {
            context.warn(
                Warning(
                    code: "field_not_used",
                    message: "referenceImageUrl: Opus reads the first of \(thumbnail.referenceImages.count)"))
        }
    }
}
