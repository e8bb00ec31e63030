import Imaging
import ThumbwireKit

/// The pictures that a request brings, within the limits of `/images/edits`; without any, a generation is asked for.
struct OpenAIInputs: Sendable {
    /// The limits of the image reference.
    static let maximumImages = 16
    static let maximumImageBytes = 50 << 20
    static let maximumMaskBytes = 4 << 20
    /// What one request may hold in memory.
    static let maximumTotalBytes = 256 << 20

    private struct File {
        var bytes: [UInt8]
        var format: ImageFormat
        var size: PixelSize
    }

    private var files: [File] = []
    private var mask: File?

    var isEdit: Bool { !files.isEmpty }

    /// Fetches and checks; throws `source_image_…` naming the field.
    init(
        _ request: ThumbnailRequest, frame: GenerationResult.Picture?, context: any ProviderContext
    ) async throws(Failure) {
        for picture in try await context.images(.source) { try add(picture, "sourceImageUrl") }
        for picture in try await context.images(.reference) { try add(picture, "referenceImageUrl") }
        // A frame is ours to add and ours to leave out.
        if let frame, files.count < Self.maximumImages { try? add(frame, "videoUrl") }
        guard let picture = try await context.images(.mask).first else { return }
        try setMask(picture)
    }

    /// Adds the pictures to the form of an edit. Compatible servers know a single picture as `image`.
    func write(to form: inout MultipartForm, isArray: Bool) {
        for (index, file) in files.enumerated() {
            let name = isArray || files.count > 1 ? "image[]" : "image"
            form.add(
                name, file: file.bytes, fileName: "image-\(index).\(file.format.fileExtension)",
                mediaType: file.format.mediaType)
        }
        if let mask {
            form.add("mask", file: mask.bytes, fileName: "mask.png", mediaType: mask.format.mediaType)
        }
    }

    private mutating func add(_ picture: GenerationResult.Picture, _ field: String) throws(Failure) {
        guard files.count < Self.maximumImages else {
            throw Failure(
                .invalidInput, code: "validation_failed",
                message: "\(field): OpenAI takes at most \(Self.maximumImages) pictures, the source included")
        }
        files.append(try Self.file(picture, field, limit: Self.maximumImageBytes))
        guard files.reduce(0, { $0 + $1.bytes.count }) <= Self.maximumTotalBytes else {
            throw Self.tooLarge("\(field): all pictures together", limit: Self.maximumTotalBytes)
        }
    }

    private mutating func setMask(_ picture: GenerationResult.Picture) throws(Failure) {
        let field = "maskImageUrl"
        guard let first = files.first else {
            throw Failure(
                .invalidInput, code: "validation_failed",
                message: "\(field): a mask needs sourceImageUrl or referenceImageUrl beside it")
        }
        let file = try Self.file(picture, field, limit: Self.maximumMaskBytes)
        guard file.format == .png else {
            throw Failure(
                .invalidInput, code: "source_image_format_unsupported",
                message: "\(field): is \(file.format.rawValue); a mask must be a png with transparent pixels")
        }
        guard file.size == first.size else {
            throw Failure(
                .invalidInput, code: "validation_failed",
                message: "\(field): is \(file.size); it must be as large as the first picture, \(first.size)")
        }
        mask = file
    }

    private static func file(
        _ picture: GenerationResult.Picture, _ field: String, limit: Int
    ) throws(Failure) -> File {
        guard picture.bytes.count < limit else { throw tooLarge(field, limit: limit) }
        do throws(ImageError) {
            let (format, size) = try ImageDecoder.probe(picture.bytes)
            return File(bytes: picture.bytes, format: format, size: size)
        } catch {
            throw Failure(
                .invalidInput, code: "source_image_format_unsupported",
                message: "\(field): must be a png, jpeg or webp picture", detail: "\(error)")
        }
    }

    private static func tooLarge(_ what: String, limit: Int) -> Failure {
        Failure(
            .invalidInput, code: "source_image_too_large",
            message: "\(what): must have fewer than \(limit >> 20) MiB for OpenAI")
    }
}
