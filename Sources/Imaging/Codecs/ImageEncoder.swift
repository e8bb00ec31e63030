package import ThumbwireKit

/// How a finished picture becomes a file.
package struct EncodeOptions: Hashable, Sendable {
    /// How many colour samples a JPEG keeps.
    package enum ChromaSampling: Hashable, Sendable {
        /// 4:4:4: coloured letters keep sharp edges.
        case full
        /// 4:2:0: about 25 % fewer bytes.
        case quarter
    }

    /// The file format.
    package var format: ImageFormat
    /// 1–100, for JPEG and WebP.
    package var quality: Int
    /// For JPEG.
    package var chroma: ChromaSampling
    /// The file has at most so many bytes; `nil` means any number.
    package var maximumBytes: Int?
    /// The least quality that a byte limit may lead to.
    package var minimumQuality: Int

    /// Options; the defaults suit a thumbnail with text.
    package init(
        format: ImageFormat = .jpeg, quality: Int = 92, chroma: ChromaSampling = .full,
        maximumBytes: Int? = nil, minimumQuality: Int = 30
    ) {
        self.format = format
        self.quality = quality
        self.chroma = chroma
        self.maximumBytes = maximumBytes
        self.minimumQuality = minimumQuality
    }
}

/// A finished file, without metadata.
package struct EncodedImage: Hashable, Sendable {
    /// The file.
    package var bytes: [UInt8]
    /// Its format.
    package var format: ImageFormat
    /// Its size in pixels.
    package var size: PixelSize
    /// The quality it came to; `nil` for lossless formats.
    package var quality: Int?

    /// A finished file.
    package init(bytes: [UInt8], format: ImageFormat, size: PixelSize, quality: Int?) {
        self.bytes = bytes
        self.format = format
        self.size = size
        self.quality = quality
    }
}

/// Turns pixels into the bytes of a file. JPEG has no alpha: such pixels are set on black.
package enum ImageEncoder {
    /// The file; with a byte limit, of the highest quality that meets it: first at the chroma sampling asked for,
    /// then at 4:2:0.
    package static func encode(
        _ pixels: PixelBuffer, as options: EncodeOptions
    ) throws(ImageError) -> EncodedImage {
        let encoder: any PixelEncoder =
            switch options.format {
            case .jpeg: JPEGEncoder(pixels: pixels)
            case .png: PNGEncoder(pixels: pixels)
            case .webp: WebPEncoder(pixels: pixels)
            }
        var attempt = options
        attempt.quality = min(max(options.quality, 1), 100)
        var search = ByteBudgetSearch(encoder: encoder, limit: options.maximumBytes ?? .max)
        if let image = try search.best(attempt) { return image }
        if options.format == .jpeg, options.chroma == .full {
            attempt.chroma = .quarter
            if let image = try search.best(attempt) { return image }
        }
        throw .budgetUnreachable(smallest: search.smallest, limit: search.limit)
    }
}

/// Writes one picture in one format.
protocol PixelEncoder {
    /// False for formats whose bytes do not depend on a quality.
    var hasQuality: Bool { get }
    var pixels: PixelBuffer { get }
    func encode(_ options: EncodeOptions) throws(ImageError) -> [UInt8]
}

/// Bisects the quality until the file meets a byte limit.
struct ByteBudgetSearch {
    let encoder: any PixelEncoder
    let limit: Int
    private(set) var smallest = Int.max

    init(encoder: any PixelEncoder, limit: Int) {
        self.encoder = encoder
        self.limit = limit
    }

    /// The file of the highest quality that meets the limit; `nil` when the least quality does not.
    mutating func best(_ options: EncodeOptions) throws(ImageError) -> EncodedImage? {
        if let image = try attempt(options, quality: options.quality) { return image }
        var (low, high) = (min(options.minimumQuality, options.quality), options.quality)
        guard encoder.hasQuality, low < high, var best = try attempt(options, quality: low) else {
            return nil
        }
        while high - low > 1 {
            let middle = (low + high) / 2
            if let image = try attempt(options, quality: middle) {
                (best, low) = (image, middle)
            } else {
                high = middle
            }
        }
        return best
    }

    private mutating func attempt(
        _ options: EncodeOptions, quality: Int
    ) throws(ImageError) -> EncodedImage? {
        var options = options
        options.quality = quality
        let bytes = try encoder.encode(options)
        smallest = min(smallest, bytes.count)
        guard bytes.count <= limit else { return nil }
        return EncodedImage(
            bytes: bytes, format: options.format, size: encoder.pixels.size,
            quality: encoder.hasQuality ? quality : nil)
    }
}
