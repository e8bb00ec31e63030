import Testing
import ThumbwireKit

@testable import Imaging

private let looks = ColorGrading.allCases.filter { $0 != .none }

private func graded(_ color: Color, _ preset: ColorGrading, strength: Double = 1) -> OKLab {
    OKLab(exactly(color, preset, strength: strength))
}

private func exactly(_ color: Color, _ preset: ColorGrading, strength: Double = 1) -> Color {
    let input = SIMD3(Double(color.red), Double(color.green), Double(color.blue)) / 255
    let output = GradeRecipe.apply(Grade(preset: preset, strength: strength), to: input) * 255
    return Color(
        red: UInt8(output.x.rounded()), green: UInt8(output.y.rounded()), blue: UInt8(output.z.rounded()))
}

private func gray(_ value: Int) -> Color {
    Color(red: UInt8(value), green: UInt8(value), blue: UInt8(value))
}

@Suite struct GradeTests {
    @Test(arguments: [
        (ColorGrading.warm, 139, 130, 115), (.cool, 121, 130, 140), (.cinematic, 141, 134, 128),
        (.vintage, 139, 123, 116), (.desaturated, 130, 130, 130), (.neon, 148, 124, 145),
    ])
    func `middle grey goes where the recipe was measured`(
        preset: ColorGrading, red: Int, green: Int, blue: Int
    ) {
        let result = exactly(gray(128), preset)

        #expect(abs(Int(result.red) - red) <= 2, "\(preset) \(result)")
        #expect(abs(Int(result.green) - green) <= 2, "\(preset) \(result)")
        #expect(abs(Int(result.blue) - blue) <= 2, "\(preset) \(result)")
    }

    @Test func `vintage lifts black and dims white`() {
        #expect(
            OKLab(exactly(.black, .vintage)).distance(to: OKLab(Color(red: 30, green: 21, blue: 36))) < 0.01)
        #expect(
            OKLab(exactly(.white, .vintage)).distance(to: OKLab(Color(red: 230, green: 225, blue: 202)))
                < 0.01)
    }

    @Test(arguments: looks)
    func `a grey ramp stays strictly ascending`(preset: ColorGrading) {
        let ramp = stride(from: 0, through: 255, by: 5).map { graded(gray($0), preset).lightness }

        #expect(zip(ramp, ramp.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func `each look moves colours the way its name says`() {
        for patch in patches {
            let before = OKLab(patch)
            #expect(graded(patch, .warm).b > before.b, "warm \(patch)")
            #expect(graded(patch, .cool).b < before.b, "cool \(patch)")
            if before.chroma > 0.02 {
                #expect(graded(patch, .desaturated).chroma < before.chroma * 0.6, "desaturated \(patch)")
            }
        }
        let sky = Color(red: 106, green: 160, blue: 217)
        #expect(graded(gray(40), .cinematic).a < 0)
        #expect(graded(gray(40), .cinematic).b < 0)
        #expect(graded(gray(190), .cinematic).b > 0)
        #expect(graded(sky, .cinematic).a < OKLab(sky).a)
        #expect(graded(gray(40), .neon).chroma > 0.05)
    }

    @Test(arguments: [(ColorGrading.warm, 10.0), (.cool, 10), (.cinematic, 10), (.desaturated, 3)])
    func `skin keeps its hue`(preset: ColorGrading, bound: Double) {
        for skin in patches.prefix(4) {
            let shift = abs(graded(skin, preset).hue - OKLab(skin).hue)
            #expect(min(shift, 360 - shift) <= bound, "\(skin) by \(shift)")
        }
    }

    @Test func `any two looks are told apart`() {
        let all = ColorGrading.allCases
        for (index, first) in all.enumerated() {
            for second in all.dropFirst(index + 1) {
                let distances = patches.map { graded($0, first).distance(to: graded($0, second)) }
                let mean = distances.reduce(0, +) / Double(patches.count)
                #expect(mean >= 0.02, "\(first) and \(second): \(mean)")
            }
        }
    }

    @Test func `exposure stays about the same`() {
        for preset in looks {
            let shifts = patches.map { graded($0, preset).lightness - OKLab($0).lightness }
            #expect(abs(shifts.reduce(0, +)) / Double(patches.count) < 0.05, "\(preset)")
        }
    }

    @Test func `half the strength goes half the way`() {
        let patch = Color(red: 106, green: 160, blue: 217)
        let whole = graded(patch, .cinematic).distance(to: OKLab(patch))
        let half = graded(patch, .cinematic, strength: 0.5).distance(to: OKLab(patch))

        #expect(abs(half / whole - 0.5) < 0.1)
    }
}

