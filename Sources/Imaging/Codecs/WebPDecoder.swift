import CWebP
import ThumbwireKit

/// One WebP file on its way to pixels, lossy or lossless.
struct WebPDecoder {
    let bytes: [UInt8]
    let header: ImageHeader

    /// The size of the canvas; refuses animations, of which no single frame is meant.
    static func size(of bytes: [UInt8]) throws(ImageError) -> PixelSize {
        var features = WebPBitstreamFeatures()
        let status = WebPGetFeatures(bytes, bytes.count, &features)
        guard status == VP8_STATUS_OK else { throw failure(status) }
        guard features.has_animation == 0 else { throw .unsupportedFormat("animated webp") }
        return PixelSize(width: Int(features.width), height: Int(features.height))
    }

    func decode() throws(ImageError) -> PixelBuffer {
        guard !header.isCut else { throw .truncated }
        var config = WebPDecoderConfig()
        guard WebPInitDecoderConfig(&config) != 0 else { throw .corrupt("no webp decoder") }
        let status = WebPGetFeatures(bytes, bytes.count, &config.input)
        guard status == VP8_STATUS_OK else { throw Self.failure(status) }
        let pixels = PixelBuffer(size: header.size, hasAlpha: config.input.has_alpha != 0)
        config.output.colorspace = MODE_BGRA
        config.output.is_external_memory = 1
        config.output.u.RGBA.rgba = pixels.base.assumingMemoryBound(to: UInt8.self)
        config.output.u.RGBA.stride = Int32(pixels.stride)
        config.output.u.RGBA.size = pixels.bytes.count
        let decoded = WebPDecode(bytes, bytes.count, &config)
        guard decoded == VP8_STATUS_OK else { throw Self.failure(decoded) }
        header.profile.flatMap { ColorProfile($0) }?.convertToSRGB(pixels)
        if pixels.hasAlpha { pixels.premultiply() }
        return pixels
    }

    private static func failure(_ status: VP8StatusCode) -> ImageError {
        switch status {
        case VP8_STATUS_NOT_ENOUGH_DATA, VP8_STATUS_SUSPENDED: .truncated
        case VP8_STATUS_UNSUPPORTED_FEATURE: .unsupportedFormat("webp with unknown features")
        default: .corrupt("webp status \(status.rawValue)")
        }
    }
}
