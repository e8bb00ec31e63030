import ThumbwireKit

/// Chooses the size that a model is asked for.
///
/// Free sizes (gpt-image-2 and later): both sides are multiples of 16, the longer side is at most 3840 and three times
/// the shorter one, and there are 655 360 to 8 294 400 pixels. Among those that cover the wanted size the smallest in
/// exactly its shape wins, unless it has more than ``exactSurplus`` times the pixels of the smallest one: 1080x1920
/// becomes 1152x2048, which is 9:16 too. Else the cost decides: pixels above the smallest, plus ``aspectWeight`` times
/// the part of the picture that the crop to the wanted shape cuts off.
enum OpenAISize {
    static let step = 16
    static let maximumSide = 3_840
    static let maximumRatio = 3
    static let pixels = 655_360...8_294_400
    static let exactSurplus = 1.5
    /// 1 % cut off is worth as much as 25 % more pixels.
    static let aspectWeight = 25.0

    /// A legal size for the wanted one: covering it, unless the limits forbid that; then the largest of its shape.
    static func size(covering wanted: PixelSize, sizes: OpenAIModel.Sizes) -> PixelSize {
        switch sizes {
        case .fixed(let fixed): nearest(to: wanted, among: fixed)
        case .free: isLegal(wanted) ? wanted : free(covering: wanted)
        }
    }

    /// By the rules of free sizes.
    static func isLegal(_ size: PixelSize) -> Bool {
        let (short, long) = (min(size.width, size.height), max(size.width, size.height))
        guard short > 0, long <= maximumSide, long <= short * maximumRatio else { return false }
        return size.width % step == 0 && size.height % step == 0 && pixels.contains(short * long)
    }

    /// The part of `size` that is lost when it is cropped to the shape of `wanted`, 0..<1.
    static func croppedPart(of size: PixelSize, for wanted: PixelSize) -> Double {
        let scale = min(
            Double(size.width) / Double(wanted.width), Double(size.height) / Double(wanted.height))
        let kept = scale * scale * Double(area(wanted))
        return max(0, 1 - kept / Double(area(size)))
    }

    private static func free(covering wanted: PixelSize) -> PixelSize {
        let shape = clamped(wanted)
        let candidates = candidates(shape: shape, atLeast: wanted)
        let covering = candidates.filter { $0.width >= wanted.width && $0.height >= wanted.height }
        guard let smallest = covering.map(area).min() else {
            let largest = Double(pixels.upperBound)
            return best(candidates) { size in
                1 - Double(area(size)) / largest + aspectWeight * croppedPart(of: size, for: shape)
            }
        }
        let exact = covering.filter { $0.width * shape.height == $0.height * shape.width }
        let affordable = exact.filter { Double(area($0)) <= exactSurplus * Double(smallest) }
        if let size = affordable.min(by: { area($0) < area($1) }) { return size }
        return best(covering) { size in
            Double(area(size)) / Double(smallest) - 1 + aspectWeight * croppedPart(of: size, for: shape)
        }
    }

    /// For each legal width the heights around the wanted shape, and the least that covers.
    private static func candidates(shape: PixelSize, atLeast wanted: PixelSize) -> [PixelSize] {
        stride(from: step, through: maximumSide, by: step).flatMap { width in
            let exact = width * shape.height / shape.width
            let below = exact / step * step
            let least = (wanted.height + step - 1) / step * step
            return [below, below + step, least].map { PixelSize(width: width, height: $0) }
        }.filter(isLegal)
    }

    /// The shape that can be had: at most 3:1.
    private static func clamped(_ wanted: PixelSize) -> PixelSize {
        PixelSize(
            width: min(wanted.width, wanted.height * maximumRatio),
            height: min(wanted.height, wanted.width * maximumRatio))
    }

    /// Of the sizes that lose least to the crop, the smallest that covers; else the largest.
    private static func nearest(to wanted: PixelSize, among sizes: [PixelSize]) -> PixelSize {
        best(sizes) { size in
            let covers = size.width >= wanted.width && size.height >= wanted.height
            // The crop decides; the area, below 1e-3 even for 30 megapixels, only between equals.
            let tie = Double(area(size)) * 1e-12
            return croppedPart(of: size, for: wanted) * 1_000 + (covers ? tie : 1e-3 - tie)
        }
    }

    private static func best(_ sizes: [PixelSize], _ cost: (PixelSize) -> Double) -> PixelSize {
        let rated = sizes.map { (size: $0, cost: cost($0)) }
        return rated.min { $0.cost < $1.cost }?.size ?? PixelSize(width: 1_024, height: 1_024)
    }

    private static func area(_ size: PixelSize) -> Int { size.width * size.height }
}
