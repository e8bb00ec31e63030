import Glibc

/// Which source pixels make each result pixel of one direction, and with what weights.
struct ResampleAxis {
    /// The first source pixel of each result pixel.
    private(set) var starts: [Int] = []
    /// `taps` weights for each result pixel, which sum to 1.
    private(set) var weights: [Float] = []
    /// The number of source pixels that make a result pixel.
    let taps: Int

    init(source: Int, origin: Double, length: Double, result: Int) {
        let length = min(max(length, 1), Double(source))
        let origin = min(max(origin, 0), Double(source) - length)
        let scale = length / Double(result)
        // A step of exactly one pixel from a whole pixel needs no filter.
        let isCopy = scale == 1 && origin == origin.rounded()
        let stretch = max(scale, 1)
        let radius = isCopy ? 0.5 : scale > 1 ? 3.0 : 2.0
        // Nothing beyond the part counts: a border that was cut off must not shine through.
        let (lower, upper) = (Int(origin), min(Int((origin + length).rounded(.up)), source))
        taps = isCopy ? 1 : min(upper - lower, Int((radius * stretch * 2).rounded(.up)) + 1)
        for index in 0..<result {
            let center = origin + (Double(index) + 0.5) * scale
            let first = Int((center - radius * stretch).rounded(.down))
            let start = isCopy ? Int(origin) + index : min(max(first, lower), upper - taps)
            let raw = (0..<taps).map { tap in
                let distance = (Double(start + tap) + 0.5 - center) / stretch
                return isCopy ? 1 : scale > 1 ? Self.lanczos(distance) : Self.catmullRom(distance)
            }
            let sum = raw.reduce(0, +)
            starts.append(start)
            weights.append(contentsOf: raw.map { Float($0 / sum) })
        }
    }

    /// True when every result pixel is one source pixel.
    var isIdentity: Bool { taps == 1 && (1..<starts.count).allSatisfy { starts[$0] == starts[$0 - 1] + 1 } }

    private static func lanczos(_ x: Double) -> Double {
        guard x != 0 else { return 1 }
        guard abs(x) < 3 else { return 0 }
        let angle = x * .pi
        return 3 * sin(angle) * sin(angle / 3) / (angle * angle)
    }

    private static func catmullRom(_ x: Double) -> Double {
        let distance = abs(x)
        if distance < 1 { return (1.5 * distance - 2.5) * distance * distance + 1 }
        if distance < 2 { return ((-0.5 * distance + 2.5) * distance - 4) * distance + 2 }
        return 0
    }
}
