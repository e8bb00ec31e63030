package import ThumbwireKit

/// How bright a region is: percentiles of the relative luminance (WCAG 2.2), 0–1.
package struct LuminanceStatistics: Hashable, Sendable {
    /// Only a twentieth of the region is darker.
    package var dark: Double
    /// The median.
    package var median: Double
    /// Only a twentieth of the region is brighter.
    package var bright: Double

    /// Measures a region of a picture.
    package init(of grid: PictureGrid, in rect: UnitRect = .full) {
        let (columns, rows) = grid.cells(in: rect)
        var values: [Double] = []
        values.reserveCapacity(columns.count * rows.count)
        for row in rows {
            for column in columns {
                values.append(Self.luminance(grid.cells[row * grid.size.width + column]))
            }
        }
        self.init(of: &values)
    }

    /// Measures values, which are put in order; none count as black.
    package init(of values: inout [Double]) {
        values.sort()
        func percentile(_ fraction: Double) -> Double {
            values.isEmpty ? 0 : values[min(values.count - 1, Int(fraction * Double(values.count)))]
        }
        dark = percentile(0.05)
        median = percentile(0.5)
        bright = percentile(0.95)
    }

    /// The relative luminance of coded values in 0–255.
    package static func luminance(_ cell: SIMD3<Float>) -> Double {
        0.2126 * SRGB.linear[Int(cell.x)] + 0.7152 * SRGB.linear[Int(cell.y)]
            + 0.0722 * SRGB.linear[Int(cell.z)]
    }

    /// The contrast that a colour has to all but the worst twentieth of the region.
    package func worstContrast(of color: Color) -> Double {
        let luminance = Contrast.luminance(color)
        return min(Contrast.ratio(luminance, bright), Contrast.ratio(luminance, dark))
    }
}
