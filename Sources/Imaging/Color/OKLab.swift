import Glibc
package import ThumbwireKit

/// A colour in OKLab (Björn Ottosson, "A perceptual color space for image processing", 2020).
package struct OKLab: Hashable, Sendable {
    /// Lightness, 0 black to 1 white.
    package var lightness: Double
    /// Green to red.
    package var a: Double
    /// Blue to yellow.
    package var b: Double

    package init(lightness: Double, a: Double, b: Double) {
        self.lightness = lightness
        self.a = a
        self.b = b
    }

    /// From the polar form; the hue in degrees.
    package init(lightness: Double, chroma: Double, hue: Double) {
        self.init(
            lightness: lightness, a: chroma * cos(hue * .pi / 180), b: chroma * sin(hue * .pi / 180))
    }

    /// Distance from grey; about 0.3 at most in sRGB.
    package var chroma: Double { (a * a + b * b).squareRoot() }

    /// Degrees from 0 up to 360.
    package var hue: Double {
        let degrees = atan2(b, a) * 180 / .pi
        return degrees < 0 ? degrees + 360 : degrees
    }

    /// Euclidean distance, about perceptual; 0.02 is just visible side by side.
    package func distance(to other: OKLab) -> Double {
        let (l, p, q) = (lightness - other.lightness, a - other.a, b - other.b)
        return (l * l + p * p + q * q).squareRoot()
    }

    /// From linear light, red, green and blue in 0–1.
    package init(linear rgb: SIMD3<Double>) {
        let l = cbrt(0.4122214708 * rgb.x + 0.5363325363 * rgb.y + 0.0514459929 * rgb.z)
        let m = cbrt(0.2119034982 * rgb.x + 0.6806995451 * rgb.y + 0.1073969566 * rgb.z)
        let s = cbrt(0.0883024619 * rgb.x + 0.2817188376 * rgb.y + 0.6299787005 * rgb.z)
        self.init(
            lightness: 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
            a: 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
            b: 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s)
    }

    /// Linear light, which lies outside 0–1 for colours that sRGB lacks.
    package var linear: SIMD3<Double> {
        let l = lightness + 0.3963377774 * a + 0.2158037573 * b
        let m = lightness - 0.1055613458 * a - 0.0638541728 * b
        let s = lightness - 0.0894841775 * a - 1.2914855480 * b
        let (l3, m3, s3) = (l * l * l, m * m * m, s * s * s)
        return SIMD3(
            4.0767416621 * l3 - 3.3077115913 * m3 + 0.2309699292 * s3,
            -1.2684380046 * l3 + 2.6097574011 * m3 - 0.3413193965 * s3,
            -0.0041960863 * l3 - 0.7034186147 * m3 + 1.7076147010 * s3)
    }

    /// The nearest colour of the same lightness and hue that sRGB has, by bisecting the chroma.
    package var inGamut: OKLab {
        let clamped = min(max(lightness, 0), 1)
        let candidate = OKLab(lightness: clamped, a: a, b: b)
        if candidate.linear.isDisplayable { return candidate }
        var (low, high) = (0.0, 1.0)
        for _ in 0..<10 {
            let middle = (low + high) / 2
            let tried = OKLab(lightness: clamped, a: a * middle, b: b * middle)
            if tried.linear.isDisplayable { low = middle } else { high = middle }
        }
        return OKLab(lightness: clamped, a: a * low, b: b * low)
    }

    /// From an sRGB colour, its alpha left out.
    package init(_ color: Color) {
        self.init(
            linear: SIMD3(
                SRGB.linear[Int(color.red)], SRGB.linear[Int(color.green)], SRGB.linear[Int(color.blue)]))
    }

    /// The opaque sRGB colour, brought into the gamut.
    package var color: Color {
        let rgb = inGamut.linear
        return Color(red: SRGB.byte(rgb.x), green: SRGB.byte(rgb.y), blue: SRGB.byte(rgb.z))
    }
}

extension SIMD3<Double> {
    fileprivate var isDisplayable: Bool {
        // A ten-thousandth is far below one step of 8 bits.
        self.min() >= -0.0001 && self.max() <= 1.0001
    }
}
