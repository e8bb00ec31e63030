import Glibc

/// The transfer curve of sRGB (IEC 61966-2-1).
package enum SRGB {
    /// Linear light of each of the 256 coded values.
    package static let linear: [Double] = (0..<256).map { decode(Double($0) / 255) }

    /// Linear light of a coded value, both 0–1.
    package static func decode(_ value: Double) -> Double {
        value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }

    /// The coded value of linear light; values outside 0–1 are clamped.
    package static func encode(_ light: Double) -> Double {
        let light = min(max(light, 0), 1)
        return light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1 / 2.4) - 0.055
    }

    /// The nearest of the 256 coded values of linear light.
    package static func byte(_ light: Double) -> UInt8 {
        UInt8((encode(light) * 255).rounded())
    }
}
