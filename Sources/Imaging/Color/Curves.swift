import Glibc

/// Zero below `low`, one above `high`, smooth between.
func smoothStep(_ low: Double, _ high: Double, _ value: Double) -> Double {
    let t = min(max((value - low) / (high - low), 0), 1)
    return t * t * (3 - 2 * t)
}

/// A logistic curve scaled to run from 0 to 1: raises contrast around `pivot`.
func sCurve(_ value: Double, steepness: Double, pivot: Double) -> Double {
    func logistic(_ x: Double) -> Double { 1 / (1 + exp(-steepness * (x - pivot))) }
    let (low, high) = (logistic(0), logistic(1))
    return (logistic(value) - low) / (high - low)
}

/// A smooth curve through points that never overshoots them (Fritsch and Carlson 1980, PCHIP).
struct MonotoneCurve: Sendable {
    private let points: [SIMD2<Double>]
    private let slopes: [Double]

    /// Points in ascending order of x, at least two.
    init(_ points: [SIMD2<Double>]) {
        self.points = points
        let secants = zip(points, points.dropFirst()).map { ($1.y - $0.y) / ($1.x - $0.x) }
        var slopes = [secants[0]]
        for (before, after) in zip(secants, secants.dropFirst()) {
            slopes.append(before * after <= 0 ? 0 : 2 * before * after / (before + after))
        }
        slopes.append(secants[secants.count - 1])
        self.slopes = slopes
    }

    func callAsFunction(_ x: Double) -> Double {
        let last = points.count - 1
        if x <= points[0].x { return points[0].y }
        if x >= points[last].x { return points[last].y }
        var index = 0
        while points[index + 1].x < x { index += 1 }
        let (from, to) = (points[index], points[index + 1])
        let width = to.x - from.x
        let t = (x - from.x) / width
        let (t2, t3) = (t * t, t * t * t)
        return from.y * (2 * t3 - 3 * t2 + 1) + width * slopes[index] * (t3 - 2 * t2 + t)
            + to.y * (3 * t2 - 2 * t3) + width * slopes[index + 1] * (t3 - t2)
    }
}
