import Testing
import ThumbwireKit

@testable import Documents

struct NativeJobRequestTests {
    /// A body that is refused, and what is said of it.
    struct Refusal: Sendable, CustomTestStringConvertible {
        var body: String
        var pointer: String
        var words: [String]
        var code = ErrorCode.validationFailed
        var testDescription: String { String(body.prefix(60)) }

        init(_ body: String, _ pointer: String, _ words: String..., code: ErrorCode = .validationFailed) {
            self.body = body
            self.pointer = pointer
            self.words = words
            self.code = code
        }
    }

    @Test func `reads every field`() throws {
        let request = try parse(
            """
            {"title":"One\\nTwo","prompt":"a red fox","videoUrl":"https://youtu.be/x","sourceImageUrl":
            "https://a.example/b.jpg","referenceImageUrl":"http://a.example","maskImageUrl":"HTTPS://a.example",
            "colorGrading":"Neon","layoutType":"FullBleed","resolution":"640x3840","platform":"youtube",
            "variants":10,"sessionId":"s1","chain":"fast","accent":{"color":"#ff8800","words":["Two"]},
            "callbackUrl":"https://n8n.example/resume?id=1","callbackEvents":["thumbnail.failed"],
            "callbackHeaders":{"X-A":"1"},"callbackFormat":"face","metadata":{"a":[1,null]},"priority":-3,"deadlineSeconds":86400}
            """)
        #expect(request.request.title == "One\nTwo")
        #expect(request.request.colorGrading == .neon)
        #expect(request.request.layoutType == .fullBleed)
        #expect(request.request.resolution == PixelSize(width: 640, height: 3_840))
        #expect(request.request.variants == 10)
        #expect(request.request.accent.color == Color(red: 255, green: 136, blue: 0))
        #expect(request.request.accent.words == ["Two"])
        #expect(request.session == "s1")
        #expect(request.chain == "fast")
        #expect(request.callback?.url == "https://n8n.example/resume?id=1")
        #expect(request.callback?.events == [.failed])
        #expect(request.callback?.headers == [CallbackRequest.Header(name: "X-A", value: "1")])
        #expect(request.callback?.format == .face)
        #expect(request.metadata["a"] == [1, nil])
        #expect(request.priority == -3)
        #expect(request.deadline == .seconds(86_400))
    }

