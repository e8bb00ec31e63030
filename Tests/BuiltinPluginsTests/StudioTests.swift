import BuiltinPlugins
import Imaging
import Synchronization
import Testing
import ThumbwireKit

private func generated(
    _ request: ThumbnailRequest, style: String = "auto", source: GenerationResult.Picture? = nil,
    video: VideoContext? = nil, frame: GenerationResult.Picture? = nil
) async throws -> GenerationResult {
    let provider = try configured(StudioProvider.self, ["style": .string(style)])
    let generation = GenerationRequest(thumbnail: request, size: request.resolution, idempotencyKey: "key")
    let answer = try await provider.create(
        generation,
        context: TestProviderContext(
            pictures: source.map { [.source: [$0]] } ?? [:], video: video, frame: frame))
    guard case .finished(let result) = answer else {
        throw Failure(.internal, code: "pending", message: "studio did not finish at once")
    }
    return result
}

/// Mean difference of two pictures of one size, in steps of 255.
private func difference(_ first: PixelBuffer, _ second: PixelBuffer) -> Double {
    let sum = zip(first.bytes, second.bytes).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    return Double(sum) / Double(first.bytes.count)
}

@Suite struct StudioTests {
    @Test func `the same words give the same bytes and other words another picture`() async throws {
        let size = PixelSize(width: 320, height: 180)
        let request = ThumbnailRequest(title: "Hacks", prompt: "developer desk", resolution: size)
        let other = ThumbnailRequest(title: "Hacks", prompt: "developer desks", resolution: size)

        let first = try await generated(request).pictures
        let again = try await generated(request).pictures
        let changed = try await generated(other).pictures

        #expect(first == again)
        #expect(first != changed)
        #expect(first.map { $0.mediaType } == ["image/jpeg"])
    }

    @Test func `links that it cannot read are said`() async throws {
        var request = ThumbnailRequest(prompt: "desk", resolution: PixelSize(width: 96, height: 54))
        request.referenceImages = [.url("https://example.com/style.png")]
        request.maskImage = .url("https://example.com/mask.png")
        let context = TestProviderContext()
        let provider = try configured(StudioProvider.self, ["style": "auto"])

        _ = try await provider.create(
            GenerationRequest(thumbnail: request, size: request.resolution, idempotencyKey: "key"),
            context: context)

        let messages = context.told.warnings.map { $0.message }
        #expect(messages.map { $0.prefix { $0 != " " } } == ["referenceImageUrl", "maskImageUrl"])
    }

