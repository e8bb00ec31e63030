import ThumbwireKit

extension PixelBuffer {
    /// Multiplies the colours with their alpha, in place, rounding to nearest.
    func premultiply() {
        let places = base.assumingMemoryBound(to: SIMD4<UInt8>.self)
        for index in 0..<size.width * size.height {
            let pixel = places[index]
            guard pixel.w != 255 else { continue }
            let alpha = UInt32(pixel.w)
            let product = SIMD4<UInt32>(truncatingIfNeeded: pixel) &* alpha &+ 127
            var result = SIMD4<UInt8>(truncatingIfNeeded: product / 255)
            result.w = pixel.w
            places[index] = result
        }
    }

    /// A copy with straight alpha, as files hold it.
    func straightened() -> PixelBuffer {
        let result = copy()
        let places = result.base.assumingMemoryBound(to: SIMD4<UInt8>.self)
        for index in 0..<size.width * size.height {
            let pixel = places[index]
            guard pixel.w != 255, pixel.w != 0 else { continue }
            let alpha = UInt32(pixel.w)
            let wide = SIMD4<UInt32>(truncatingIfNeeded: pixel) &* 255 &+ alpha / 2
            var straight = SIMD4<UInt8>(clamping: wide / alpha)
            straight.w = pixel.w
            places[index] = straight
        }
        return result
    }

    /// Sets every fourth byte to 255.
    func makeOpaque() {
        let places = base.assumingMemoryBound(to: UInt32.self)
        for index in 0..<size.width * size.height {
            places[index] |= 0xFF00_0000
        }
    }
}
