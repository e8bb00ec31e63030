import Imaging
import Testing
import ThumbwireKit

@Suite struct EncodingTests {
    private let photo = Pictures.photo(160, 120)

    @Test(arguments: [ImageFormat.jpeg, .webp])
    func `meets a byte limit with the highest quality that does`(_ format: ImageFormat) throws {
        let options = EncodeOptions(format: format, quality: 95)
        let free = try ImageEncoder.encode(photo, as: options)
        var tight = options
        tight.maximumBytes = free.bytes.count * 2 / 3
        let image = try ImageEncoder.encode(photo, as: tight)
        let quality = try #require(image.quality)
        let better = try ImageEncoder.encode(photo, as: EncodeOptions(format: format, quality: quality + 1))

        #expect(free.quality == 95)
        #expect(image.bytes.count <= free.bytes.count * 2 / 3)
        #expect(quality < 95)
        #expect(better.bytes.count > free.bytes.count * 2 / 3)
    }

    @Test func `halves the colours when no quality is enough`() throws {
        let least = try ImageEncoder.encode(photo, as: EncodeOptions(quality: 30))
        let image = try ImageEncoder.encode(
            photo, as: EncodeOptions(quality: 95, maximumBytes: least.bytes.count - 1))

        #expect(image.bytes.count < least.bytes.count)
        #expect(try #require(image.quality) >= 30)
    }

    @Test(arguments: ImageFormat.allCases)
    func `says the smallest size when a limit cannot be met`(_ format: ImageFormat) throws {
        let error = #expect(throws: ImageError.self) {
            try ImageEncoder.encode(photo, as: EncodeOptions(format: format, maximumBytes: 100))
        }
        guard case .budgetUnreachable(let smallest, let limit) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(smallest > 100)
        #expect(limit == 100)
        #expect(error?.description.contains("\(smallest)") == true)
    }

    @Test func `keeps the colours of thin lines by default`() throws {
        let lines = Pictures.plain(64, 64, .black)
        for y in stride(from: 0, to: 64, by: 4) {
            for x in 0..<64 { lines.set(x, y, 255, 0, 0, 255) }
        }
        let full = try ImageDecoder.decode(ImageEncoder.encode(lines, as: EncodeOptions()).bytes)
        let quarter = try ImageDecoder.decode(
            ImageEncoder.encode(lines, as: EncodeOptions(chroma: .quarter)).bytes)

        #expect(full.meanDistance(to: lines) * 2 < quarter.meanDistance(to: lines))
    }

    @Test func `writes no metadata`() throws {
        for format in ImageFormat.allCases {
            let bytes = try ImageEncoder.encode(photo, as: EncodeOptions(format: format)).bytes
            for word in ["Exif", "ICC_PROFILE", "iCCP", "tEXt", "EXIF", "Adobe"] {
                #expect(bytes.firstRange(of: Array(word.utf8)) == nil)
            }
        }
    }
}

@Suite struct ResamplerTests {
    /// Weighs every source pixel anew for one result pixel, in double precision.
    private func direct(_ source: PixelBuffer, _ size: PixelSize, _ x: Int, _ y: Int) -> SIMD4<Double> {
        func weights(_ index: Int, _ length: Int, _ result: Int) -> [Double] {
            let scale = Double(length) / Double(result)
            let center = (Double(index) + 0.5) * scale
            let raw = (0..<length).map { place -> Double in
                let distance = (Double(place) + 0.5 - center) / max(scale, 1)
                return scale > 1 ? lanczos(distance) : catmullRom(abs(distance))
            }
            let sum = raw.reduce(0, +)
            return raw.map { $0 / sum }
        }
        let across = weights(x, source.size.width, size.width)
        let down = weights(y, source.size.height, size.height)
        var sum = SIMD4<Double>.zero
        for (row, high) in down.enumerated() {
            for (column, wide) in across.enumerated() where high * wide != 0 {
                sum += SIMD4<Double>(source.pixel(column, row)) * high * wide
            }
        }
        return sum.clamped(lowerBound: .zero, upperBound: SIMD4(repeating: 255))
    }

    private func lanczos(_ x: Double) -> Double {
        guard abs(x) < 3 else { return 0 }
        guard x != 0 else { return 1 }
        // The product form of the sine, which needs no import: sin(πx)/(πx) = Π(1 − x²/n²), by 20 000 terms.
        func sinc(_ x: Double) -> Double {
            (1...20_000).reduce(1.0) { $0 * (1 - x * x / Double($1 * $1)) }
        }
        return sinc(x) * sinc(x / 3)
    }

    private func catmullRom(_ x: Double) -> Double {
        if x < 1 { return 1.5 * x * x * x - 2.5 * x * x + 1 }
        return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0
    }

    @Test(arguments: [(20, 11), (40, 13), (61, 50), (33, 30)])
    func `equals a direct computation`(_ width: Int, _ height: Int) {
        let source = Pictures.photo(40, 30)
        let size = PixelSize(width: width, height: height)
        let result = Resampler.resize(source, to: size)

        for (x, y) in [(0, 0), (width - 1, height - 1), (width / 2, height / 2), (3, height - 2)] {
            let expected = direct(source, size, x, y)
            let difference = SIMD4<Double>(result.pixel(x, y)) - expected
            #expect(max(difference.max(), -difference.min()) <= 1, "at \(x),\(y)")
        }
    }

    @Test func `copies when nothing changes`() {
        let source = Pictures.photo(37, 21)
        let crop = PixelRect(x: 4, y: 5, width: 20, height: 10)
        let part = Resampler.resize(source, crop: crop, to: PixelSize(width: 20, height: 10))

        #expect(Resampler.resize(source, to: source.size).greatestDistance(to: source) == 0)
        #expect(part.pixel(0, 0) == source.pixel(4, 5))
        #expect(part.pixel(19, 9) == source.pixel(23, 14))
    }

    @Test func `shows only the crop`() {
        let source = Pictures.quarters(64, 64)
        let crop = PixelRect(x: 36, y: 0.5, width: 24, height: 24)
        let part = Resampler.resize(source, crop: crop, to: PixelSize(width: 8, height: 8))

        #expect(part.count(near: Color(red: 0, green: 255, blue: 0), within: 6) == 64)
    }

    @Test func `lends no colour from transparent pixels and never exceeds alpha`() {
        let source = Pictures.photo(60, 40, hasAlpha: true)
        for size in [PixelSize(width: 23, height: 17), PixelSize(width: 131, height: 90)] {
            let result = Resampler.resize(source, to: size)
            #expect(result.hasAlpha)
            for x in 0..<size.width {
                let pixel = result.pixel(x, size.height / 2)
                #expect(max(pixel.x, pixel.y, pixel.z) <= pixel.w)
            }
        }
    }

    @Test func `handles a single pixel and extreme shapes`() {
        let dot = Pictures.plain(1, 1, Color(red: 9, green: 99, blue: 199))
        let large = Resampler.resize(dot, to: PixelSize(width: 50, height: 3))
        let small = Resampler.resize(Pictures.photo(300, 2), to: PixelSize(width: 1, height: 7))

        #expect(large.count(near: Color(red: 9, green: 99, blue: 199), within: 0) == 150)
        #expect(small.size == PixelSize(width: 1, height: 7))
    }
}