    @Test func `ten variants are ten different pictures of the asked size`() async throws {
        var request = ThumbnailRequest(prompt: "money", resolution: PixelSize(width: 96, height: 54))
        request.variants = 10

        let result = try await generated(request)
        let pictures = try result.pictures.map { try ImageDecoder.decode($0.bytes) }

        #expect(pictures.count == 10)
        #expect(pictures.allSatisfy { $0.size == request.resolution })
        for (index, first) in pictures.enumerated() {
            for second in pictures.dropFirst(index + 1) { #expect(difference(first, second) > 3) }
        }
    }

    @Test(arguments: StudioProvider.styleNames)
    func `every style draws every shape of canvas`(style: String) async throws {
        for size in [
            PixelSize(width: 96, height: 54), PixelSize(width: 54, height: 96),
            PixelSize(width: 64, height: 64),
            PixelSize(width: 200, height: 16),
        ] {
            var request = ThumbnailRequest(prompt: "anything", resolution: size)
            for layout in [LayoutType.textLeft, .textCenter] {
                request.layoutType = layout
                let bytes = try await generated(request, style: style).pictures[0].bytes
                let picture = try ImageDecoder.decode(bytes)
                let light = LuminanceStatistics(of: PictureGrid(picture))
                #expect(picture.size == size)
                #expect(light.bright > light.dark + 0.005, "\(style) \(size) \(layout)")
            }
        }
    }

    @Test func `words choose the colours`() async throws {
        func hue(_ prompt: String) async throws -> OKLab {
            let request = ThumbnailRequest(prompt: prompt, resolution: PixelSize(width: 160, height: 90))
            let picture = try ImageDecoder.decode(
                try await generated(request, style: "mesh").pictures[0].bytes)
            let cells = PictureGrid(picture).labCells
            let mean = cells.reduce(SIMD3<Float>(), +) / Float(cells.count)
            return OKLab(lightness: Double(mean.x), a: Double(mean.y), b: Double(mean.z))
        }

        let (fire, ocean, money) = (try await hue("fire"), try await hue("the ocean"), try await hue("money"))

        #expect(fire.a > 0.03 && fire.b > 0.02)
        #expect(ocean.b < fire.b - 0.04 && ocean.a < 0)
        #expect(money.a < -0.03)
    }

    @Test func `a source picture becomes the background as it is`() async throws {
        let source = GenerationResult.Picture(bytes: [1, 2, 3], mediaType: "image/png")
        var request = ThumbnailRequest(title: "x")
        request.variants = 2

        #expect(try await generated(request, source: source).pictures == [source, source])
    }

    @Test func `an unknown style is refused`() {
        #expect(throws: ConfigurationError.self) { try configured(StudioProvider.self, ["style": "cubism"]) }
    }

    @Test func `a frame of the video is the background where no picture is given`() async throws {
        let source = GenerationResult.Picture(bytes: [1, 2, 3], mediaType: "image/png")
        let frame = GenerationResult.Picture(bytes: [4, 5], mediaType: "image/jpeg")
        var request = ThumbnailRequest()
        request.videoURL = Self.video
        request.variants = 2

        let onFrame = try await generated(request, frame: frame)
        let onSource = try await generated(request, source: source, frame: frame)

        #expect(onFrame.pictures == [frame, frame])
        #expect(onFrame.provenance == ["studio": "video frame"])
        #expect(onSource.pictures == [source, source])
    }

    @Test func `the video's words choose the scene where there is no frame`() async throws {
        var request = ThumbnailRequest(resolution: PixelSize(width: 96, height: 54))
        request.videoURL = Self.video
        func styles(_ title: String) async throws -> JSONValue? {
            let video = VideoContext(source: VideoSource(url: Self.video), title: title)
            return try await generated(request, video: video).provenance["studio"]
        }

        // The first styles of their themes.
        #expect(try await styles("Learn python programming") == ["styles": ["windows"]])
        #expect(try await styles("Chatgpt and the future of ai") == ["styles": ["rings"]])
    }

    @Test func `a video of which nothing is known needs words of the client's`() async throws {
        var request = ThumbnailRequest(resolution: PixelSize(width: 96, height: 54))
        request.videoURL = Self.video
        let silent = VideoContext(source: VideoSource(url: Self.video), author: "Ann")

        for video in [nil, silent] {
            await #expect {
                try await generated(request, video: video)
            } throws: { error in
                let failure = error as? Failure
                return failure?.code == "source_unreadable" && failure?.failureClass == .invalidInput
            }
        }
        request.title = "Mine"
        #expect(try await generated(request).pictures.count == 1)
        (request.title, request.prompt) = (nil, "a desk")
        #expect(try await generated(request).pictures.count == 1)
    }

    private static let video = "https://youtu.be/dQw4w9WgXcQ"
}

@Suite struct GenerationSubjectTests {
    @Test func `the client's words come before the video's, each once`() throws {
        let source = VideoSource(url: "https://example.com/a")
        let video = VideoContext(source: source, title: "Theirs", author: "Ann", description: "All of it")
        let own = try GenerationSubject(ThumbnailRequest(title: "Mine", prompt: "a desk"), video: video)
        let none = try GenerationSubject(ThumbnailRequest(), video: video)

        #expect(own.title == "Mine")
        #expect(own.words == ["a desk", "Mine", "Theirs", "All of it"])
        #expect(none.title == "Theirs")
        #expect(none.words == ["Theirs", "All of it"])
    }
}
