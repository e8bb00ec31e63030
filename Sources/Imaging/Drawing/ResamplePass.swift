import Glibc
import ThumbwireKit

func sine(_ angle: Double) -> Double { sin(angle) }

/// One resize: rows are filtered across into a ring of floating-point rows, which are then filtered down.
struct ResamplePass {
    let source: PixelBuffer
    let result: PixelBuffer
    let across: ResampleAxis
    let down: ResampleAxis

    private typealias Pixel = SIMD4<Float>

    mutating func run() {
        let width = result.size.width
        let wide = UnsafeMutablePointer<Pixel>.allocate(capacity: source.size.width)
        let ring = UnsafeMutablePointer<Pixel>.allocate(capacity: width * down.taps)
        defer {
            wide.deallocate()
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
            filterDown(ring, row: y)
        }
    }

    private func widen(row: Int, into wide: UnsafeMutablePointer<Pixel>) {
        let pixels = (source.base + row * source.stride).assumingMemoryBound(to: SIMD4<UInt8>.self)
        let first = across.starts.first ?? 0
        let last = (across.starts.last ?? 0) + across.taps
        for x in first..<last {
            wide[x] = Pixel(SIMD4<Int32>(truncatingIfNeeded: pixels[x]))
        }
    }

    private func filterAcross(_ wide: UnsafeMutablePointer<Pixel>, into row: UnsafeMutablePointer<Pixel>) {
        let taps = across.taps
        across.weights.withUnsafeBufferPointer { weights in
            across.starts.withUnsafeBufferPointer { starts in
                for x in 0..<starts.count {
                    var sum = Pixel.zero
                    for tap in 0..<taps {
                        sum += wide[starts[x] &+ tap] * weights[x &* taps &+ tap]
                    }
                    row[x] = sum
                }
            }
        }
    }

    private func filterDown(_ ring: UnsafeMutablePointer<Pixel>, row y: Int) {
        let width = result.size.width
        let taps = down.taps
        let start = down.starts[y]
        let to = (result.base + y * result.stride).assumingMemoryBound(to: SIMD4<UInt8>.self)
        down.weights.withUnsafeBufferPointer { weights in
            for x in 0..<width {
                var sum = Pixel(repeating: 0.5)
                for tap in 0..<taps {
                    sum += ring[(start &+ tap) % taps &* width &+ x] * weights[y &* taps &+ tap]
                }
                to[x] = pixel(sum)
            }
        }
    }

    /// Rounds, and keeps colours at or below alpha, which filters with negative lobes can exceed.
    private func pixel(_ sum: Pixel) -> SIMD4<UInt8> {
        let top = source.hasAlpha ? min(max(sum.w, 0), 255) : 255
        let clamped = sum.clamped(lowerBound: .zero, upperBound: Pixel(repeating: top))
        var bytes = SIMD4<UInt8>(truncatingIfNeeded: SIMD4<Int32>(clamped))
        if !source.hasAlpha { bytes.w = 255 }
        return bytes
    }
}
