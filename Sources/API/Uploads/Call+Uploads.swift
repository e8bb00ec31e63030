import Documents
import HTTP
import Persistence
import ThumbwireKit

extension Call {
    /// The request of the native face, its pictures at our own links being files of this account from now on.
    func resolvingUploads(of request: ThumbnailRequest) async throws -> ThumbnailRequest {
        try await resolving(
            request, fields: (source: "sourceImageUrl", reference: "referenceImageUrl", mask: "maskImageUrl"))
    }

    /// The request of the Opus face; a source that was uploaded here is a picture, no video.
    func resolvingUploads(ofOpus request: ThumbnailRequest) async throws -> ThumbnailRequest {
        var request = request
        if let url = request.videoURL, let upload = try await upload(at: url, field: "sourceUri") {
            request.sourceImage = upload
            request.videoURL = nil
        }
        return try await resolving(
            request, fields: (source: "sourceUri", reference: "referenceImageUri", mask: "maskImageUri"))
    }

    private func resolving(
        _ request: ThumbnailRequest, fields: (source: String, reference: String, mask: String)
    ) async throws -> ThumbnailRequest {
        var request = request
        if let image = request.sourceImage {
            request.sourceImage = try await resolving(image, field: fields.source)
        }
        if let image = request.maskImage {
            request.maskImage = try await resolving(image, field: fields.mask)
        }
        var references: [InputImage] = []
        for image in request.referenceImages {
            references.append(try await resolving(image, field: fields.reference))
        }
        request.referenceImages = references
        return request
    }

    /// The picture, a file of this account where it is one of our own links. `field` is the place in the body.
    func resolving(_ image: InputImage, field: String) async throws -> InputImage {
        guard let url = image.url else { return image }
        return try await upload(at: url, field: field) ?? image
    }

    /// The file behind a link of ours, `nil` for other links; throws `upload_not_found` where this account has none.
    private func upload(at url: String, field: String) async throws -> InputImage? {
        let prefix = context.publicURL + "/files/"
        guard url.hasPrefix(prefix) else { return nil }
        let name = url.dropFirst(prefix.count).prefix { $0 != "?" && $0 != "#" }
        guard let artifact = try await context.store.artifact(fileName: String(name)),
            artifact.account == account
        else {
            throw Problem([
                FieldError(
                    pointer: "/\(field)", detail: "is no file of this account; upload it first",
                    code: .uploadNotFound)
            ])
        }
        return .artifact(artifact.id)
    }
}
