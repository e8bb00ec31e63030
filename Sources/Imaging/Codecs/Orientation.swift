import ThumbwireKit

/// How a camera held the picture, as EXIF numbers it (TIFF 6.0, tag 274).
enum Orientation: Int {
    case up = 1
    case upMirrored, down, downMirrored, leftMirrored, right, rightMirrored, left

    /// True when width and height change places.
    var isTransposed: Bool { rawValue >= Orientation.leftMirrored.rawValue }

    /// The size of the upright picture.
    func upright(_ size: PixelSize) -> PixelSize {
        isTransposed ? PixelSize(width: size.height, height: size.width) : size
    }

    /// Reads tag 274 from an EXIF block, which is a TIFF file; `up` when absent or damaged.
    init(exif bytes: ArraySlice<UInt8>) {
        var view = ByteView(bytes: Array(bytes))
        view.isBigEndian = view.has("MM", at: 0)
        self = .up
        guard view.isBigEndian || view.has("II", at: 0), view.integer(at: 2, bytes: 2) == 42,
            let directory = view.integer(at: 4, bytes: 4),
            let count = view.integer(at: directory, bytes: 2)
        else { return }
        for entry in 0..<count {
            let offset = directory + 2 + entry * 12
            guard let tag = view.integer(at: offset, bytes: 2) else { return }
            guard tag == 274 else { continue }
            self = view.integer(at: offset + 8, bytes: 2).flatMap(Orientation.init) ?? .up
            return
        }
    }

    /// The upright picture; the same buffer when it is upright already.
    func apply(to source: PixelBuffer) -> PixelBuffer {
        guard self != .up else { return source }
        let result = PixelBuffer(size: upright(source.size), hasAlpha: source.hasAlpha)
        let from = source.base.assumingMemoryBound(to: UInt32.self)
        let to = result.base.assumingMemoryBound(to: UInt32.self)
        let (origin, right, down) = steps(in: source.size)
        let width = result.size.width
        for y in 0..<result.size.height {
            var place = origin + y * down
            for x in 0..<width {
                to[y * width + x] = from[place]
                place += right
            }
        }
        return result
    }

    /// The source index of the upright picture's first pixel, and the steps to the pixel right of it and below it.
    private func steps(in size: PixelSize) -> (origin: Int, right: Int, down: Int) {
        let lastColumn = size.width - 1
        let lastRow = (size.height - 1) * size.width
        return switch self {
        case .up: (0, 1, size.width)
        case .upMirrored: (lastColumn, -1, size.width)
        case .down: (lastRow + lastColumn, -1, -size.width)
        case .downMirrored: (lastRow, 1, -size.width)
        case .leftMirrored: (0, size.width, 1)
        case .right: (lastRow, -size.width, 1)
        case .rightMirrored: (lastRow + lastColumn, -size.width, -1)
        case .left: (lastColumn, size.width, -1)
        }
    }
}
