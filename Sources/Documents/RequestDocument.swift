package import ThumbwireKit

/// The JSON of what was asked for; also what conditions of chains refer to as `job`.
package enum RequestDocument {
    /// Only what the request has; absent members were not asked for.
    package static func json(_ request: ThumbnailRequest) -> JSONValue {
        var object: JSONObject = [:]
        object["title"] = request.title.map { .string($0) }
        object["prompt"] = request.prompt.map { .string($0) }
        object["videoUrl"] = request.videoURL.map { .string($0) }
        object["sourceImageUrl"] = request.sourceImageURL.map { .string($0) }
        object["referenceImageUrl"] = request.referenceImageURL.map { .string($0) }
        object["maskImageUrl"] = request.maskImageURL.map { .string($0) }
        object["colorGrading"] = request.colorGrading.map { .string($0.rawValue) }
        object["layoutType"] = request.layoutType.map { .string($0.rawValue) }
        object["resolution"] = .string(request.resolution.description)
        object["platform"] = .string(request.platform)
        object["variants"] = .integer(Int64(request.variants))
        return .object(object)
    }
}
