import Documents
import HTTP
import Persistence
import Signing
import ThumbwireKit

/// Pictures of an edit as the job refers to them.
struct StoredPictures {
    var images: [InputImage] = []
    var mask: InputImage?
    /// Of the first picture; `nil` where it is to be fetched.
    var firstSize: PixelSize?
}

extension Call {
    /// One picture in memory that was found to be whole.
    private struct Checked {
        var bytes: [UInt8]
        var size: PixelSize
        var format: ImageFormat
    }

    /// As OpenAI documents it.
    private static let maximumMaskBytes = 4 << 20

    /// Checks that every picture is one, then keeps them: nothing is stored of a request that is refused.
    func store(_ pictures: EditPictures) async throws -> StoredPictures {
        var checked: [Checked?] = []
        for (index, image) in pictures.images.enumerated() {
            guard case .bytes(let bytes) = image else {
                checked.append(nil)
                continue
            }
            checked.append(try await check(bytes, at: pictures.place(of: index)))
        }
        var mask: Checked?
        if case .bytes(let bytes)? = pictures.mask {
            mask = try await check(mask: bytes, of: checked.first??.size)
        }
        var stored = StoredPictures(firstSize: checked.first??.size)
        for (image, picture) in zip(pictures.images, checked) {
            stored.images.append(try await input(image, picture))
        }
        if let image = pictures.mask { stored.mask = try await input(image, mask) }
        return stored
    }

    private func input(_ image: OpenAIPicture, _ checked: Checked?) async throws -> InputImage {
        if case .url(let url) = image { return .url(url) }
        guard let checked else { throw Problem(.internalError, "a picture was not checked") }
        return .artifact(try await keep(checked).id)
    }

    private func keep(_ picture: Checked) async throws -> Artifact {
        let now = context.clock.now()
        let artifact = Artifact(
            id: ArtifactID(prefix: "art_", at: now), account: account, job: nil,
            fileName: "\(hexadecimal(randomBytes(16))).\(picture.format.fileExtension)",
            sha256: try await context.artifacts.write(picture.bytes), mediaType: picture.format.mediaType,
            bytes: picture.bytes.count, createdAt: now)
        try await context.store.insert(artifact)
        return artifact
    }

    /// Decoding is the only proof that it is a picture; the pixels are not kept.
    private func check(_ bytes: [UInt8], at place: String) async throws -> Checked {
        guard let format = ImageFormat(signatureOf: bytes) else {
            throw refusal(
                place, "Invalid image file: expected a PNG, JPEG or WebP picture.",
                .sourceImageNotAnImage)
        }
        do {
            let size = try await context.renderPool.run { try $0.decode(bytes).size }
            return Checked(bytes: bytes, size: size, format: format)
        } catch let failure as Failure {
            let code = ErrorCode(rawValue: "source_\(failure.code)") ?? .validationFailed
            throw refusal(place, "Invalid image file: \(failure.message).", code)
        }
    }

    private func check(mask bytes: [UInt8], of image: PixelSize?) async throws -> Checked {
        func refused(_ message: String) -> Problem {
            refusal("mask", "Invalid mask image format - \(message)", .validationFailed)
        }
        guard bytes.count < Self.maximumMaskBytes else {
            throw refused("mask must be smaller than 4 MB")
        }
        guard ImageFormat(signatureOf: bytes) == .png else { throw refused("mask must be a PNG") }
        let mask = try await check(bytes, at: "mask")
        guard hasAlphaChannel(png: bytes) else { throw refused("mask image missing alpha channel") }
        if let image, image != mask.size {
            throw refused("mask size \(mask.size) does not match image size \(image)")
        }
        return mask
    }

    private func refusal(_ place: String, _ message: String, _ code: ErrorCode) -> Problem {
        Problem(
            code, message, errors: [FieldError(pointer: "/\(place)", detail: message, code: code)])
    }
}

extension ImageFormat {
    /// By the first bytes; `nil` for other formats.
    init?(signatureOf bytes: [UInt8]) {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.count >= 12, bytes.starts(with: Array("RIFF".utf8)),
            bytes[8..<12].elementsEqual("WEBP".utf8)
        {
            self = .webp
        } else {
            return nil
        }
    }
}

/// By the colour type of the header, or a `tRNS` chunk before the pixels (PNG specification §11.2.1, §11.3.1).
private func hasAlphaChannel(png bytes: [UInt8]) -> Bool {
    guard bytes.count > 25 else { return false }
    if bytes[25] == 4 || bytes[25] == 6 { return true }
    var offset = 8
    while offset + 12 <= bytes.count {
        let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
        let name = bytes[offset + 4..<offset + 8]
        if name.elementsEqual("tRNS".utf8) { return true }
        if name.elementsEqual("IDAT".utf8) { return false }
        offset += 12 + length
    }
    return false
}
