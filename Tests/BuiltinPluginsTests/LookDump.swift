import BuiltinPlugins
import Foundation
import Imaging
import Testing
import ThumbwireKit

/// Contact sheets for the eye: written only where THUMBWIRE_LOOK names a folder.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["THUMBWIRE_LOOK"] != nil))
struct LookDump {
    private let folder = ProcessInfo.processInfo.environment["THUMBWIRE_LOOK"] ?? ""

    private func sheet(_ pictures: [PixelBuffer], columns: Int, cell: PixelSize, _ name: String) throws {
        let rows = (pictures.count + columns - 1) / columns
        let sheet = PixelBuffer(
            size: PixelSize(width: columns * (cell.width + 8), height: rows * (cell.height + 8)))
        sheet.bytes.initializeMemory(as: UInt8.self, repeating: 255)
        for (index, picture) in pictures.enumerated() {
            let small = Resampler.resize(picture, to: cell)
            for row in 0..<cell.height {
                let target =
                    sheet.base + (index / columns * (cell.height + 8) + row) * sheet.stride
                    + index % columns * (cell.width + 8) * 4
                target.copyMemory(from: small.base + row * small.stride, byteCount: small.stride)
            }
        }
        let image = try ImageEncoder.encode(sheet, as: EncodeOptions(format: .png))
        try Data(image.bytes).write(to: URL(fileURLWithPath: folder + "/" + name + ".png"))
    }

    private var seed: ThumbnailRequest {
        var request = ThumbnailRequest(
            title: "10 Developer Productivity Hacks",
            prompt: "A developer at a clean desk with multiple monitors showing code")
        request.colorGrading = .cinematic
        request.layoutType = .textCenter
        return request
    }

    private func finished(_ request: ThumbnailRequest, style: String = "auto") async throws -> PixelBuffer {
        let background = try await studioPictures(request, style: style)[0]
        let (_, context) = try chain(request, on: background)
        return try ImageDecoder.decode(context.pictures[0].bytes)
    }

    @Test func styles() async throws {
        var pictures: [PixelBuffer] = []
        for style in StudioProvider.styleNames.dropFirst() {
            var request = seed
            request.layoutType = .textLeft
            pictures.append(try await studioPictures(request, style: style)[0])
        }
        for prompt in [
            "fire dragon battle", "ocean island travel", "money investing", "forest hike", "love story",
            "pizza recipe",
            "galaxy planet", "retro gaming", "gym workout", "piano music", "learn math", "zebra",
        ] {
            var request = ThumbnailRequest(title: "x", prompt: prompt)
            request.layoutType = .textRight
            pictures.append(try await studioPictures(request)[0])
        }
        try sheet(pictures, columns: 4, cell: PixelSize(width: 480, height: 270), "styles")
    }

    @Test func seedRequest() async throws {
        var request = seed
        let landscape = try await finished(request)
        try sheet([landscape], columns: 1, cell: request.resolution, "seed-landscape")
        request.resolution = .portrait
        let portrait = try await finished(request)
        try sheet([portrait], columns: 1, cell: PixelSize(width: 540, height: 960), "seed-portrait")
        request.resolution = .landscape
        request.variants = 6
        var variants: [PixelBuffer] = []
        for background in try await studioPictures(request) {
            let (_, context) = try chain(request, on: background)
            variants.append(try ImageDecoder.decode(context.pictures[0].bytes))
        }
        try sheet(variants, columns: 2, cell: PixelSize(width: 640, height: 360), "seed-variants")
    }

    @Test func layouts() async throws {
        let titles = [
            ("10 Developer Productivity Hacks", "code"), ("I Quit My Job After 30 Days", "money business"),
            ("Das größte Geheimnis der Ozeane", "ocean sea"), ("日本語のタイトルが3分で完成", "space galaxy"),
            ("أسرار النجاح في العمل", "fire"),
        ]
        var landscape: [PixelBuffer] = []
        var portrait: [PixelBuffer] = []
        for (row, layout) in LayoutType.allCases.enumerated() {
            for column in 0..<4 {
                let (title, prompt) = titles[(row + column) % titles.count]
                var request = ThumbnailRequest(title: title, prompt: prompt)
                request.layoutType = layout
                request.colorGrading = ColorGrading.allCases[(row * 4 + column) % 7]
                landscape.append(try await finished(request))
                request.resolution = .portrait
                portrait.append(try await finished(request))
            }
        }
        try sheet(landscape, columns: 4, cell: PixelSize(width: 480, height: 270), "layouts-landscape")
        try sheet(portrait, columns: 10, cell: PixelSize(width: 216, height: 384), "layouts-portrait")
    }

    @Test func gradings() async throws {
        var pictures: [PixelBuffer] = []
        for grading in ColorGrading.allCases {
            for style in ["windows", "bokeh", "waves"] {
                var request = ThumbnailRequest(title: "Never *Trust* a Clean Desk", prompt: "ocean travel")
                request.layoutType = .textLeft
                request.colorGrading = grading
                pictures.append(try await finished(request, style: style))
            }
        }
        try sheet(pictures, columns: 6, cell: PixelSize(width: 320, height: 180), "gradings")
    }
}
