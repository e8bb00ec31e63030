package import ThumbwireKit

/// The body of Opus' `POST /api/upload-links`, which has two shapes.
package enum OpusUploadLinkRequest: Hashable, Sendable {
    /// `{"video":{"usecase":"LocalUpload"}}`.
    case video
    /// `{"usecase":"FreeToolMedia","type":"Upload","extension":"png"}`.
    case image(ImageFormat)

    package init(_ body: JSONValue) throws(Problem) {
        var fields = try FieldReader(body: body)
        if let video = fields.object("video") {
            var inner = FieldReader(video, pointer: "/video")
            inner.expect("usecase", "LocalUpload")
            fields.add(inner.errors)
            try fields.finish()
            self = .video
            return
        }
        fields.expect("usecase", "FreeToolMedia")
        fields.expect("type", "Upload")
        let format = fields.imageExtension()
        try fields.finish()
        self = .image(format ?? .png)
    }
}

extension FieldReader {
    fileprivate mutating func expect(_ name: String, _ expected: String) {
        guard let value = value(name) else {
            refuse(name, "is required; allowed: \(expected)")
            return
        }
        guard value != .string(expected) else { return }
        let shown = value.string.map { "\"\($0.prefix(64))\"" } ?? value.kindName
        refuse(name, "is \(shown); allowed: \(expected)")
    }

    fileprivate mutating func imageExtension() -> ImageFormat? {
        let allowed = "allowed: png, jpg, jpeg, webp"
        guard let text = string("extension", atMost: RequestLimits.name) else {
            if !has("extension") { refuse("extension", "is required; \(allowed)") }
            return nil
        }
        switch text.lowercased() {
        case "png": return .png
        case "jpg", "jpeg": return .jpeg
        case "webp": return .webp
        default:
            refuse("extension", "is \"\(text.prefix(64))\"; \(allowed)")
            return nil
        }
    }
}
