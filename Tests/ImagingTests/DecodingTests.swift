import Imaging
import Testing
import ThumbwireKit

@Suite struct DecodingTests {
    private static var photo: PixelBuffer { Pictures.photo(96, 64) }

    private static func file(_ format: ImageFormat) throws -> [UInt8] {
        try ImageEncoder.encode(photo, as: EncodeOptions(format: format, quality: 95)).bytes
    }

    @Test(arguments: ImageFormat.allCases)
    func `reads back what was written`(_ format: ImageFormat) throws {
        let file = try Self.file(format)
        let probe = try ImageDecoder.probe(file)
        let pixels = try ImageDecoder.decode(file)

        #expect(probe.format == format)
        #expect(probe.size == Self.photo.size)
        #expect(pixels.size == Self.photo.size)
        #expect(!pixels.hasAlpha)
        #expect(pixels.pixel(50, 30).w == 255)
        #expect(pixels.meanDistance(to: Self.photo) < (format == .png ? 0.001 : 5))
    }

    @Test(arguments: [ImageFormat.png, .webp])
    func `keeps alpha`(_ format: ImageFormat) throws {
        let photo = Pictures.photo(64, 32, hasAlpha: true)
        let file = try ImageEncoder.encode(photo, as: EncodeOptions(format: format, quality: 100)).bytes
        let pixels = try ImageDecoder.decode(file)

        #expect(pixels.hasAlpha)
        #expect(pixels.pixel(0, 5).w == 0)
        #expect(pixels.meanDistance(to: photo) < (format == .png ? 1 : 6))
    }

    @Test(arguments: ImageFormat.allCases)
    func `refuses a file that was cut anywhere`(_ format: ImageFormat) throws {
        let file = try Self.file(format)
        for sixteenth in 1..<16 {
            let part = Array(file[..<(file.count * sixteenth / 16)])
            let error = #expect(throws: ImageError.self) { try ImageDecoder.decode(part) }
            #expect(error == .truncated, "at \(sixteenth)/16: \(String(describing: error))")
        }
        let almost = Array(file.dropLast())
        #expect(throws: ImageError.self) { try ImageDecoder.decode(almost) }
    }

    @Test(arguments: ImageFormat.allCases)
    func `survives every damaged byte`(_ format: ImageFormat) throws {
        let small = try ImageEncoder.encode(Pictures.photo(16, 16), as: EncodeOptions(format: format)).bytes
        var refused = 0
        for index in small.indices {
            var file = small
            file[index] ^= 0xFF
            do {
                let pixels = try ImageDecoder.decode(file)
                #expect(pixels.size.width <= 8192)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 8)
    }

    @Test func `refuses a huge picture by its header`() throws {
        let bomb = PNGBuilder(width: 50_000, height: 50_000, rows: [0]).file
        let size = PixelSize(width: 50_000, height: 50_000)

        #expect(throws: ImageError.tooLarge(size, limit: "8192 a side")) { try ImageDecoder.decode(bomb) }
        #expect(try ImageDecoder.probe(bomb).size == size)
    }

    @Test func `refuses too many pixels and too many bytes`() throws {
        let file = try Self.file(.png)
        let pixels = DecodeLimits(maximumPixels: 96 * 64 - 1)
        let bytes = DecodeLimits(maximumBytes: file.count - 1)

        #expect(throws: ImageError.tooLarge(Self.photo.size, limit: "6143 in all")) {
            try ImageDecoder.decode(file, limits: pixels)
        }
        #expect(throws: ImageError.tooManyBytes(file.count, limit: file.count - 1)) {
            try ImageDecoder.decode(file, limits: bytes)
        }
    }

