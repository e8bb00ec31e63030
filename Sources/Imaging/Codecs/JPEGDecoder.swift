import CTurboJPEG
import ThumbwireKit

/// One JPEG file on its way to pixels.
struct JPEGDecoder {
    let bytes: [UInt8]
    let header: ImageHeader

    /// The pixels as stored, at a half, quarter or eighth of their size when the target allows it.
    func decode(target: PixelSize?) throws(ImageError) -> PixelBuffer {
        guard let decompressor = tjInitDecompress() else { throw .corrupt("no jpeg decoder") }
        defer { tjDestroy(decompressor) }
        var (width, height, subsampling, space) = (Int32(0), Int32(0), Int32(0), Int32(0))
        let status = tjDecompressHeader3(
            decompressor, bytes, UInt(bytes.count), &width, &height, &subsampling, &space)
        guard status == 0 else { throw failure(of: decompressor) }
        guard Int(width) == header.size.width, Int(height) == header.size.height else {
            throw .corrupt("it has two frame headers")
        }
        let pixels = PixelBuffer(size: scaled(for: target))
        let isCMYK = space == TJCS_CMYK.rawValue || space == TJCS_YCCK.rawValue
        try decompress(with: decompressor, into: pixels, as: isCMYK ? TJPF_CMYK : TJPF_BGRA)
        convert(pixels, isCMYK: isCMYK)
        return pixels
    }

    /// The smallest of 1/1 to 1/8 that still covers the target.
    private func scaled(for target: PixelSize?) -> PixelSize {
        guard let target else { return header.size }
        for divisor in [8, 4, 2] {
            let size = PixelSize(
                width: (header.size.width + divisor - 1) / divisor,
                height: (header.size.height + divisor - 1) / divisor)
            if size.width >= target.width, size.height >= target.height { return size }
        }
        return header.size
    }

    private func decompress(
        with decompressor: tjhandle, into pixels: PixelBuffer, as format: TJPF
    ) throws(ImageError) {
        let status = tjDecompress2(
            decompressor, bytes, UInt(bytes.count), pixels.base.assumingMemoryBound(to: UInt8.self),
            Int32(pixels.size.width), Int32(pixels.stride), Int32(pixels.size.height), format.rawValueAsInt32,
            Int32(TJFLAG_LIMITSCANS))
        guard status != 0 else { return }
        let failure = failure(of: decompressor)
        // Other warnings, such as stray bytes between segments, leave the picture whole.
        let isWarning = tjGetErrorCode(decompressor) == TJERR_WARNING.rawValue
        if isWarning, failure != .truncated, !failure.description.contains("Corrupt JPEG data") { return }
        throw failure
    }

    private func failure(of decompressor: tjhandle) -> ImageError {
        let message = tjGetErrorStr2(decompressor).map { String(cString: $0) } ?? "unknown"
        return message.contains("Premature end") ? .truncated : .corrupt(message)
    }

    private func convert(_ pixels: PixelBuffer, isCMYK: Bool) {
        guard isCMYK else {
            header.profile.flatMap { ColorProfile($0) }?.convertToSRGB(pixels)
            return
        }
        let profile = header.profile.flatMap { ColorProfile($0) }
        if profile?.convertCMYK(pixels, isInverted: header.isAdobe) == true { return }
        for place in stride(from: 0, to: pixels.bytes.count, by: 4) {
            let inks = pixels.base.advanced(by: place).loadUnaligned(as: SIMD4<UInt8>.self)
            let lights = header.isAdobe ? inks : SIMD4<UInt8>(repeating: 255) &- inks
            let black = UInt32(lights.w)
            let blue = UInt8((UInt32(lights.z) * black + 127) / 255)
            let green = UInt8((UInt32(lights.y) * black + 127) / 255)
            let red = UInt8((UInt32(lights.x) * black + 127) / 255)
            pixels.base.storeBytes(
                of: SIMD4(blue, green, red, 255), toByteOffset: place, as: SIMD4<UInt8>.self)
        }
    }
}

extension TJPF {
    /// TurboJPEG's functions take the enumeration as `int`.
    var rawValueAsInt32: Int32 { Int32(bitPattern: UInt32(truncatingIfNeeded: Int(rawValue))) }
}
