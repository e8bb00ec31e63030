import ThumbwireKit

/// What a picture may be at most, checked on its header before any pixel memory is taken.
package struct DecodeLimits: Hashable, Sendable {
    /// Width times height.
    package var maximumPixels: Int
    /// Width or height.
    package var maximumSide: Int
    /// Length of the file.
    package var maximumBytes: Int

    /// Limits; the defaults hold the memory of one picture below 160 MB.
    package init(
        maximumPixels: Int = 40_000_000, maximumSide: Int = 8192, maximumBytes: Int = 32 << 20
    ) {
        self.maximumPixels = maximumPixels
        self.maximumSide = maximumSide
        self.maximumBytes = maximumBytes
    }

    func check(byteCount: Int) throws(ImageError) {
        guard byteCount <= maximumBytes else {
            throw .tooManyBytes(byteCount, limit: maximumBytes)
        }
    }

    func check(_ size: PixelSize) throws(ImageError) {
        guard size.width > 0, size.height > 0 else { throw .corrupt("it has no pixels") }
        guard max(size.width, size.height) <= maximumSide else {
            throw .tooLarge(size, limit: "\(maximumSide) a side")
        }
        guard size.width * size.height <= maximumPixels else {
            throw .tooLarge(size, limit: "\(maximumPixels) in all")
        }
    }
}
