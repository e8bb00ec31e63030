import Glibc
import ThumbwireKit

/// How much a vignette darkens each pixel, with the dither that keeps its slopes free of bands.
struct VignetteMask {
    /// The vignette begins and is complete at these distances from the centre, in half diagonals.
    private static let begin = 0.45
    private static let end = 1.05
    /// Steps of the table of gains over the squared distance.
    private static let steps = 4_096

    private let gains: [UInt32]
    private let columns: [Float]
    private let rows: [Float]

    init(size: PixelSize, strength: Double) {
        gains = (0...Self.steps).map { step in
            let distance = (Double(step) / Double(Self.steps)).squareRoot()
            let light = 1 - min(strength, 1) * smoothStep(Self.begin, Self.end, distance)
            // Dimming linear light by a factor is about dimming coded values by its 2.2th root.
            return UInt32((pow(light, 1 / 2.2) * 1_024).rounded())
        }
        let diagonal = Double(size.width * size.width + size.height * size.height) / 4
        func squares(_ side: Int) -> [Float] {
            (0..<side).map { place in
                let distance = Double(place) + 0.5 - Double(side) / 2
                return Float(distance * distance / diagonal * Double(Self.steps))
            }
        }
        columns = squares(size.width)
        rows = squares(size.height)
    }

    /// The gains of one row.
    struct Row {
        fileprivate let gains: UnsafeBufferPointer<UInt32>
        fileprivate let columns: UnsafeBufferPointer<Float>
        fileprivate let square: Float
        fileprivate let thresholds: SIMD8<UInt32>

        /// The byte of a channel given with 13 fractional bits.
        @inline(__always)
        func dim(_ channel: UInt64, _ column: Int) -> UInt32 {
            let step = Int(columns[column] + square)
            let value = channel &* UInt64(gains[step]) &+ UInt64(thresholds[column & 7])
            return UInt32(truncatingIfNeeded: value >> 23)
        }
    }

    func withRow(_ row: Int, _ body: (Row) -> Void) {
        gains.withUnsafeBufferPointer { gains in
            columns.withUnsafeBufferPointer { columns in
                body(
                    Row(
                        gains: gains, columns: columns, square: rows[row],
                        thresholds: orderedDither[row & 7]))
            }
        }
    }
}

/// An 8×8 Bayer matrix as thresholds of one step of 8 bits, in 23 fractional bits.
private let orderedDither: [SIMD8<UInt32>] = (0..<8).map { row in
    var line = SIMD8<UInt32>()
    for column in 0..<8 {
        let mixed = row ^ column
        var order = 0
        for bit in 0..<3 {
            order = order << 2 | (mixed >> bit & 1) << 1 | (row >> bit & 1)
        }
        line[column] = UInt32((Double(order) + 0.5) / 64 * Double(1 << 23))
    }
    return line
}
