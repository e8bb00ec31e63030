/// Writes PNG files of kinds that the encoder does not write, without compression.
struct PNGBuilder {
    var width: Int
    var height: Int
    var depth = 8
    /// 0 grey, 2 colour, 3 palette, 4 grey with alpha, 6 colour with alpha.
    var colorType = 2
    var isInterlaced = false
    /// Chunks between the header and the pixels.
    var extra: [(name: String, body: [UInt8])] = []
    /// All rows, each with its filter byte.
    var rows: [UInt8] = []

    var file: [UInt8] {
        let header =
            Self.word(width) + Self.word(height) + [
                UInt8(depth), UInt8(colorType), 0, 0, isInterlaced ? 1 : 0,
            ]
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        file += Self.chunk("IHDR", header)
        for chunk in extra { file += Self.chunk(chunk.name, chunk.body) }
        file += Self.chunk("IDAT", Self.stored(rows))
        return file + Self.chunk("IEND", [])
    }

    static func word(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    static func chunk(_ name: String, _ body: [UInt8]) -> [UInt8] {
        let named = Array(name.utf8) + body
        return word(body.count) + named + word(Int(crc(named)))
    }

    /// RFC 1950 and 1951, one stored block: at most 65535 bytes.
    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        let count = UInt16(bytes.count)
        let lengths = [count, ~count].flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        var (low, high) = (1, 0)
        for byte in bytes {
            low = (low + Int(byte)) % 65521
            high = (high + low) % 65521
        }
        return [0x78, 0x01, 0x01] + lengths + bytes + word(high << 16 | low)
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        var sum = ~UInt32(0)
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 {
                sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1
            }
        }
        return ~sum
    }
}

/// Metadata blocks for JPEG, PNG and WebP files.
enum Metadata {
    /// A TIFF file of one tag, the orientation.
    static func exif(_ orientation: Int, isBigEndian: Bool = true) -> [UInt8] {
        isBigEndian
            ? [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, UInt8(orientation), 0, 0]
            : [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, UInt8(orientation), 0, 0, 0]
    }

    /// The JPEG with a segment in front of all others.
    static func insert(marker: UInt8, _ body: [UInt8], intoJPEG file: [UInt8]) -> [UInt8] {
        let length = body.count + 2
        return file[..<2] + [0xFF, marker, UInt8(length >> 8), UInt8(length & 255)] + body + file[2...]
    }
}
