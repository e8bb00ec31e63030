import ThumbwireKit

/// One resize: rows are filtered across into a ring of floating-point rows, which are then filtered down.
///
/// The loops over channels are plain, because the compiler turns those into vector instructions.
struct ResamplePass {
    let source: PixelBuffer
    let result: PixelBuffer
    let across: ResampleAxis
    let down: ResampleAxis

    private typealias Pixel = SIMD4<Float>

    func run() {
        let width = result.size.width
        let wide = UnsafeMutablePointer<Pixel>.allocate(capacity: source.size.width)
        let sums = UnsafeMutablePointer<Float>.allocate(capacity: width * 4)
        let ring = UnsafeMutablePointer<Pixel>.allocate(capacity: width * down.taps)
        defer {
            wide.deallocate()
            sums.deallocate()
            ring.deallocate()
        }
        var next = 0
        for y in 0..<result.size.height {
            let start = down.starts[y]
            next = max(next, start)
            while next < start + down.taps {
                widen(row: next, into: wide)
                filterAcross(wide, into: ring + next % down.taps * width)
                next += 1
            }
            filterDown(UnsafeMutableRawPointer(ring).assumingMemoryBound(to: Float.self), row: y, sums)
            narrow(sums, row: y)
        }
    }

    private func widen(row: Int, into wide: UnsafeMutablePointer<Pixel>) {
        let bytes = (source.base + row * source.stride).assumingMemoryBound(to: UInt8.self)
        let channels = UnsafeMutableRawPointer(wide).assumingMemoryBound(to: Float.self)
        let first = (across.starts.first ?? 0) * 4
        let last = ((across.starts.last ?? 0) + across.taps) * 4
        for channel in first..<last {
            channels[channel] = Float(bytes[channel])
        }
    }

    private func filterAcross(_ wide: UnsafeMutablePointer<Pixel>, into row: UnsafeMutablePointer<Pixel>) {
        let taps = across.taps
        across.weights.withUnsafeBufferPointer { weights in
            across.starts.withUnsafeBufferPointer { starts in
                guard var weight = weights.baseAddress else { return }
                for x in 0..<starts.count {
                    let from = wide + starts[x]
                    var sum = from[0] * weight[0]
                    var tap = 1
                    while tap < taps {
                        sum += from[tap] * weight[tap]
                        tap &+= 1
                    }
                    row[x] = sum
                    weight += taps
                }
            }
        }
    }

    /// Sums the rows that make row `y`, each with its weight, four rows in one go over the sums.
    private func filterDown(
        _ ring: UnsafeMutablePointer<Float>, row y: Int, _ sums: UnsafeMutablePointer<Float>
    ) {
        let (taps, count) = (down.taps, result.size.width * 4)
        for channel in 0..<count { sums[channel] = 0 }
        for first in stride(from: 0, to: taps, by: 4) {
            var rows = (ring, ring, ring, ring)
            var weights = (Float(0), Float(0), Float(0), Float(0))
            withUnsafeMutableBytes(of: &rows) { rows in
                withUnsafeMutableBytes(of: &weights) { weights in
                    let rows = rows.assumingMemoryBound(to: UnsafeMutablePointer<Float>.self)
                    let weights = weights.assumingMemoryBound(to: Float.self)
                    for tap in first..<min(first + 4, taps) {
                        rows[tap - first] = ring + (down.starts[y] + tap) % taps * count
                        weights[tap - first] = down.weights[y * taps + tap]
                    }
                }
            }
            for channel in 0..<count {
                sums[channel] +=
                    rows.0[channel] * weights.0 + rows.1[channel] * weights.1
                    + (rows.2[channel] * weights.2 + rows.3[channel] * weights.3)
            }
        }
    }

    /// Clamps what filters with negative lobes overshoot: colours end at alpha.
    private func narrow(_ sums: UnsafeMutablePointer<Float>, row y: Int) {
        let to = (result.base + y * result.stride).assumingMemoryBound(to: UInt8.self)
        if source.hasAlpha {
            for x in 0..<result.size.width {
                let alpha = Self.byte(sums[x * 4 + 3])
                for channel in x * 4..<x * 4 + 3 {
                    to[channel] = min(Self.byte(sums[channel]), alpha)
                }
                to[x * 4 + 3] = alpha
            }
        } else {
            for channel in 0..<result.size.width * 4 {
                to[channel] = Self.byte(sums[channel])
            }
        }
    }

    /// Rounds to nearest. Adding 2²³ leaves the whole part in the lowest bits; a checked conversion would
    /// keep the loop from becoming vector instructions.
    private static func byte(_ value: Float) -> UInt8 {
        let low = value < 0 ? 0 : value
        let clamped = low > 255 ? 255 : low
        return UInt8(truncatingIfNeeded: (clamped + 8_388_608).bitPattern)
    }
}
