import Documents
import ThumbwireKit

/// Pictures of an edit as the job refers to them.
struct StoredPictures {
    var images: [InputImage] = []
    var mask: InputImage?
    /// Of the first picture; `nil` where it is to be fetched.
    var firstSize: PixelSize?
}

extension Call {
    /// A picture of an edit that may be used.
    private enum Accepted {
        /// Somewhere else, or a file of this account.
        case known(InputImage)
        /// Not kept yet.
        case sent(PictureUploads.Picture)

        var size: PixelSize? {
            if case .sent(let picture) = self { picture.size } else { nil }
        }
    }

    /// As OpenAI documents it.
    private static let maximumMaskBytes = 4 << 20

    /// Checks that every picture is one, then keeps them: nothing is stored of a request that is refused.
    func store(_ pictures: EditPictures) async throws -> StoredPictures {
        var images: [Accepted] = []
        for (index, image) in pictures.images.enumerated() {
            images.append(try await accept(image, at: pictures.place(of: index)))
        }
        let mask: Accepted? =
            switch pictures.mask {
            case .bytes(let bytes)?: .sent(try await check(mask: bytes, of: images.first?.size))
            case .url(let url)?: try await accept(.url(url), at: "mask")
            case nil: nil
            }
        var stored = StoredPictures(firstSize: images.first?.size)
        for image in images { stored.images.append(try await keep(image)) }
        if let mask { stored.mask = try await keep(mask) }
        return stored
    }

    private func accept(_ image: OpenAIPicture, at place: String) async throws -> Accepted {
        switch image {
        case .bytes(let bytes): .sent(try await check(bytes, at: place))
        case .url(let url): .known(try await resolving(.url(url), field: "\(place)/image_url"))
        }
    }

    private func keep(_ picture: Accepted) async throws -> InputImage {
        switch picture {
        case .known(let image): image
        case .sent(let picture):
            .artifact(try await PictureUploads(context: context).keep(picture, for: account).id)
        }
    }

    private func check(_ bytes: [UInt8], at place: String) async throws -> PictureUploads.Picture {
        try await PictureUploads(context: context).picture(bytes) { failure, code in
            let isOther = [.sourceImageNotAnImage, .sourceImageFormatUnsupported].contains(code)
            let reason = isOther ? "expected a PNG, JPEG or WebP picture" : failure.message
            return refusal(place, "Invalid image file: \(reason).", code)
        }
    }

    private func check(mask bytes: [UInt8], of image: PixelSize?) async throws -> PictureUploads.Picture {
        func refused(_ message: String) -> Problem {
            refusal("mask", "Invalid mask image format - \(message)", .validationFailed)
        }
        guard bytes.count < Self.maximumMaskBytes else {
            throw refused("mask must be smaller than 4 MB")
        }
        let mask = try await check(bytes, at: "mask")
        guard mask.format == .png else { throw refused("mask must be a PNG") }
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
