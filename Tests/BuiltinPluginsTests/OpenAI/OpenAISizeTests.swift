import Testing
import ThumbwireKit

@testable import BuiltinPlugins

@Suite struct OpenAISizeTests {
    @Test(
        arguments: [
            ("1280x720", "1280x720"), ("1080x1920", "1152x2048"), ("1920x1080", "2048x1152"),
            ("1024x1024", "1024x1024"), ("64x64", "816x816"), ("3840x2160", "3840x2160"),
            ("3840x3840", "2880x2880"), ("3840x64", "3840x1280"), ("64x3840", "1280x3840"),
            ("640x360", "1280x720"), ("1000x563", "1136x640"),
        ])
    func `free sizes cover what is wanted in its shape`(wanted: String, chosen: String) throws {
        let size = OpenAISize.size(covering: try #require(PixelSize(wanted)), sizes: .free)

        #expect(size.description == chosen)
    }

    @Test func `every size that can be asked for has a legal one that covers it in about its shape`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<400 {
            let wanted = PixelSize(
                width: .random(in: 64...3_840, using: &random),
                height: .random(in: 64...3_840, using: &random))

            let size = OpenAISize.size(covering: wanted, sizes: .free)

            #expect(OpenAISize.isLegal(size), "\(wanted) → \(size)")
            // Larger ones have no legal size in their shape that covers them.
            let long = max(wanted.width, wanted.height)
            let short = max(min(wanted.width, wanted.height), (long + 2) / 3)
            if long * short <= 7_500_000 {
                #expect(size.width >= wanted.width && size.height >= wanted.height, "\(wanted) → \(size)")
            }
            let shape = PixelSize(
                width: min(wanted.width, wanted.height * 3), height: min(wanted.height, wanted.width * 3))
            #expect(OpenAISize.croppedPart(of: size, for: shape) < 0.03, "\(wanted) → \(size)")
        }
    }

    @Test func `legal sizes stay as they are`() {
        for width in stride(from: 16, through: 3_840, by: 112) {
            for height in stride(from: 16, through: 3_840, by: 112) {
                let size = PixelSize(width: width, height: height)
                guard OpenAISize.isLegal(size) else { continue }
                #expect(OpenAISize.size(covering: size, sizes: .free) == size)
            }
        }
    }

    @Test(
        arguments: [
            ("1280x720", "1536x1024"), ("1080x1920", "1024x1536"), ("512x512", "1024x1024"),
            ("3840x1280", "1536x1024"),
        ])
    func `of fixed sizes the one of the nearest shape is taken`(wanted: String, chosen: String) throws {
        let sizes = try #require(OpenAIModels.row("gpt-image-1.5")).sizes

        let size = OpenAISize.size(covering: try #require(PixelSize(wanted)), sizes: sizes)

        #expect(size.description == chosen)
    }

    @Test func `of fixed sizes in one shape the smallest that covers is taken, else the largest`() throws {
        let sizes = try #require(OpenAIModels.row("dall-e-2")).sizes

        let chosen = [200, 300, 2_000].map { side in
            OpenAISize.size(covering: PixelSize(width: side, height: side), sizes: sizes).width
        }

        #expect(chosen == [256, 512, 1_024])
    }
}
