import Testing
import ThumbwireKit

@testable import Imaging

private let dim = Color(red: 40, green: 44, blue: 52)

@Suite struct AnalysisTests {
    @Test func `luminance percentiles see the bright half`() {
        let grid = PictureGrid(picture(320, 180) { column, _ in column < 160 ? .black : .white })

        let left = LuminanceStatistics(of: grid, in: UnitRect(x: 0, y: 0, width: 0.5, height: 1))
        let all = LuminanceStatistics(of: grid)

        #expect(left.bright == 0)
        #expect(all.dark == 0)
        #expect(all.bright == 1)
        #expect(abs(left.worstContrast(of: .white) - 21) < 0.01)
        #expect(all.worstContrast(of: .white) == 1)
    }

    @Test func `the focus lies on the only thing there is`() {
        let grid = PictureGrid(
            picture(640, 360) { column, row in
                (460..<560).contains(column) && (80..<180).contains(row)
                    ? Color(red: 230, green: 120, blue: 40) : dim
            })

        let map = SaliencyMap(grid)

        #expect(abs(map.focus.x - 0.797) < 0.05)
        #expect(abs(map.focus.y - 0.361) < 0.05)
        #expect(map.weights.relativeMean(in: UnitRect(x: 0.7, y: 0.2, width: 0.2, height: 0.35)) > 2)
    }

    @Test func `edges make a region busy`() {
        let grid = PictureGrid(
            picture(320, 180) { column, row in
                column < 160 ? dim : (((column / 6) + (row / 6)) % 2 == 0 ? .white : .black)
            })

        let energy = SaliencyMap(grid).energy

        #expect(energy.relativeMean(in: UnitRect(x: 0, y: 0, width: 0.45, height: 1)) < 0.1)
        #expect(energy.relativeMean(in: UnitRect(x: 0.5, y: 0, width: 0.5, height: 1)) > 1.8)
    }

    @Test func `skin of every tone counts as skin, sky does not`() {
        func score(_ color: Color) -> Float {
            let lab = OKLab(color)
            return SaliencyMap.skin(SIMD3(Float(lab.lightness), Float(lab.a), Float(lab.b)))
        }

        for skin in patches.prefix(4) { #expect(score(skin) > 0.4, "\(skin): \(score(skin))") }
        #expect(score(Color(red: 106, green: 160, blue: 217)) < 0.01)
        #expect(score(Color(red: 86, green: 125, blue: 60)) < 0.05)
    }

    @Test func `the palette finds colours with their shares, and again the same`() {
        let grid = PictureGrid(
            picture(160, 90) { column, _ in
                column < 120 ? dim : Color(red: 220, green: 60, blue: 40)
            }, longerSide: 80)

        let palette = Palette(grid)

        #expect(palette.swatches.first.map { abs($0.share - 0.75) < 0.02 } == true)
        #expect(palette.accent?.color == Color(red: 220, green: 60, blue: 40))
        #expect(Palette(grid).swatches == palette.swatches)
    }

    @Test func `a grey picture has no accent`() {
        let grid = PictureGrid(
            picture(64, 64) { column, _ in
                Color(red: UInt8(column * 4), green: UInt8(column * 4), blue: UInt8(column * 4))
            })

        #expect(Palette(grid).accent == nil)
    }

    @Test(arguments: [(1, 1), (1, 500), (500, 1), (3, 2)])
    func `pictures of any shape can be analysed`(width: Int, height: Int) {
        let grid = PictureGrid(picture(width, height) { _, _ in dim })

        let map = SaliencyMap(grid)

        #expect((0...1).contains(map.focus.x))
        #expect(!Palette(grid).swatches.isEmpty)
    }

    @Test func `sums over a map are exact`() {
        let map = SummedArea((0..<12).map { Float($0) }, size: PixelSize(width: 4, height: 3))

        #expect(map.total == 66)
        #expect(map.sum(columns: 1..<3, rows: 1..<3) == 5 + 6 + 9 + 10)
        #expect(map.sum(columns: -3..<99, rows: 0..<1) == 6)
    }
}
