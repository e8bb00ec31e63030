package import ThumbwireKit

/// Turns the bytes of a JPEG, PNG or WebP file into upright sRGB pixels.
package enum ImageDecoder {
    /// What a header says: the format, and the size of the upright picture.
    package static func probe(
        _ bytes: [UInt8]
    ) throws(ImageError) -> (format: ImageFormat, size: PixelSize) {
        let format = try format(of: bytes)
        let header = try header(of: bytes, as: format)
        return (format, header.orientation.upright(header.size))
    }

    /// The picture, upright, in sRGB. With a target size, a JPEG may come at 1/2, 1/4 or 1/8 of its size,
    /// but never smaller than the target on either side.
    package static func decode(
        _ bytes: [UInt8], limits: DecodeLimits = DecodeLimits(), targetSize: PixelSize? = nil
    ) throws(ImageError) -> PixelBuffer {
        try limits.check(byteCount: bytes.count)
        let format = try format(of: bytes)
        let header = try header(of: bytes, as: format)
        try limits.check(header.size)
        let pixels: PixelBuffer
        switch format {
        case .jpeg:
            let target = targetSize.map(header.orientation.upright)
            pixels = try JPEGDecoder(bytes: bytes, header: header).decode(target: target)
        case .png: pixels = try PNGDecoder(bytes: bytes, header: header).decode()
        case .webp: pixels = try WebPDecoder(bytes: bytes, header: header).decode()
        }
        return header.orientation.apply(to: pixels)
    }

    private static func header(
        of bytes: [UInt8], as format: ImageFormat
    ) throws(ImageError) -> ImageHeader {
        switch format {
        case .jpeg: try ImageHeader(jpeg: bytes)
        case .png: try ImageHeader(png: bytes)
        case .webp: try ImageHeader(webp: bytes)
        }
    }

    private static func format(of bytes: [UInt8]) throws(ImageError) -> ImageFormat {
        let view = ByteView(bytes: bytes)
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
        if view.has("RIFF", at: 0), view.has("WEBP", at: 8) { return .webp }
        if let name = foreignName(view) { throw .unsupportedFormat(name) }
        throw .notAnImage
    }

    /// The name of a format that is known but not read.
    private static func foreignName(_ view: ByteView) -> String? {
        if view.has("GIF8", at: 0) { return "gif" }
        if view.has("BM", at: 0) { return "bmp" }
        if view.has("II*\0", at: 0) || view.has("MM\0*", at: 0) { return "tiff" }
        if view.has("8BPS", at: 0) { return "psd" }
        if view.has("<svg", at: 0) || view.has("<?xml", at: 0) { return "svg" }
        if view.has("%PDF", at: 0) { return "pdf" }
        if view.has("ftypavif", at: 4) || view.has("ftypavis", at: 4) { return "avif" }
        if view.has("ftyphei", at: 4) || view.has("ftypmif1", at: 4) { return "heic" }
        if view.bytes.starts(with: [0xFF, 0x0A]) || view.has("JXL ", at: 4) { return "jpeg xl" }
        return nil
    }
}
