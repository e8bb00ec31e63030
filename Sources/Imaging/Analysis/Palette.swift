import Glibc
import ThumbwireKit

/// The main colours of a picture: k-means in OKLab, the same for the same pixels.
package struct Palette: Sendable {
    /// A colour and how much of the picture is near it.
    package struct Swatch: Hashable, Sendable {
        package var color: OKLab
        /// Fraction of the picture, 0–1.
        package var share: Double
    }

    /// Most of the picture first.
    package let swatches: [Swatch]

    /// Clusters the cells of a grid; 80×45 cells and 8 clusters take under a millisecond.
    package init(_ grid: PictureGrid, clusters: Int = 8, iterations: Int = 12) {
        let cells = grid.labCells
        var centers = Self.spread(cells, count: min(clusters, cells.count))
        var counts = [Float](repeating: 0, count: centers.count)
        for _ in 0..<iterations {
            var sums = [SIMD3<Float>](repeating: SIMD3(), count: centers.count)
            counts = [Float](repeating: 0, count: centers.count)
            for cell in cells {
                let index = Self.nearest(cell, centers).index
                sums[index] += cell
                counts[index] += 1
            }
            for index in centers.indices where counts[index] > 0 {
                centers[index] = sums[index] / counts[index]
            }
        }
        var found: [Swatch] = []
        for (center, count) in zip(centers, counts) where count > 0 {
            let color = OKLab(lightness: Double(center.x), a: Double(center.y), b: Double(center.z))
            found.append(Swatch(color: color, share: Double(count) / Double(cells.count)))
        }
        swatches = found.sorted { $0.share > $1.share }
    }

    /// Starts from the first cell and adds the cell that is farthest from all chosen ones.
    private static func spread(_ cells: [SIMD3<Float>], count: Int) -> [SIMD3<Float>] {
        var centers = [cells[0]]
        var distances = cells.map { squaredDistance($0, centers[0]) }
        while centers.count < count {
            var farthest = 0
            for index in distances.indices where distances[index] > distances[farthest] { farthest = index }
            let center = cells[farthest]
            centers.append(center)
            for index in cells.indices {
                distances[index] = min(distances[index], squaredDistance(cells[index], center))
            }
        }
        return centers
    }

    private static func nearest(
        _ cell: SIMD3<Float>, _ centers: [SIMD3<Float>]
    ) -> (index: Int, distance: Float) {
        var best = (index: 0, distance: Float.infinity)
        for (index, center) in centers.enumerated() {
            let distance = squaredDistance(cell, center)
            if distance < best.distance { best = (index, distance) }
        }
        return best
    }

    private static func squaredDistance(_ first: SIMD3<Float>, _ second: SIMD3<Float>) -> Float {
        let difference = first - second
        return (difference * difference).sum()
    }

    /// The swatch that works best as an accent: colourful, not too rare, neither skin nor near black or white;
    /// `nil` for pictures without colour.
    package var accent: OKLab? {
        var best: (color: OKLab, score: Double)?
        for swatch in swatches where swatch.color.chroma >= 0.04 {
            let color = swatch.color
            let cell = SIMD3(Float(color.lightness), Float(color.a), Float(color.b))
            var score = min(color.chroma / 0.16, 1.2) * pow(swatch.share, 0.35)
            score *= 1 - 0.5 * Double(SaliencyMap.skin(cell))
            if color.lightness < 0.22 || color.lightness > 0.96 { score *= 0.3 }
            if score > best?.score ?? 0 { best = (color, score) }
        }
        return best?.color
    }
}
