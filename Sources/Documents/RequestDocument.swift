package import ThumbwireKit

/// The JSON of what was asked for.
package enum RequestDocument {
    /// How much of a prompt documents repeat, in scalars: an event has to stay below 20 KB.
    package static let promptExcerpt = 300

    /// What documents of jobs repeat of the request: no links, which may carry secrets and length, and the beginning of
    /// the prompt.
    package static func excerpt(_ request: ThumbnailRequest) -> JSONValue {
        var request = request
        request.videoURL = nil
        request.sourceImage = nil
        request.referenceImages = []
        request.maskImage = nil
        if let prompt = request.prompt, prompt.unicodeScalars.count > promptExcerpt {
            request.prompt = String(prompt.unicodeScalars.prefix(promptExcerpt)) + "…"
        }
        return json(request)
    }

    /// All of it; what conditions of chains refer to as `job`.
    /// Only what the request has; absent members were not asked for.
    package static func json(_ request: ThumbnailRequest) -> JSONValue {
        let object = JSONObject(present: [
            ("title", request.title.map { .string($0) }),
            ("prompt", request.prompt.map { .string($0) }),
            ("videoUrl", request.videoURL.map { .string($0) }),
            ("sourceImageUrl", request.sourceImage.map(json)),
            ("referenceImageUrl", request.referenceImages.first.map(json)),
            ("maskImageUrl", request.maskImage.map(json)),
            ("colorGrading", request.colorGrading.map { .string($0.rawValue) }),
            ("layoutType", request.layoutType.map { .string($0.rawValue) }),
            ("resolution", .string(request.resolution.description)),
            ("platform", .string(request.platform)),
            ("variants", .integer(Int64(request.variants))),
        ])
        return .object(object)
    }

    private static func json(_ image: InputImage) -> JSONValue {
        switch image {
        case .url(let url): .string(url)
        case .artifact(let id): .string(id.rawValue)
        }
    }
}
