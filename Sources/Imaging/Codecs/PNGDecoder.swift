import CPNG
import Glibc
import ThumbwireKit

/// One PNG file on its way to pixels: any depth, palette, interlacing.
struct PNGDecoder {
    let bytes: [UInt8]
    let header: ImageHeader

    func decode() throws(ImageError) -> PixelBuffer {
        guard !header.isCut else { throw .truncated }
        var image = png_image()
        image.version = UInt32(PNG_IMAGE_VERSION)
        defer { png_image_free(&image) }
        guard png_image_begin_read_from_memory(&image, bytes, bytes.count) != 0 else {
            throw failure(of: image)
        }
        guard Int(image.width) == header.size.width, Int(image.height) == header.size.height else {
            throw .corrupt("it has two header chunks")
        }
        let hasAlpha = image.format & UInt32(PNG_FORMAT_FLAG_ALPHA) != 0
        image.format = tw_png_format_bgra()
        // Without a gamma of its own, a picture of 16 bits would be taken for linear light.
        image.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
        let pixels = PixelBuffer(size: header.size, hasAlpha: hasAlpha)
        guard png_image_finish_read(&image, nil, pixels.base, Int32(pixels.stride), nil) != 0 else {
            throw failure(of: image)
        }
        profile()?.convertToSRGB(pixels)
        if hasAlpha { pixels.premultiply() }
        return pixels
    }

    private func profile() -> ColorProfile? {
        var data: UnsafeMutablePointer<UInt8>?
        let count = tw_png_profile(bytes, bytes.count, &data)
        defer { free(data) }
        guard let data, count > 0 else { return nil }
        return ColorProfile(Array(UnsafeBufferPointer(start: data, count: count)))
    }

    private func failure(of image: png_image) -> ImageError {
        let message = withUnsafeBytes(of: image.message) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        let isCut = message.contains("beyond end") || message.contains("Not enough image data")
        return isCut ? .truncated : .corrupt(message)
    }
}
