import HTTP
import TestSupport
import Testing
import ThumbwireKit

@testable import BuiltinPlugins

@Suite struct OpenAIRequestTests {
    @Test func `a generation says what the model needs and no more`() async throws {
        let picture = try GenerationResult.Picture.make()
        try await OpenAITest.run(.always(.images([picture]))) { test in
            let settings: JSONObject = [
                "quality": "high", "moderation": "low", "organization": "org-1", "project": "proj_1",
            ]
            let result = try await test.buy(.asking(size: .portrait, variants: 2), settings).pictures()

            let members = try test.service.onlyCreate()
            let create = try #require(test.service.creates.first)
            #expect(
                members.object?.names.sorted() == [
                    "model", "moderation", "n", "output_format", "prompt", "quality", "size",
                ])
            #expect(members["model"] == "gpt-image-2" && members["size"] == "1152x2048")
            #expect(members["n"] == 2 && members["quality"] == "high" && members["moderation"] == "low")
            #expect(create.path == "/v1/images/generations")
            #expect(create.headers["Authorization"] == "Bearer \(testKey)")
            #expect(create.headers["OpenAI-Organization"] == "org-1")
            #expect(create.headers["OpenAI-Project"] == "proj_1")
            #expect(result.pictures == [picture])
        }
    }

    @Test func `Azure gets its deployment, its version and its key's header`() async throws {
        let picture = try GenerationResult.Picture.make()
        try await OpenAITest.run(.always(.images([picture]))) { test in
            let settings: JSONObject = [
                "api": "azure", "apiVersion": "2025-04-01-preview", "deployment": "my pictures",
                "baseUrl": .string("\(test.service.url)/"), "model": "gpt-image-1.5",
            ]
            let bought = try await test.buy(.asking(options: ["model": "gpt-image-2"]), settings)

            let create = try #require(test.service.creates.first)
            #expect(create.parameters["deployment"] == "my pictures")
            #expect(create.query("api-version") == "2025-04-01-preview")
            #expect(create.headers["api-key"] == testKey && create.headers["Authorization"] == nil)
            #expect(try test.service.onlyCreate()["size"] == "1536x1024")
            #expect(bought.warnings("model_replaced").count == 1)
            _ = try bought.pictures()
        }
    }

    @Test func `pictures that are given make an edit whose form reads back`() async throws {
        let made = try GenerationResult.Picture.make()
        let source = try GenerationResult.Picture.make(.jpeg, width: 16, height: 8)
        let reference = try GenerationResult.Picture.make(.webp)
        let mask = try GenerationResult.Picture.make(width: 16, height: 8, hasAlpha: true)
        try await OpenAITest.run(.always(.images([made]))) { test in
            let context = test.context([.source: [source], .reference: [reference], .mask: [mask]])
            let request = GenerationRequest.asking(purpose: .finished, options: ["input_fidelity": "high"]) {
                $0.prompt = "ünïcode “quotes”\r\n--boundary--"
            }
            let bought = try await test.buy(request, ["moderation": "low"], context: context)

            let create = try #require(test.service.creates.first)
            let parts = try FormParts(create)
            #expect(create.path == "/v1/images/edits")
            #expect(
                parts.names == ["model", "size", "output_format", "prompt", "image[]", "image[]", "mask"])
            #expect(parts.text("prompt") == request.thumbnail.prompt)
            #expect(parts.files("image[]").map(\.bytes) == [source.bytes, reference.bytes])
            #expect(parts.files("image[]").map(\.fileName) == ["image-0.jpg", "image-1.webp"])
            #expect(parts.files("image[]").map(\.mediaType) == ["image/jpeg", "image/webp"])
            #expect(parts.files("mask").map(\.bytes) == [mask.bytes])
            #expect(
                bought.warnings("parameter_dropped") == [
                    "input_fidelity is not sent: gpt-image-2 does not take it so"
                ])
            #expect(try bought.pictures().provenance["openai"]?["operation"] == "edit")
        }
    }

    @Test func `the video's frame is a reference where the operator wants it`() async throws {
        let frame = try GenerationResult.Picture.make(.jpeg)
        let video = VideoContext.video("T")
        for usesFrame in [true, false] {
            try await OpenAITest.run(.always(.images([frame]))) { test in
                let request = GenerationRequest.asking { $0.videoURL = "https://youtu.be/abcdefghijk" }
                _ = try await test.buy(
                    request, ["useVideoFrame": .bool(usesFrame)],
                    context: test.context(video: video, frame: frame)
                ).pictures()

                #expect(
                    test.service.creates.first?.path.hasSuffix(usesFrame ? "edits" : "generations") == true)
            }
        }
    }

    @Test func `a picture in place of a video is worked on as it is`() async throws {
        let picture = try GenerationResult.Picture.make(.jpeg)
        var video = VideoContext.video(nil)
        video.source.kind = .image
        try await OpenAITest.run(.always(.images([picture]))) { test in
            let request = GenerationRequest.asking { $0.videoURL = "https://example.com/photo.jpg" }
            let context = test.context(video: video, frame: picture)
            _ = try await test.buy(request, context: context).pictures()

            let parts = try FormParts(try #require(test.service.creates.first))
            #expect(parts.files("image[]").map(\.bytes) == [picture.bytes])
        }
    }

    @Test func `a provider that is printed does not show its key`() throws {
        let provider = try configured(OpenAIProvider.self, ["apiKey": .string(testKey)])

        #expect(!"\(provider)".contains("sk-test") && !String(reflecting: provider).contains("sk-test"))
    }

    @Test func `pictures beyond the limits are refused before anything is sent`() async throws {
        let small = try GenerationResult.Picture.make()
        let mask = try GenerationResult.Picture.make(width: 16, height: 16, hasAlpha: true)
        let jpeg = try GenerationResult.Picture.make(.jpeg)
        let huge = GenerationResult.Picture(
            bytes: small.bytes + [UInt8](repeating: 0, count: 50 << 20), mediaType: "image/png")
        let hugeMask = GenerationResult.Picture(
            bytes: small.bytes + [UInt8](repeating: 0, count: 4 << 20), mediaType: "image/png")
        let text = GenerationResult.Picture(bytes: Array("GIF89a".utf8), mediaType: "image/png")
        let cases: [([ImageRole: [GenerationResult.Picture]], String, String)] = [
            ([.reference: Array(repeating: small, count: 17)], "validation_failed", "at most 16"),
            ([.source: [huge]], "source_image_too_large", "sourceImageUrl: must have fewer than 50 MiB"),
            ([.source: [text]], "source_image_format_unsupported", "sourceImageUrl"),
            ([.source: [small], .mask: [mask]], "validation_failed", "is 16x16; it must be as large"),
            ([.source: [small], .mask: [jpeg]], "source_image_format_unsupported", "must be a png"),
            (
                [.source: [small], .mask: [hugeMask]], "source_image_too_large",
                "maskImageUrl: must have fewer than 4"
            ),
            ([.mask: [small]], "validation_failed", "maskImageUrl: a mask needs"),
        ]
        for (pictures, code, message) in cases {
            try await OpenAITest.run(.always(.images([small]))) { test in
                let failure = try await test.buy(context: test.context(pictures)).failure()

                #expect(failure.failureClass == .invalidInput && failure.code == code, "\(failure)")
                #expect(failure.message.contains(message), "\(failure)")
                #expect(test.service.creates.isEmpty)
            }
        }
    }

    @Test func `a compatible server's own model gets what every server knows`() async throws {
        let picture = try GenerationResult.Picture.make(.webp)
        try await OpenAITest.run(.always(.images([picture]))) { test in
            let settings: JSONObject = ["model": "flux-dev", "quality": "high", "partialImages": 2]
            _ = try await test.buy(.asking(), settings).pictures()

            let members = try test.service.onlyCreate()
            #expect(members.object?.names.sorted() == ["model", "prompt", "size"])
            #expect(members["size"] == "1536x1024")
        }
        try await OpenAITest.run(.always(.images([picture]))) { test in
            let settings: JSONObject = [
                "model": "flux-dev", "sizes": ["any"], "parameters": ["response_format", "quality"],
                "quality": "high",
            ]
            _ = try await test.buy(.asking(size: .portrait), settings).pictures()

            let members = try test.service.onlyCreate()
            #expect(members["size"] == "1152x2048" && members["quality"] == "high")
            #expect(members["response_format"] == "b64_json")
        }
    }

    @Test(
        arguments: [
            ("apiKey", ""), ("apiKey", "sk 1"), ("apiKey", "sk-1\n"), ("organization", "a b"),
            ("baseUrl", "api.openai.com"), ("baseUrl", "https://u:p@host/v1"),
            ("baseUrl", "https://host/v1?x=1"),
            ("api", "azure"), ("model", ""), ("sizes", ["1024"]), ("sizes", ["any", "1x1"]),
            ("parameters", ["colour"]),
        ] as [(String, JSONValue)])
    func `settings that cannot work are refused without showing the key`(
        name: String, value: JSONValue
    ) throws {
        let settings: JSONObject = [
            "apiKey": name == "apiKey" ? value : .string(testKey), name: value,
        ]
        let error = #expect(throws: ConfigurationError.self) { try configured(OpenAIProvider.self, settings) }
        #expect(error.map { !"\($0)".contains("sk") } == true)
    }

    @Test func `providers of one account share a purse that does not show the key`() throws {
        let settings: JSONObject = ["apiKey": .string(testKey), "imagesPerMinute": 5]
        let (one, other) = (
            try configured(OpenAIProvider.self, settings), try configured(OpenAIProvider.self, settings)
        )
        let foreign = try configured(OpenAIProvider.self, ["apiKey": "sk-other"])

        #expect(one.pacing == other.pacing && one.pacing?.picturesPerMinute == 5)
        #expect(one.pacing?.key != foreign.pacing?.key && one.pacing?.key.contains("sk-") == false)
    }

    @Test(arguments: [("gpt-image-2", 4), ("dall-e-2", 4), ("unknown-model", 4)])
    func `an order counts with all its pictures`(model: String, count: Int) throws {
        let provider = try configured(OpenAIProvider.self, ["apiKey": .string(testKey)])
        let request = GenerationRequest.asking {
            $0.variants = count
            $0.options = ["openai": ["model": .string(model)]]
        }

        #expect(provider.pictures(of: request, at: .noon) == count)
    }

    @Test func `a model that makes one picture at a time counts one`() throws {
        let settings: JSONObject = ["apiKey": .string(testKey), "model": "dall-e-3"]
        let provider = try configured(OpenAIProvider.self, settings)
        let request = GenerationRequest.asking { $0.variants = 4 }
        let alive = try #require(Timestamp(rfc3339: "2025-01-01T00:00:00Z"))

        #expect(provider.pictures(of: request, at: alive) == 1)
    }

    @Test func `a mask without a picture is known to be unsuitable before a job is made`() throws {
        let provider = try configured(OpenAIProvider.self, ["apiKey": .string(testKey)])
        let lonely = GenerationRequest.asking { $0.maskImage = .url("https://example.com/mask.png") }

        #expect(provider.unsuitability(for: lonely)?.contains("maskImageUrl") == true)
        #expect(provider.unsuitability(for: .asking()) == nil)
    }
}

