/// A picture in memory: 32 bits a pixel, blue, green, red, alpha in memory order, sRGB, alpha premultiplied.
///
/// This is Cairo's ARGB32/RGB24 and TurboJPEG's BGRX on a little-endian machine, so that no step copies.
public final class PixelBuffer {
    /// Pixels across and down.
    public let size: PixelSize
    /// Bytes from one row to the next; a multiple of 4.
    public let stride: Int
    /// False when every pixel is opaque (the fourth byte is then 255).
    public let hasAlpha: Bool
    /// The first pixel of the first row; valid as long as this object lives.
    public let base: UnsafeMutableRawPointer

    /// A buffer of that size with undefined content; the sides must be positive.
    public init(size: PixelSize, hasAlpha: Bool = false) {
        precondition(size.width > 0 && size.height > 0, "a picture has at least one pixel")
        self.size = size
        self.hasAlpha = hasAlpha
        stride = size.width * 4
        // 64 bytes: a cache line, and the widest vector of any x86-64.
        base = UnsafeMutableRawPointer.allocate(byteCount: stride * size.height, alignment: 64)
    }

    deinit {
        base.deallocate()
    }

    /// All bytes, row after row.
    public var bytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base, count: stride * size.height)
    }

    /// An independent buffer with the same pixels.
    public func copy() -> PixelBuffer {
        let copy = PixelBuffer(size: size, hasAlpha: hasAlpha)
        copy.base.copyMemory(from: base, byteCount: stride * size.height)
        return copy
    }
}
