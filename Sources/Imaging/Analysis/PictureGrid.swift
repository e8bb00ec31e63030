package import ThumbwireKit

/// A picture reduced to a few thousand cells, each the mean colour of its pixels: what all analysis looks at.
package struct PictureGrid: Sendable {
    /// Cells across and down.
    package let size: PixelSize
    /// The cells row after row: red, green and blue as coded values in 0–255.
    package let cells: [SIMD3<Float>]

    /// Reduces `picture` to at most `longerSide` cells along its longer side.
    package init(_ picture: PixelBuffer, longerSide: Int = 160) {
        let longest = max(picture.size.width, picture.size.height)
        let side = min(longerSide, longest)
        let size = PixelSize(
            width: max(1, picture.size.width * side / longest),
            height: max(1, picture.size.height * side / longest))
        var cells: [SIMD3<Float>] = []
        cells.reserveCapacity(size.width * size.height)
        for row in 0..<size.height {
            let rows = Self.band(row, of: size.height, over: picture.size.height)
            for column in 0..<size.width {
                let columns = Self.band(column, of: size.width, over: picture.size.width)
                cells.append(Self.mean(of: picture, rows: rows, columns: columns))
            }
        }
        self.size = size
        self.cells = cells
    }

    private static func band(_ index: Int, of count: Int, over pixels: Int) -> Range<Int> {
        index * pixels / count..<(index + 1) * pixels / count
    }

    /// Looks at no more than 8 by 8 pixels of a cell: enough for a mean, however large the picture.
    private static func mean(
        of picture: PixelBuffer, rows: Range<Int>, columns: Range<Int>
    ) -> SIMD3<Float> {
        let (rowStep, columnStep) = (max(1, rows.count / 8), max(1, columns.count / 8))
        var (red, green, blue, count): (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
        for row in stride(from: rows.lowerBound, to: rows.upperBound, by: rowStep) {
            let line = (picture.base + row * picture.stride).assumingMemoryBound(to: UInt32.self)
            for column in stride(from: columns.lowerBound, to: columns.upperBound, by: columnStep) {
                let pixel = line[column]
                red &+= pixel >> 16 & 0xFF
                green &+= pixel >> 8 & 0xFF
                blue &+= pixel & 0xFF
                count &+= 1
            }
        }
        return SIMD3(Float(red), Float(green), Float(blue)) / Float(max(1, count))
    }

    /// The cells that a region of the picture covers, at least one.
    package func cells(in rect: UnitRect) -> (columns: Range<Int>, rows: Range<Int>) {
        func range(_ start: Double, _ length: Double, _ count: Int) -> Range<Int> {
            let low = min(max(Int((start * Double(count)).rounded(.down)), 0), count - 1)
            let high = min(max(Int(((start + length) * Double(count)).rounded(.up)), low + 1), count)
            return low..<high
        }
        return (range(rect.x, rect.width, size.width), range(rect.y, rect.height, size.height))
    }

    /// OKLab of every cell: lightness, a, b.
    package var labCells: [SIMD3<Float>] {
        cells.map { cell in
            let lab = OKLab(
                linear: SIMD3(
                    SRGB.linear[Int(cell.x)], SRGB.linear[Int(cell.y)], SRGB.linear[Int(cell.z)]))
            return SIMD3(Float(lab.lightness), Float(lab.a), Float(lab.b))
        }
    }
}
