import Glibc
package import ThumbwireKit

/// Where a picture holds the eye: edges, strong colour, skin, and what differs from the border.
package struct SaliencyMap: Sendable {
    /// Weights with sums; the higher, the more it holds the eye.
    package let weights: SummedArea
    /// Strength of edges alone (Sobel on OKLab lightness): how busy a place is.
    package let energy: SummedArea
    /// The centre of the strongest weights.
    package let focus: UnitPoint

    package init(_ grid: PictureGrid) {
        let lab = grid.labCells
        let edges = Self.sobel(lab, grid.size)
        let border = Self.borderMean(lab, grid.size)
        var weights = [Float](repeating: 0, count: lab.count)
        for row in 0..<grid.size.height {
            let y = (Float(row) + 0.5) / Float(grid.size.height) - 0.5
            for column in 0..<grid.size.width {
                let x = (Float(column) + 0.5) / Float(grid.size.width) - 0.5
                let index = row * grid.size.width + column
                let center = 1 - 0.6 * min(1, (x * x + y * y) * 2)
                weights[index] = Self.weight(lab[index], edge: edges[index], border: border) * center
            }
        }
        self.weights = SummedArea(weights, size: grid.size)
        energy = SummedArea(edges, size: grid.size)
        focus = Self.focus(weights, grid.size)
    }

    private static func weight(_ cell: SIMD3<Float>, edge: Float, border: SIMD3<Float>) -> Float {
        let chroma = (cell.y * cell.y + cell.z * cell.z).squareRoot()
        let difference = cell - border
        let distance = (difference * difference).sum().squareRoot()
        return min(edge, 1) + 0.8 * min(chroma / 0.2, 1) * min(cell.x * 2, 1) + 1.2 * skin(cell)
            + 0.8 * min(distance * 2, 1)
    }

    /// 0–1: how much a colour is like skin of any tone (OKLab hue around 55°, moderate chroma).
    package static func skin(_ cell: SIMD3<Float>) -> Float {
        let chroma = (cell.y * cell.y + cell.z * cell.z).squareRoot()
        guard chroma > 0.02, cell.x > 0.25, cell.x < 0.93 else { return 0 }
        let hue = (atan2(cell.z, cell.y) * 180 / .pi - 55) / 14
        let strength = (chroma - 0.075) / 0.035
        return exp(-(hue * hue + strength * strength) / 2)
    }

    private static func sobel(_ lab: [SIMD3<Float>], _ size: PixelSize) -> [Float] {
        var edges = [Float](repeating: 0, count: lab.count)
        guard size.width > 2, size.height > 2 else { return edges }
        let width = size.width
        for row in 1..<size.height - 1 {
            for column in 1..<width - 1 {
                let index = row * width + column
                func light(_ offset: Int) -> Float { lab[index + offset].x }
                let diagonals = (light(-width - 1), light(-width + 1), light(width - 1), light(width + 1))
                let horizontal =
                    diagonals.1 - diagonals.0 + diagonals.3 - diagonals.2 + 2 * (light(1) - light(-1))
                let vertical =
                    diagonals.2 - diagonals.0 + diagonals.3 - diagonals.1 + 2 * (light(width) - light(-width))
                edges[index] = (horizontal * horizontal + vertical * vertical).squareRoot()
            }
        }
        return edges
    }

    private static func borderMean(_ lab: [SIMD3<Float>], _ size: PixelSize) -> SIMD3<Float> {
        var (sum, count) = (SIMD3<Float>(), Float(0))
        for row in 0..<size.height {
            let isEdgeRow = row == 0 || row == size.height - 1
            for column in stride(from: 0, to: size.width, by: isEdgeRow ? 1 : max(1, size.width - 1)) {
                sum += lab[row * size.width + column]
                count += 1
            }
        }
        return sum / count
    }

    /// The centre of mass of the cells well above the mean.
    private static func focus(_ weights: [Float], _ size: PixelSize) -> UnitPoint {
        let mean = weights.reduce(0, +) / Float(weights.count)
        var (x, y, mass): (Double, Double, Double) = (0, 0, 0)
        for row in 0..<size.height {
            for column in 0..<size.width {
                let excess = Double(max(0, weights[row * size.width + column] - 1.5 * mean))
                x += excess * (Double(column) + 0.5)
                y += excess * (Double(row) + 0.5)
                mass += excess
            }
        }
        guard mass > 0 else { return UnitPoint(x: 0.5, y: 0.5) }
        return UnitPoint(x: x / mass / Double(size.width), y: y / mass / Double(size.height))
    }
}
