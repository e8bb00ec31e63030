import ThumbwireKit

/// What a file says about its picture before the pixels.
struct ImageHeader {
    /// As stored, before the orientation is applied.
    var size: PixelSize
    /// How to turn it upright.
    var orientation = Orientation.up
    /// The embedded ICC profile, if it is stored plainly; PNG compresses it.
    var profile: [UInt8]?
    /// An Adobe marker: CMYK is then stored inverted.
    var isAdobe = false
    /// Channels of a JPEG: 1, 3 or 4.
    var components = 3
    /// The file ends before its last chunk does.
    var isCut = false
}

extension ImageHeader {
    /// Walks the markers of a JPEG up to its first scan (ITU T.81, annex B).
    init(jpeg bytes: [UInt8]) throws(ImageError) {
        let view = ByteView(bytes: bytes)
        var found = ImageHeader(size: PixelSize(width: 0, height: 0))
        var chunks: [Int: ArraySlice<UInt8>] = [:]
        var offset = 2
        walk: while true {
            guard let lead = view.integer(at: offset, bytes: 1),
                let marker = view.integer(at: offset + 1, bytes: 1)
            else { throw .truncated }
            guard lead == 0xFF else { throw .corrupt("a jpeg marker is missing") }
            switch marker {
            case 0xFF:
                offset += 1
                continue walk
            case 0x01, 0xD0...0xD7:
                offset += 2
                continue walk
            case 0xDA, 0xD9: break walk
            default: break
            }
            guard let length = view.integer(at: offset + 2, bytes: 2) else { throw .truncated }
            guard length >= 2 else { throw .corrupt("a jpeg segment is too short") }
            let (start, end) = (offset + 4, offset + 2 + length)
            guard end <= bytes.count else { throw .truncated }
            found.read(jpegSegment: marker, view, start..<end, &chunks)
            offset = end
        }
        guard found.size.width > 0, found.size.height > 0 else {
            throw .corrupt("the jpeg has no frame header")
        }
        let profile = chunks.sorted { $0.key < $1.key }.flatMap(\.value)
        found.profile = profile.isEmpty ? nil : profile
        self = found
    }

    private mutating func read(
        jpegSegment marker: Int, _ view: ByteView, _ range: Range<Int>,
        _ chunks: inout [Int: ArraySlice<UInt8>]
    ) {
        let start = range.lowerBound
        switch marker {
        case 0xC0...0xCF where marker != 0xC4 && marker != 0xC8 && marker != 0xCC:
            guard range.count >= 6, size.width == 0 else { return }
            size.height = view.integer(at: start + 1, bytes: 2) ?? 0
            size.width = view.integer(at: start + 3, bytes: 2) ?? 0
            components = Int(view.bytes[start + 5])
        case 0xE1 where view.has("Exif\0\0", at: start) && range.count > 6:
            orientation = Orientation(exif: view.bytes[start + 6..<range.upperBound])
        case 0xE2 where view.has("ICC_PROFILE\0", at: start) && range.count > 14:
            chunks[Int(view.bytes[start + 12])] = view.bytes[start + 14..<range.upperBound]
        case 0xEE where view.has("Adobe", at: start):
            isAdobe = true
        default: break
        }
    }

    /// Walks the chunks of a PNG to its end.
    init(png bytes: [UInt8]) throws(ImageError) {
        let view = ByteView(bytes: bytes)
        guard let width = view.integer(at: 16, bytes: 4), let height = view.integer(at: 20, bytes: 4) else {
            throw .truncated
        }
        guard view.has("IHDR", at: 12) else { throw .corrupt("the png has no header chunk") }
        self.init(size: PixelSize(width: width, height: height))
        guard width > 0, height > 0 else { throw .corrupt("it has no pixels") }
        var offset = 8
        while true {
            guard let length = view.integer(at: offset, bytes: 4), offset + 12 + length <= bytes.count else {
                isCut = true
                return
            }
            if view.has("IEND", at: offset + 4) { return }
            if view.has("eXIf", at: offset + 4) {
                orientation = Orientation(exif: bytes[offset + 8..<offset + 8 + length])
            }
            offset += 12 + length
        }
    }
}

extension ImageHeader {
    /// Walks the chunks of a WebP file; its size comes from libwebp.
    init(webp bytes: [UInt8]) throws(ImageError) {
        self.init(size: try WebPDecoder.size(of: bytes))
        var view = ByteView(bytes: bytes)
        view.isBigEndian = false
        var offset = 12
        while let length = view.integer(at: offset + 4, bytes: 4) {
            let (start, end) = (offset + 8, offset + 8 + length)
            guard end <= bytes.count else {
                isCut = true
                return
            }
            if view.has("ICCP", at: offset) {
                profile = Array(bytes[start..<end])
            } else if view.has("EXIF", at: offset) {
                let prefix = view.has("Exif\0\0", at: start) ? 6 : 0
                orientation = Orientation(exif: bytes[start + prefix..<end])
            }
            offset = end + length % 2
        }
    }
}
