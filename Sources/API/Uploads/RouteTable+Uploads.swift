import Documents
import HTTP
import Persistence
import ThumbwireKit

extension RouteTable {
    mutating func addUploads() {
        var operation = Operation(
            "createUpload", "Keep a picture, to name its link in jobs", tag: "files",
            parameters: [.idempotencyKey], answers: [.json(201, "kept", "Upload")])
        operation.bodyTypes = PictureUploads.mediaTypes
        native(.post, "/v1/uploads", operation, maximumBodyBytes: context.limits.uploadBytes) { call in
            try PictureUploads.checkMediaType(of: call.request)
            let uploads = PictureUploads(context: call.context)
            let made = try await call.once(body: .bytes(call.request.body)) { key in
                try await uploads.take(call.request.body, for: call.account, once: key)
            } find: { kept in
                try await uploads.document(ofKept: ArtifactID(rawValue: kept.id), of: call.account)
            }
            let document = made.resource
            let headers: Headers = (document["url"]?.string).map { ["Location": $0] } ?? [:]
            return .json(201, document, headers: headers).marked(made)
        }
    }
}