@Suite struct ColorLUTTests {
    @Test func `no grading has no table`() {
        #expect(ColorLUT.shared(for: Grade(preset: .none)) == nil)
        #expect(ColorLUT.shared(for: Grade(preset: .neon, strength: 0)) == nil)
    }

    @Test func `the same grading shares one table`() throws {
        let first = try #require(ColorLUT.shared(for: Grade(preset: .warm, strength: 0.7)))
        let second = try #require(ColorLUT.shared(for: Grade(preset: .warm, strength: 0.7)))

        #expect(first === second)
    }

    @Test(arguments: looks)
    func `the table is as good as the recipe`(preset: ColorGrading) throws {
        let before = patchwork()
        let after = before.copy()
        try #require(ColorLUT.shared(for: Grade(preset: preset))).apply(to: after)

        var (sum, count) = (0, 0)
        for row in stride(from: 0, to: 256, by: 3) {
            for column in stride(from: 0, to: 256, by: 3) {
                let expected = exactly(color(of: before, column, row), preset)
                let found = color(of: after, column, row)
                sum +=
                    abs(Int(expected.red) - Int(found.red)) + abs(Int(expected.green) - Int(found.green))
                    + abs(Int(expected.blue) - Int(found.blue))
                count += 3
            }
        }
        #expect(Double(sum) / Double(count) <= 0.3, "\(preset): \(Double(sum) / Double(count))")
    }

    @Test func `an identity table returns all sample colours and keeps the fourth byte`() {
        let table = ColorLUT(Grade(preset: .none))
        let before = patchwork()
        let after = before.copy()

        table.apply(to: after)

        withExtendedLifetime((before, after)) { #expect(after.bytes.elementsEqual(before.bytes)) }
    }

    @Test func `a vignette darkens corners and leaves the middle`() {
        let table = ColorLUT(Grade(preset: .none))
        let buffer = picture(320, 180) { _, _ in Color(red: 200, green: 200, blue: 200) }

        table.apply(to: buffer, vignette: 0.4)

        #expect(abs(Int(color(of: buffer, 160, 90).red) - 200) <= 1)
        #expect(color(of: buffer, 1, 1).red < 175)
        #expect(abs(Int(color(of: buffer, 1, 1).red) - Int(color(of: buffer, 318, 178).red)) <= 1)
    }
}

@Suite struct OKLabTests {
    @Test func `colours survive the way there and back`() {
        for patch in patches { #expect(OKLab(patch).color == patch) }
    }

    @Test func `colours outside sRGB keep lightness and hue`() {
        let wild = OKLab(lightness: 0.7, chroma: 0.4, hue: 140)

        let tamed = wild.inGamut

        #expect(abs(tamed.lightness - 0.7) < 0.001)
        #expect(abs(tamed.hue - 140) < 0.1)
        #expect(tamed.chroma < 0.3)
    }

    @Test func `contrast is the one of WCAG`() {
        #expect(abs(Contrast.ratio(.white, .black) - 21) < 0.001)
        #expect(abs(Contrast.ratio(.white, Color(red: 118, green: 118, blue: 118)) - 4.54) < 0.01)
    }
}
