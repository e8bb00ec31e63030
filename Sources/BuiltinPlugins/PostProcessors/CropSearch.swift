import Imaging
import ThumbwireKit

/// Finds the window of a picture that shows the most of what matters outside the title.
struct CropSearch {
    /// What a window loses for each unit of saliency under the text.
    private static let textPenalty = 1.2
    /// What leaving things out by going closer costs, per factor.
    private static let zoomPenalty = 0.25

    let source: PixelSize
    let canvas: PixelSize
    let saliency: SaliencyMap
    let text: UnitRect?
    let zoom: Double

    /// The window in fractions of the source and its score, the share of saliency that shows.
    func best() -> (crop: UnitRect, score: Double) {
        var best = (crop: centered(largest), score: -Double.infinity)
        for scale in scales {
            let window = (width: largest.width / scale, height: largest.height / scale)
            for y in places(1 - window.height) {
                for x in places(1 - window.width) {
                    let crop = UnitRect(x: x, y: y, width: window.width, height: window.height)
                    let score = score(crop) - Self.zoomPenalty * (scale - 1)
                    // Ties go to the first, the largest window.
                    if score > best.score + 1e-9 { best = (crop, score) }
                }
            }
        }
        return best
    }

    /// The largest window of the canvas's shape, in fractions of the source.
    private var largest: (width: Double, height: Double) {
        let wanted = Double(canvas.width) / Double(canvas.height)
        let given = Double(source.width) / Double(source.height)
        return given > wanted ? (wanted / given, 1) : (1, given / wanted)
    }

    /// Never so close that the picture would have to be enlarged.
    private var scales: [Double] {
        let sharpest = largest.width * Double(source.width) / Double(canvas.width)
        let closest = min(zoom, sharpest)
        return closest > 1.02 ? [1, 1 + (closest - 1) / 2, closest] : [1]
    }

    private func places(_ room: Double) -> [Double] {
        guard room > 0.005 else { return [max(0, room) / 2] }
        let steps = max(2, Int((room * 60).rounded(.up)))
        // The middle first: a picture without a subject stays centred.
        return (0...steps).map { Double($0) / Double(steps) * room }
            .sorted { abs($0 - room / 2) < abs($1 - room / 2) }
    }

    private func score(_ crop: UnitRect) -> Double {
        let total = max(saliency.weights.total, .leastNonzeroMagnitude)
        var score = saliency.weights.sum(in: crop) / total
        if let text {
            let covered = UnitRect(
                x: crop.x + text.x * crop.width, y: crop.y + text.y * crop.height,
                width: text.width * crop.width, height: text.height * crop.height)
            score -= Self.textPenalty * saliency.weights.sum(in: covered) / total
        }
        return score
    }

    private func centered(_ window: (width: Double, height: Double)) -> UnitRect {
        UnitRect(
            x: (1 - window.width) / 2, y: (1 - window.height) / 2, width: window.width, height: window.height)
    }
}
