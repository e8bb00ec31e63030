import Imaging
import ThumbwireKit

/// Pictures made for tests, and ways to look at them.
enum Pictures {
    /// A pattern with a different colour in every corner and texture everywhere.
    static func photo(_ width: Int, _ height: Int, hasAlpha: Bool = false) -> PixelBuffer {
        let pixels = PixelBuffer(size: PixelSize(width: width, height: height), hasAlpha: hasAlpha)
        var noise: UInt32 = 1
        for y in 0..<height {
            for x in 0..<width {
                noise = noise &* 1_664_525 &+ 1_013_904_223
                let grain = Int(noise >> 28)
                let alpha = hasAlpha ? 255 * x / max(width - 1, 1) : 255
                let blue = 200 * x / width + grain
                let green = 200 * y / height + grain
                let red = 200 - 150 * (x + y) / (width + height) + grain
                pixels.set(x, y, red * alpha / 255, green * alpha / 255, blue * alpha / 255, alpha)
            }
        }
        return pixels
    }

    /// One colour everywhere.
    static func plain(_ width: Int, _ height: Int, _ color: Color) -> PixelBuffer {
        let pixels = PixelBuffer(size: PixelSize(width: width, height: height))
        for y in 0..<height {
            for x in 0..<width {
                pixels.set(x, y, Int(color.red), Int(color.green), Int(color.blue), 255)
            }
        }
        return pixels
    }

    /// Red, green, blue and white quarters: no two of the eight orientations look alike.
    static func quarters(_ width: Int, _ height: Int) -> PixelBuffer {
        let pixels = PixelBuffer(size: PixelSize(width: width, height: height))
        for y in 0..<height {
            for x in 0..<width {
                let (isRight, isLow) = (x >= width / 2, y >= height / 2)
                pixels.set(
                    x, y, isLow == isRight ? 255 : 0, isRight ? 255 : 0, isLow ? 255 : 0, 255)
            }
        }
        return pixels
    }
}

extension PixelBuffer {
    func set(_ x: Int, _ y: Int, _ red: Int, _ green: Int, _ blue: Int, _ alpha: Int) {
        let place = base + y * stride + x * 4
        place.storeBytes(
            of: SIMD4(UInt8(blue), UInt8(green), UInt8(red), UInt8(alpha)), as: SIMD4<UInt8>.self)
    }

    /// Blue, green, red, alpha.
    func pixel(_ x: Int, _ y: Int) -> SIMD4<Int> {
        let bytes = (base + y * stride + x * 4).load(as: SIMD4<UInt8>.self)
        return SIMD4(truncatingIfNeeded: bytes)
    }

    /// The colour at a place, without alpha.
    func color(_ x: Int, _ y: Int) -> Color {
        let value = pixel(x, y)
        return Color(red: UInt8(value.z), green: UInt8(value.y), blue: UInt8(value.x))
    }

    /// The mean difference of a channel, 0–255.
    func meanDistance(to other: PixelBuffer) -> Double {
        guard size == other.size else { return .infinity }
        let sum = zip(bytes, other.bytes).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        return Double(sum) / Double(bytes.count)
    }

    /// The greatest difference of a channel, 0–255.
    func greatestDistance(to other: PixelBuffer) -> Int {
        guard size == other.size else { return .max }
        return zip(bytes, other.bytes).reduce(0) { max($0, abs(Int($1.0) - Int($1.1))) }
    }

    /// The number of pixels near a colour.
    func count(near color: Color, within distance: Int = 40) -> Int {
        var count = 0
        for y in 0..<size.height {
            for x in 0..<size.width {
                let value = pixel(x, y)
                let difference =
                    abs(value.z - Int(color.red)) + abs(value.y - Int(color.green))
                    + abs(value.x - Int(color.blue))
                count += difference <= distance ? 1 : 0
            }
        }
        return count
    }

    /// The box of all pixels that differ from a colour by more than a trace: left, top, right, bottom.
    func ink(on background: Color) -> (left: Int, top: Int, right: Int, bottom: Int)? {
        var box: (left: Int, top: Int, right: Int, bottom: Int)?
        for y in 0..<size.height {
            for x in 0..<size.width {
                let value = pixel(x, y)
                let difference =
                    abs(value.z - Int(background.red)) + abs(value.y - Int(background.green))
                    + abs(value.x - Int(background.blue))
                guard difference > 24 else { continue }
                let now = box ?? (x, y, x + 1, y + 1)
                box = (min(now.left, x), min(now.top, y), max(now.right, x + 1), max(now.bottom, y + 1))
            }
        }
        return box
    }
}