    @Test func `leaves what is absent or null to the defaults`() throws {
        let request = try parse(#"{"title":"A","colorGrading":null,"variants":null,"callbackUrl":null}"#)
        #expect(request.request == ThumbnailRequest(title: "A"))
        #expect(request.callback == nil)
        #expect(request.deadline == nil)
        #expect(request.metadata.isEmpty)
    }

    @Test(arguments: ["title", "prompt", "videoUrl", "sourceImageUrl"])
    func `is content with one subject`(name: String) throws {
        _ = try parse(#"{"\#(name)":"https://a.example/x"}"#)
    }

    @Test(arguments: [
        Refusal(#"{}"#, "", "title", "prompt", "videoUrl", "sourceImageUrl"),
        Refusal(#"{"title":null}"#, "", "title"),
        Refusal(#"[]"#, "", "array", "object"),
        Refusal(#"{"title":5}"#, "/title", "number", "string"),
        Refusal(#"{"title":" \n "}"#, "/title", "blank"),
        Refusal(#"{"title":"\u200D\uFE0F\u202E\uFEFF"}"#, "/title", "blank"),
        Refusal(#"{"title":"\u2800\u3164\uFFFC\uFFFF"}"#, "/title", "blank"),
        Refusal(#"{"title":"a","colorGrading":5}"#, "/colorGrading", "number", "Cinematic"),
        Refusal(#"{"title":"a","variants":"2"}"#, "/variants", "string", "1 to 10"),
        Refusal(#"{"title":"ab\u0007"}"#, "/title", "U+0007", "offset 2"),
        Refusal(#"{"title":"a\tb"}"#, "/title", "U+0009", "offset 1"),
        Refusal(#"{"prompt":"\u009Fx"}"#, "/prompt", "U+009F", "offset 0"),
        Refusal(#"{"title":"a","layoutType":"textleft"}"#, "/layoutType", "TextLeft", "did you mean"),
        Refusal(#"{"title":"a","colorGrading":"Sepia"}"#, "/colorGrading", "Cinematic", "Neon"),
        Refusal(#"{"title":"a","resolution":"720p"}"#, "/resolution", "1280x720", "1080x1920", "3840"),
        Refusal(#"{"title":"a","resolution":"63x64"}"#, "/resolution", "64"),
        Refusal(#"{"title":"a","resolution":"64x3841"}"#, "/resolution", "3840"),
        Refusal(#"{"title":"a","resolution":"-64x64"}"#, "/resolution", "64"),
        Refusal(#"{"title":"a","resolution":[1280,720]}"#, "/resolution", "array"),
        Refusal(#"{"title":"a","variants":0}"#, "/variants", "1 to 10"),
        Refusal(#"{"title":"a","variants":11}"#, "/variants", "1 to 10"),
        Refusal(#"{"title":"a","variants":1.5}"#, "/variants", "integer"),
        Refusal(#"{"title":"a","variants":"2"}"#, "/variants", "string", "integer"),
        Refusal(#"{"title":"a","deadlineSeconds":0}"#, "/deadlineSeconds", "1 to 86400"),
        Refusal(#"{"title":"a","deadlineSeconds":86401}"#, "/deadlineSeconds", "1 to 86400"),
        Refusal(#"{"title":"a","priority":101}"#, "/priority", "-100 to 100"),
        Refusal(#"{"title":"a","metadata":[]}"#, "/metadata", "object"),
        Refusal(#"{"title":"a","accent":{"color":"red"}}"#, "/accent/color", "#RRGGBB"),
        Refusal(#"{"title":"a","accent":{"colour":"red"}}"#, "/accent/colour", "did you mean \"color\""),
        Refusal(#"{"title":"a","accent":{"words":["b",1]}}"#, "/accent/words/1", "string"),
        Refusal(#"{"videoUrl":"ftp://a.example"}"#, "/videoUrl", "http", code: .urlInvalid),
        Refusal(#"{"videoUrl":"https://"}"#, "/videoUrl", "absolute", code: .urlInvalid),
        Refusal(#"{"title":"a","callbackUrl":"n8n"}"#, "/callbackUrl", "http", code: .urlInvalid),
        Refusal(#"{"title":"a","callbackEvents":["thumbnail.failed"]}"#, "/callbackEvents", "callbackUrl"),
        Refusal(
            #"{"title":"a","callbackUrl":"https://a.example","callbackEvents":[]}"#, "/callbackEvents",
            "empty"
        ),
        Refusal(
            #"{"title":"a","callbackUrl":"https://a.example","callbackEvents":["thumbnail.complete"]}"#,
            "/callbackEvents/0", "did you mean \"thumbnail.completed\""),
        Refusal(
            #"{"title":"a","callbackUrl":"https://a.example","callbackHeaders":{"a/b":1}}"#,
            "/callbackHeaders/a~1b", "string"),
        Refusal(#"{"title":"a","style":{}}"#, "/style", "not a field", "title"),
        Refusal(#"{"title":"a","colourGrading":"Warm"}"#, "/colourGrading", "did you mean \"colorGrading\""),
        Refusal(#"{"title":"a","platform":"tiktok"}"#, "/platform", "youtube", code: .platformNotSupported),
        Refusal(#"{"title":"a","templateId":"tpl_1"}"#, "/templateId", "tpl_1", code: .templateNotFound),
    ])
    func `names what is wrong and what is allowed`(refusal: Refusal) throws {
        let problem = try #require(throws: Problem.self) { try parse(refusal.body) }
        let error = try #require(problem.errors.first)
        #expect(problem.errors.count == 1)
        #expect(error.pointer == refusal.pointer)
        for word in refusal.words { #expect(error.detail.contains(word), "\(error.detail)") }
        #expect(problem.code == refusal.code)
    }

    @Test func `says everything that is wrong at once`() throws {
        let problem = try #require(throws: Problem.self) {
            try parse(#"{"title":1,"variants":99,"layoutType":"Left","extra":true,"templateId":"t"}"#)
        }
        #expect(
            problem.errors.map(\.pointer) == ["/title", "/layoutType", "/variants", "/templateId", "/extra"])
        #expect(problem.code == .validationFailed)
    }

    @Test func `counts Unicode scalars of titles and prompts`() throws {
        _ = try parse(#"{"title":"\#(String(repeating: "é", count: 300))"}"#)
        let title = try #require(throws: Problem.self) {
            try parse(#"{"title":"\#(String(repeating: "é", count: 301))"}"#)
        }
        #expect(title.errors.first?.detail == "has 301 characters; the limit is 300")
        let prompt = try #require(throws: Problem.self) {
            try parse(#"{"prompt":"\#(String(repeating: "p", count: 4_001))"}"#)
        }
        #expect(prompt.errors.first?.detail == "has 4001 characters; the limit is 4000")
    }

    @Test func `limits metadata by its bytes`() throws {
        let padding = RequestLimits.metadata - #"{"a":""}"#.utf8.count
        _ = try parse(#"{"title":"a","metadata":{"a":"\#(String(repeating: "x", count: padding))"}}"#)
        let problem = try #require(throws: Problem.self) {
            try parse(#"{"title":"a","metadata":{"a":"\#(String(repeating: "x", count: padding + 1))"}}"#)
        }
        #expect(problem.errors.first?.detail == "has 4097 bytes as JSON; the limit is 4096")
    }

    @discardableResult
    private func parse(_ body: String) throws -> NativeJobRequest {
        try NativeJobRequest(try JSONValue(parsing: body))
    }
}
