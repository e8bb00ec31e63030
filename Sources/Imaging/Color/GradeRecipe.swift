import Glibc
package import ThumbwireKit

/// The gradings as functions of one colour, in OKLab; a ``ColorLUT`` samples them.
package enum GradeRecipe {
    /// How strongly a grading darkens the corners at full strength.
    package static func vignette(of preset: ColorGrading) -> Double {
        switch preset {
        case .cinematic: 0.35
        case .vintage: 0.3
        case .neon: 0.4
        case .none, .warm, .cool, .desaturated: 0
        }
    }

    /// The graded colour; channels are coded sRGB values in 0–1.
    package static func apply(_ grade: Grade, to rgb: SIMD3<Double>) -> SIMD3<Double> {
        guard grade.preset != .none, grade.strength > 0 else { return rgb }
        let light = SIMD3(SRGB.decode(rgb.x), SRGB.decode(rgb.y), SRGB.decode(rgb.z))
        let input = OKLab(linear: light)
        let full = graded(grade.preset, rgb: rgb, light: light)
        let strength = min(grade.strength, 1)
        let mixed = OKLab(
            lightness: input.lightness + (full.lightness - input.lightness) * strength,
            a: input.a + (full.a - input.a) * strength, b: input.b + (full.b - input.b) * strength)
        let result = mixed.inGamut.linear
        return SIMD3(SRGB.encode(result.x), SRGB.encode(result.y), SRGB.encode(result.z))
    }

    private static func graded(
        _ preset: ColorGrading, rgb: SIMD3<Double>, light: SIMD3<Double>
    ) -> OKLab {
        switch preset {
        case .none: OKLab(linear: light)
        case .warm: warm(light)
        case .cool: cool(light)
        case .cinematic: cinematic(OKLab(linear: light))
        case .vintage: vintage(rgb)
        case .desaturated: desaturated(OKLab(linear: light))
        case .neon: neon(OKLab(linear: light))
        }
    }

    private static func warm(_ light: SIMD3<Double>) -> OKLab {
        var color = OKLab(linear: gained(light, by: SIMD3(1.10, 1, 0.84)))
        color.scaleChroma(by: 1.06)
        let high = smoothStep(0.45, 1, color.lightness)
        color.a += 0.012 * high
        color.b += 0.035 * high
        let l = color.lightness
        color.lightness = 0.015 + 0.985 * (0.55 * l + 0.45 * sCurve(l, steepness: 1.6, pivot: 0.48))
        return color
    }

    private static func cool(_ light: SIMD3<Double>) -> OKLab {
        var color = OKLab(linear: gained(light, by: SIMD3(0.86, 1, 1.18)))
        color.scaleChroma(by: 0.96)
        let shadow = 1 - smoothStep(0, 0.6, color.lightness)
        color.a -= 0.014 * shadow
        color.b -= 0.035 * shadow
        let l = color.lightness
        color.lightness = 0.55 * l + 0.45 * sCurve(l, steepness: 1.8, pivot: 0.5)
        return color
    }

    private static func cinematic(_ input: OKLab) -> OKLab {
        var color = input
        let l = color.lightness
        color.tint(1 - smoothStep(0, 0.55, l), hue: 205, chroma: 0.052)
        color.tint(smoothStep(0.40, 0.95, l) * (1 - smoothStep(0.92, 1, l)), hue: 62, chroma: 0.045)
        color.pullHue(toward: 215, width: 60, amount: 0.35)
        color.pullHue(toward: 58, width: 35, amount: 0.25)
        color.scaleChroma(by: 0.94)
        color.lightness = 0.018 + 0.975 * (0.35 * l + 0.65 * sCurve(l, steepness: 3.2, pivot: 0.47))
        return color
    }

    private static let vintageRed = MonotoneCurve([SIMD2(0, 0.11), SIMD2(0.42, 0.51), SIMD2(1, 0.96)])
    private static let vintageGreen = MonotoneCurve([SIMD2(0, 0.06), SIMD2(0.5, 0.485), SIMD2(1, 0.93)])
    private static let vintageBlue = MonotoneCurve([SIMD2(0, 0.14), SIMD2(0.49, 0.44), SIMD2(1, 0.80)])

    private static func vintage(_ rgb: SIMD3<Double>) -> OKLab {
        let curved = SIMD3(vintageRed(rgb.x), vintageGreen(rgb.y), vintageBlue(rgb.z))
        let mixed = rgb * 0.15 + curved * 0.85
        var color = OKLab(
            linear: SIMD3(SRGB.decode(mixed.x), SRGB.decode(mixed.y), SRGB.decode(mixed.z)))
        color.scaleChroma(by: 0.82)
        color.lightness = 0.05 + 0.90 * color.lightness
        return color
    }

    private static func desaturated(_ input: OKLab) -> OKLab {
        var color = input
        color.scaleChroma(by: 0.32 + 0.10 * smoothStep(0.08, 0.25, color.chroma))
        let l = color.lightness
        color.lightness = 0.5 * l + 0.5 * sCurve(l, steepness: 2.4, pivot: 0.5)
        return color
    }

    private static func neon(_ input: OKLab) -> OKLab {
        var color = input
        let l = color.lightness
        let relative = color.chroma / 0.10
        color.scaleChroma(by: 1.15 + 0.50 * exp(-relative * relative))
        color.tint(1 - smoothStep(0, 0.5, l), hue: 295, chroma: 0.11)
        let middle = (l - 0.5) / 0.17
        color.tint(exp(-middle * middle), hue: 340, chroma: 0.07)
        color.tint(smoothStep(0.5, 0.95, l) * (1 - smoothStep(0.95, 1, l)), hue: 205, chroma: 0.085)
        color.lightness = 0.3 * l + 0.7 * sCurve(l, steepness: 3.4, pivot: 0.5)
        return color
    }

    /// White balance by gains in linear light that leaves the luminance as it was.
    private static func gained(_ light: SIMD3<Double>, by gains: SIMD3<Double>) -> SIMD3<Double> {
        let weights = SIMD3(0.2126, 0.7152, 0.0722)
        let changed = light * gains
        let after = (changed * weights).sum()
        return after > 0 ? changed * ((light * weights).sum() / after) : changed
    }
}

extension OKLab {
    fileprivate mutating func scaleChroma(by factor: Double) {
        a *= factor
        b *= factor
    }

    fileprivate mutating func tint(_ weight: Double, hue: Double, chroma: Double) {
        a += weight * chroma * cos(hue * .pi / 180)
        b += weight * chroma * sin(hue * .pi / 180)
    }

    /// Turns hues near `target` towards it; `width` is the standard deviation in degrees.
    fileprivate mutating func pullHue(toward target: Double, width: Double, amount: Double) {
        let distance = remainder(target - hue, 360)
        let relative = distance / width
        let turned = hue + distance * amount * exp(-relative * relative / 2)
        self = OKLab(lightness: lightness, chroma: chroma, hue: turned)
    }
}