    @Test func `names formats that it does not read`() throws {
        #expect(throws: ImageError.notAnImage) { try ImageDecoder.decode(Array("hello".utf8)) }
        #expect(throws: ImageError.notAnImage) { try ImageDecoder.decode([]) }
        #expect(throws: ImageError.unsupportedFormat("gif")) {
            try ImageDecoder.decode(Array("GIF89a....".utf8))
        }
        #expect(throws: ImageError.unsupportedFormat("svg")) { try ImageDecoder.decode(Array("<svg/>".utf8)) }
        #expect(throws: ImageError.unsupportedFormat("avif")) {
            try ImageDecoder.decode([0, 0, 0, 28] + Array("ftypavif".utf8))
        }
    }

    @Test func `refuses an animation`() throws {
        let body: [UInt8] = [0x02, 0, 0, 0, 15, 0, 0, 15, 0, 0]
        let file = Array("RIFF".utf8) + [22, 0, 0, 0] + Array("WEBPVP8X".utf8) + [10, 0, 0, 0] + body

        #expect(throws: ImageError.unsupportedFormat("animated webp")) { try ImageDecoder.decode(file) }
    }

    @Test(arguments: [(64, 48), (49, 33), (30, 20), (12, 8), (2, 2)])
    func `decodes a smaller jpeg for a smaller target`(_ width: Int, _ height: Int) throws {
        let file = try Self.file(.jpeg)
        let target = PixelSize(width: width, height: height)
        let pixels = try ImageDecoder.decode(file, targetSize: target)
        let expected = Resampler.resize(Self.photo, to: pixels.size)

        #expect(pixels.size.width >= width)
        #expect(pixels.size.height >= height)
        #expect(width > 48 || pixels.size.width < 96)
        #expect(pixels.meanDistance(to: expected) < 8)
    }
}

@Suite struct ColorDecodingTests {
    @Test func `converts four inks`() throws {
        let pixels = try ImageDecoder.decode(Fixtures.fourInks)

        #expect(
            Pictures.plain(1, 1, pixels.color(3, 8)).count(near: Color(red: 0, green: 255, blue: 255)) == 1)
        #expect(
            Pictures.plain(1, 1, pixels.color(12, 8)).count(near: Color(red: 200, green: 0, blue: 0)) == 1)
        #expect(pixels.pixel(3, 3).w == 255)
    }

    @Test func `applies an embedded profile`() throws {
        let red = Pictures.plain(16, 16, Color(red: 255, green: 0, blue: 0))
        let file = try ImageEncoder.encode(red, as: EncodeOptions(quality: 100)).bytes
        let segment = Array("ICC_PROFILE\0".utf8) + [1, 1] + Fixtures.swappedProfile
        let pixels = try ImageDecoder.decode(Metadata.insert(marker: 0xE2, segment, intoJPEG: file))

        #expect(pixels.count(near: Color(red: 0, green: 0, blue: 255), within: 12) == 256)
    }

    @Test func `applies the profile of a png and keeps its alpha`() throws {
        let profile = Array("x\0\0".utf8) + PNGBuilder.stored(Fixtures.swappedProfile)
        let row: [UInt8] = [0, 255, 0, 0, 255, 255, 0, 0, 128]
        let file = PNGBuilder(
            width: 2, height: 1, colorType: 6, extra: [("iCCP", profile)], rows: row
        ).file
        let pixels = try ImageDecoder.decode(file)

        #expect(pixels.pixel(0, 0).x > 250)
        #expect(pixels.pixel(0, 0).z < 5)
        #expect(pixels.pixel(1, 0).w == 128)
        #expect(abs(pixels.pixel(1, 0).x - 128) < 5)
    }

    @Test func `ignores a damaged profile`() throws {
        let red = Pictures.plain(16, 16, Color(red: 255, green: 0, blue: 0))
        let file = try ImageEncoder.encode(red, as: EncodeOptions(quality: 100)).bytes
        let segment = Array("ICC_PROFILE\0".utf8) + [1, 1] + Fixtures.swappedProfile.prefix(200)
        let pixels = try ImageDecoder.decode(Metadata.insert(marker: 0xE2, segment, intoJPEG: file))

        #expect(pixels.count(near: Color(red: 255, green: 0, blue: 0), within: 12) == 256)
    }

    @Test func `reads 16 bits, grey, grey with alpha and palettes`() throws {
        let deep = PNGBuilder(width: 1, height: 1, depth: 16, rows: [0, 0xFF, 0xFF, 0x80, 0x80, 0, 0]).file
        let grey = PNGBuilder(width: 1, height: 1, colorType: 0, rows: [0, 77]).file
        let veiled = PNGBuilder(width: 1, height: 1, colorType: 4, rows: [0, 200, 51]).file
        let palette = PNGBuilder(
            width: 2, height: 1, depth: 1, colorType: 3, extra: [("PLTE", [10, 20, 30, 40, 50, 60])],
            rows: [0, 0b0100_0000]
        ).file

        #expect(try ImageDecoder.decode(deep).color(0, 0) == Color(red: 255, green: 128, blue: 0))
        #expect(try ImageDecoder.decode(grey).color(0, 0) == Color(red: 77, green: 77, blue: 77))
        #expect(try ImageDecoder.decode(veiled).pixel(0, 0) == SIMD4(40, 40, 40, 51))
        #expect(try ImageDecoder.decode(palette).color(0, 0) == Color(red: 10, green: 20, blue: 30))
        #expect(try ImageDecoder.decode(palette).color(1, 0) == Color(red: 40, green: 50, blue: 60))
    }

    @Test func `reads an interlaced png`() throws {
        // Adam7 of 2×2 grey pixels: pass 1 holds the first, pass 6 the second, pass 7 the lower row.
        let file = PNGBuilder(
            width: 2, height: 2, colorType: 0, isInterlaced: true, rows: [0, 10, 0, 20, 0, 30, 40]
        ).file
        let pixels = try ImageDecoder.decode(file)

        #expect([pixels.pixel(0, 0).x, pixels.pixel(1, 0).x] == [10, 20])
        #expect([pixels.pixel(0, 1).x, pixels.pixel(1, 1).x] == [30, 40])
    }
}

