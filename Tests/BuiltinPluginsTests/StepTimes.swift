import BuiltinPlugins
import Foundation
import Imaging
import Testing
import ThumbwireKit

/// Milliseconds of processor time of each step, the least of eleven, printed only where THUMBWIRE_LOOK is set; for optimised builds.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["THUMBWIRE_LOOK"] != nil))
struct StepTimes {
    /// Of this thread, so that other load on the machine does not count.
    private func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1_000 + Double(time.tv_nsec) / 1_000_000
    }

    private func least(_ work: () throws -> Void) rethrows -> Double {
        var times: [Double] = []
        for _ in 0..<11 {
            let start = processorTime()
            try work()
            times.append(processorTime() - start)
        }
        return ((times.min() ?? 0) * 10).rounded() / 10
    }

    @Test func chainSteps() async throws {
        var request = ThumbnailRequest(
            title: "10 Developer Productivity Hacks", prompt: "A developer at a clean desk")
        request.colorGrading = .cinematic
        let same = try await studioPictures(request)[0]
        let large = Resampler.resize(same, to: PixelSize(width: 1_920, height: 1_080))
        for (name, background) in [("720p", same), ("FHD", large)] {
            let file = try ImageEncoder.encode(background, as: EncodeOptions(quality: 90)).bytes
            print("\(name) decode \(try least { _ = try ImageDecoder.decode(file) }) ms")
            let context = TestContext(request, background: background)
            var composition = context.composition
            let steps: [(String, any PostProcessor)] = [
                ("smart-crop", try configured(SmartCrop.self)),
                ("color-grade", try configured(ColorGrade.self)),
                ("accent-detection", try configured(AccentDetection.self)),
                ("layout", try configured(Layout.self)), ("encode", try configured(Encode.self)),
            ]
            for (id, step) in steps {
                let before = composition
                let time = try least {
                    composition = before
                    try step.process(&composition, context: context)
                }
                print("\(name) \(id) \(time) ms")
            }
            print("\(name) render \(try least { _ = try context.render(composition) }) ms")
        }
        let copy = same.copy()
        let table = try #require(ColorLUT.shared(for: Grade(preset: .cinematic)))
        print(
            "LUT \(least { table.apply(to: copy) }) ms, vignette \(least { table.apply(to: copy, vignette: 0.3) })"
        )
        print("LUT build \(least { _ = ColorLUT(Grade(preset: .neon)) }) ms")
    }

    @Test func studioStyles() async throws {
        for style in StudioProvider.styleNames.dropFirst() {
            let request = ThumbnailRequest(title: "x", prompt: "code")
            var times: [Double] = []
            for _ in 0..<5 {
                let start = processorTime()
                _ = try await studioPictures(request, style: style)
                times.append(processorTime() - start)
            }
            print("studio \(style) with decoding \(((times.min() ?? 0) * 10).rounded() / 10) ms")
        }
    }
}
