import Imaging
import ThumbwireKit

/// Source images, good and bad.
enum Pictures {
    /// A small photo-like JPEG.
    static func jpeg(width: Int = 640, height: Int = 360) throws -> [UInt8] {
        let pixels = PixelBuffer(size: PixelSize(width: width, height: height))
        for (index, _) in pixels.bytes.enumerated() {
            pixels.bytes[index] = index % 4 == 3 ? 255 : UInt8((index / 4 * 7 + index / 2_560) & 255)
        }
        return try ImageEncoder.encode(pixels, as: EncodeOptions()).bytes
    }

    /// A PNG whose header claims a size, with nothing behind it.
    static func headerOnlyPNG(side: Int) -> [UInt8] {
        png(side: side, compressed: [])
    }

    /// A valid grey PNG of that side, compressed 158 to 1.
    static func bombPNG(side: Int) -> [UInt8] {
        png(side: side, compressed: Deflate.zeros((side + 1) * side))
    }

    private static func png(side: Int, compressed: [UInt8]) -> [UInt8] {
        let header = bigEndian(UInt32(side)) + bigEndian(UInt32(side)) + [8, 0, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
            + chunk("IDAT", compressed) + chunk("IEND", [])
    }

    private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let content = Array(type.utf8) + data
        return bigEndian(UInt32(data.count)) + content + bigEndian(crc32(content))
    }

    /// The CRC of PNG 1.2, annex D.
    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1 }
        }
        return ~crc
    }
}

/// RFC 1950 and RFC 1951, as far as a run of zeros needs them.
enum Deflate {
    private struct BitWriter {
        var bytes: [UInt8] = []
        private var count = 0

        /// Huffman codes go in from their highest bit on.
        mutating func write(code: Int, length: Int) {
            for position in (0..<length).reversed() { write(bit: code >> position & 1) }
        }

        mutating func write(bit: Int) {
            if count % 8 == 0 { bytes.append(0) }
            bytes[bytes.count - 1] |= UInt8(bit << (count % 8))
            count += 1
        }
    }

    static func zeros(_ total: Int) -> [UInt8] {
        var writer = BitWriter()
        // The last block, with fixed codes.
        for bit in [1, 1, 0] { writer.write(bit: bit) }
        let (runs, singles) = (total - 1).quotientAndRemainder(dividingBy: 258)
        for _ in 0...singles { writer.write(code: 0x30, length: 8) }
        for _ in 0..<runs {
            writer.write(code: 0b1100_0101, length: 8)
            writer.write(code: 0, length: 5)
        }
        writer.write(code: 0, length: 7)
        let adler = UInt32(total % 65_521) << 16 | 1
        return [0x78, 0x01] + writer.bytes + bigEndian(adler)
    }
}

private func bigEndian(_ value: UInt32) -> [UInt8] {
    [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
}
