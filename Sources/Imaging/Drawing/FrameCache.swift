import ThumbwireKit

/// Resized and graded pictures of earlier renders; the ones used longest ago go first.
struct FrameCache {
    /// All that decides what a picture looks like on a canvas.
    struct Key: Hashable {
        let image: ImageLayer
        let vignette: Double
        let canvas: PixelSize
    }

    private let maximumBytes: Int
    private var frames: [(key: Key, pixels: PixelBuffer)] = []

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    /// The picture of that key, made if it is not here.
    mutating func frame(_ key: Key, make: () throws -> PixelBuffer) rethrows -> PixelBuffer {
        if let index = frames.firstIndex(where: { $0.key == key }) {
            let frame = frames.remove(at: index)
            frames.append(frame)
            return frame.pixels
        }
        let pixels = try make()
        guard pixels.bytes.count <= maximumBytes else { return pixels }
        frames.append((key, pixels))
        while frames.reduce(0, { $0 + $1.pixels.bytes.count }) > maximumBytes {
            frames.removeFirst()
        }
        return pixels
    }

    mutating func removeAll() {
        frames = []
    }
}