@Suite struct OrientationTests {
    /// What the top left, top right, bottom left and bottom right of red, green, blue, white quarters become.
    private static let corners: [(Int, String)] = [
        (1, "RGBW"), (2, "GRWB"), (3, "WBGR"), (4, "BWRG"), (5, "RBGW"), (6, "BRWG"), (7, "WGBR"),
        (8, "GWRB"),
    ]

    private func look(_ pixels: PixelBuffer) -> String {
        let (right, low) = (pixels.size.width - 4, pixels.size.height - 4)
        return [(4, 4), (right, 4), (4, low), (right, low)].map { x, y in
            let color = pixels.pixel(x, y)
            return color.y > 128 && color.z > 128 ? "W" : color.z > 128 ? "R" : color.y > 128 ? "G" : "B"
        }.joined()
    }

    @Test(arguments: corners)
    func `turns a jpeg upright`(_ orientation: Int, _ corners: String) throws {
        let file = try ImageEncoder.encode(Pictures.quarters(48, 32), as: EncodeOptions(quality: 95)).bytes
        for isBigEndian in [true, false] {
            let exif = Array("Exif\0\0".utf8) + Metadata.exif(orientation, isBigEndian: isBigEndian)
            let turned = Metadata.insert(marker: 0xE1, exif, intoJPEG: file)
            let pixels = try ImageDecoder.decode(turned)
            let probe = try ImageDecoder.probe(turned)

            #expect(look(pixels) == corners)
            #expect(probe.size == pixels.size)
            #expect(pixels.size.width == (orientation < 5 ? 48 : 32))
        }
    }

    @Test func `turns a png upright`() throws {
        let rows: [UInt8] = [0, 255, 0, 0, 0, 255, 0]
        let exif = [(name: "eXIf", body: Metadata.exif(6))]
        let pixels = try ImageDecoder.decode(PNGBuilder(width: 2, height: 1, extra: exif, rows: rows).file)

        #expect(pixels.size == PixelSize(width: 1, height: 2))
        #expect(pixels.color(0, 0) == Color(red: 255, green: 0, blue: 0))
    }

    @Test func `ignores a nonsensical orientation`() throws {
        let file = try ImageEncoder.encode(Pictures.quarters(48, 32), as: EncodeOptions()).bytes
        for block in [Metadata.exif(9), Metadata.exif(0), [1, 2, 3], Array(Metadata.exif(6).prefix(15))] {
            let odd = Metadata.insert(marker: 0xE1, Array("Exif\0\0".utf8) + block, intoJPEG: file)
            #expect(look(try ImageDecoder.decode(odd)) == "RGBW")
        }
    }
}
