internal import ThumbwireKit

/// What becomes of a size that the named model does not make.
package enum OpenAISizes: String, Hashable, Sendable, CaseIterable {
    /// It is refused, as OpenAI does.
    case refuse
    /// The nearest size that the model makes is taken.
    case snap
}

/// Which sizes a family makes.
struct OpenAISizeRule {
    /// `gpt-image-2` and later: both sides are multiples of it.
    private static let step = 16
    private static let longestSide = 3_840
    /// Of the longer side to the shorter one.
    private static let widestRatio = 3
    private static let pixels = 655_360...8_294_400

    let family: OpenAIModel.Family

    /// `nil` where any size within the rule is made.
    var listed: [PixelSize]? {
        switch family {
        case .dallE2: [.square(256), .square(512), .square(1_024)]
        case .dallE3:
            [.square(1_024), PixelSize(width: 1_792, height: 1_024), PixelSize(width: 1_024, height: 1_792)]
        case .gptImage1: Self.standard
        case .gptImage2, .gptImage25: nil
        }
    }

    private static let standard = [
        PixelSize.square(1_024), PixelSize(width: 1_024, height: 1_536),
        PixelSize(width: 1_536, height: 1_024),
    ]

    /// What `auto` and a missing size mean: for `gpt-image` names the picture's shape in an edit, else landscape, since
    /// that is what thumbnails are.
    func automatic(for picture: PixelSize?) -> PixelSize {
        guard !family.isDallE else { return .square(1_024) }
        return Self.nearest(to: picture ?? .landscape, in: Self.standard)
    }

    /// Why the size is not made; `nil` where it is.
    func problem(with size: PixelSize) -> String? {
        if let listed {
            return listed.contains(size) ? nil : "Supported values are: \(Self.list(listed, family))."
        }
        let (short, long) = (min(size.width, size.height), max(size.width, size.height))
        if size.width % Self.step != 0 || size.height % Self.step != 0 {
            return "Width and height must be multiples of \(Self.step)."
        }
        if long > Self.longestSide { return "No side may be longer than \(Self.longestSide) pixels." }
        if long > short * Self.widestRatio { return "The ratio of the sides must be within 1:3 and 3:1." }
        guard Self.pixels.contains(size.width * size.height) else {
            return "The number of pixels must be from \(Self.pixels.lowerBound) to \(Self.pixels.upperBound)."
        }
        return nil
    }

    /// The values of `size`, quoted as OpenAI quotes them.
    var values: String {
        listed.map { Self.list($0, family) } ?? "'WIDTHxHEIGHT' and 'auto'"
    }

    /// The nearest size that the family makes.
    func snapped(_ size: PixelSize) -> PixelSize {
        if let listed { return Self.nearest(to: size, in: listed) }
        let ratio = Double(Self.widestRatio)
        let shape = min(max(Double(size.width) / Double(size.height), 1 / ratio), ratio)
        // A little inside the limits, so that rounding to the step does not leave them.
        let (least, most) = (Double(Self.pixels.lowerBound) * 1.06, Double(Self.pixels.upperBound) * 0.97)
        let area = min(max(Double(size.width) * Double(size.height), least), most)
        var width = Self.stepped((area * shape).squareRoot())
        var height = Self.stepped((area / shape).squareRoot())
        width = min(width, height * Self.widestRatio)
        height = min(height, width * Self.widestRatio)
        return PixelSize(width: width, height: height)
    }

    private static func stepped(_ side: Double) -> Int {
        min(longestSide, Int((side / Double(step)).rounded()) * step)
    }

    /// By shape first, then by the number of pixels.
    private static func nearest(to size: PixelSize, in sizes: [PixelSize]) -> PixelSize {
        func distance(_ other: PixelSize) -> (Double, Int) {
            let shapes = [size, other].map { Double($0.width) / Double($0.height) }
            let difference = max(shapes[0], shapes[1]) / min(shapes[0], shapes[1])
            return (difference, abs(other.width * other.height - size.width * size.height))
        }
        return sizes.min { distance($0) < distance($1) } ?? size
    }

    private static func list(_ sizes: [PixelSize], _ family: OpenAIModel.Family) -> String {
        quotedList(sizes.map(\.description) + (family.isDallE ? [] : ["auto"]))
    }
}

/// `'a', 'b', and 'c'`.
func quotedList(_ values: [String]) -> String {
    let quoted = values.map { "'\($0)'" }
    guard quoted.count > 1, let last = quoted.last else { return quoted.joined() }
    return quoted.dropLast().joined(separator: ", ") + ", and \(last)"
}

extension PixelSize {
    fileprivate static func square(_ side: Int) -> PixelSize { PixelSize(width: side, height: side) }
}
