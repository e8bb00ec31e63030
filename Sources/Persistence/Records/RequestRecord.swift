internal import ThumbwireKit

/// The stored shape of a thumbnail request.
enum RequestRecord {
    static func write(_ request: ThumbnailRequest) -> JSONObject {
        JSONObject(present: [
            ("title", .text(request.title)),
            ("prompt", .text(request.prompt)),
            ("videoURL", .text(request.videoURL)),
            ("sourceImage", request.sourceImage.map { .object(write($0)) }),
            ("referenceImages", .records(request.referenceImages, write)),
            ("maskImage", request.maskImage.map { .object(write($0)) }),
            ("colorGrading", .word(request.colorGrading)),
            ("layoutType", .word(request.layoutType)),
            ("width", .whole(request.resolution.width)),
            ("height", .whole(request.resolution.height)),
            ("platform", .text(request.platform)),
            ("variants", .whole(request.variants)),
            ("format", .word(request.format)),
            ("quality", .whole(request.quality)),
            ("accentColor", request.accent.color.map { .object(write($0)) }),
            ("accentWords", .texts(request.accent.words)),
            ("options", .object(request.options)),
        ])
    }

    static func read(_ reader: RecordReader) throws(RecordError) -> ThumbnailRequest {
        var request = ThumbnailRequest(
            title: try reader.optionalString("title"), prompt: try reader.optionalString("prompt"),
            resolution: PixelSize(
                width: Int(try reader.integer("width")), height: Int(try reader.integer("height"))))
        request.videoURL = try reader.optionalString("videoURL")
        request.sourceImage = try reader.optionalRecord("sourceImage", readImage)
        request.referenceImages = try reader.records("referenceImages", readImage)
        request.maskImage = try reader.optionalRecord("maskImage", readImage)
        // Written under these names before uploads existed.
        if let url = try reader.optionalString("sourceImageURL") { request.sourceImage = .url(url) }
        if let url = try reader.optionalString("referenceImageURL") { request.referenceImages = [.url(url)] }
        if let url = try reader.optionalString("maskImageURL") { request.maskImage = .url(url) }
        request.colorGrading = try reader.optionalWord("colorGrading")
        request.layoutType = try reader.optionalWord("layoutType")
        request.platform = try reader.string("platform")
        request.variants = Int(try reader.integer("variants"))
        request.format = try reader.optionalWord("format")
        request.quality = try reader.optionalInteger("quality").map { Int($0) }
        request.accent.color = try reader.optionalRecord("accentColor", readColor)
        request.accent.words = try reader.optionalStrings("accentWords")
        request.options = try reader.optionalObject("options") ?? [:]
        return request
    }

    private static func write(_ image: InputImage) -> JSONObject {
        switch image {
        case .url(let url): ["url": .string(url)]
        case .artifact(let id): ["artifact": .string(id.rawValue)]
        }
    }

    private static func readImage(_ reader: RecordReader) throws(RecordError) -> InputImage {
        if let url = try reader.optionalString("url") { return .url(url) }
        return .artifact(try reader.identifier("artifact"))
    }

    private static func write(_ color: Color) -> JSONObject {
        ["rgb": .string(color.hex), "alpha": .number(color.alpha)]
    }

    private static func readColor(_ reader: RecordReader) throws(RecordError) -> Color {
        guard let color = Color(hex: try reader.string("rgb")) else {
            throw RecordError(path: "accepted.request.accentColor.rgb", reason: "is no #RRGGBB")
        }
        return color.withAlpha(try reader.number("alpha"))
    }
}
