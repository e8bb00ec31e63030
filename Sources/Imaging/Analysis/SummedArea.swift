package import ThumbwireKit

/// A map of weights whose sum over any rectangle costs four look-ups.
package struct SummedArea: Sendable {
    /// Cells across and down.
    package let size: PixelSize
    private let sums: [Double]

    package init(_ values: [Float], size: PixelSize) {
        self.size = size
        let width = size.width + 1
        var sums = [Double](repeating: 0, count: width * (size.height + 1))
        for row in 0..<size.height {
            var line = 0.0
            for column in 0..<size.width {
                line += Double(values[row * size.width + column])
                sums[(row + 1) * width + column + 1] = sums[row * width + column + 1] + line
            }
        }
        self.sums = sums
    }

    /// The sum over cells; ranges are clamped to the map.
    package func sum(columns: Range<Int>, rows: Range<Int>) -> Double {
        let columns = columns.clamped(to: 0..<size.width)
        let rows = rows.clamped(to: 0..<size.height)
        let width = size.width + 1
        return sums[rows.upperBound * width + columns.upperBound]
            - sums[rows.lowerBound * width + columns.upperBound]
            - sums[rows.upperBound * width + columns.lowerBound]
            + sums[rows.lowerBound * width + columns.lowerBound]
    }

    /// The sum over a rectangle in fractions of the map, to the nearest cells.
    package func sum(in rect: UnitRect) -> Double {
        func range(_ start: Double, _ length: Double, _ count: Int) -> Range<Int> {
            let low = min(max(Int((start * Double(count)).rounded()), 0), count)
            return low..<max(low, min(Int(((start + length) * Double(count)).rounded()), count))
        }
        return sum(
            columns: range(rect.x, rect.width, size.width), rows: range(rect.y, rect.height, size.height))
    }

    /// The sum over all cells.
    package var total: Double { sum(columns: 0..<size.width, rows: 0..<size.height) }

    /// The mean over a rectangle, relative to the mean over all; 1 is as busy as the whole.
    package func relativeMean(in rect: UnitRect) -> Double {
        guard total > 0, rect.width > 0, rect.height > 0 else { return 1 }
        return sum(in: rect) / total / (rect.width * rect.height)
    }
}