/// The parts of a `multipart/form-data` request, read as a server would.
struct FormParts {
    struct Part {
        var name: String
        var fileName: String?
        var mediaType: String?
        var bytes: [UInt8]
    }

    let parts: [Part]
    var names: [String] { parts.map(\.name) }

    init(_ request: Request) throws {
        let type = try #require(request.headers["Content-Type"])
        let boundary = try #require(type.split(separator: "boundary=").last)
        try #require(type.hasPrefix("multipart/form-data; boundary="))
        let delimiter = Array("\r\n--\(boundary)".utf8)
        let pieces = (Array("\r\n".utf8) + request.body).split(separator: delimiter)
        try #require(pieces.last.map { Array($0) } == Array("--\r\n".utf8))
        parts = try pieces.dropLast().map { piece in
            let halves = piece.dropFirst(2).split(separator: Array("\r\n\r\n".utf8), maxSplits: 1)
            let head = String(decoding: try #require(halves.first), as: UTF8.self)
            return Part(
                name: try #require(Self.quoted("name", in: head)),
                fileName: Self.quoted("filename", in: head),
                mediaType: head.split(separator: "Content-Type: ").dropFirst().first.map(String.init),
                bytes: halves.count > 1 ? Array(halves[1]) : [])
        }
    }

    func text(_ name: String) -> String? {
        parts.first { $0.name == name }.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    func files(_ name: String) -> [Part] {
        parts.filter { $0.name == name && $0.fileName != nil }
    }

    private static func quoted(_ name: String, in head: String) -> String? {
        head.split(separator: "; \(name)=\"").dropFirst().first?.split(separator: "\"").first.map(String.init)
    }
}
