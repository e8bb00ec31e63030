import Documents
import Testing
import ThumbwireKit

struct OpusRequestTests {
    private let source = #""sourceUri":"https://youtu.be/x""#

    @Test func `reads the documented fields and lets others pass`() throws {
        let asked = try parse(
            """
            {"jobType":"thumbnail",\(source),"prompt":"P","referenceImageUri":"https://a.example/r.png",
            "maskImageUri":"https://a.example/m.png","webhookUrl":"https://a.example/w","more":1}
            """)
        #expect(asked.request.videoURL == "https://youtu.be/x")
        #expect(asked.request.prompt == "P")
        #expect(asked.request.referenceImages == [.url("https://a.example/r.png")])
        #expect(asked.request.maskImage == .url("https://a.example/m.png"))
        #expect(asked.request.variants == 4)
        #expect(asked.callback == CallbackRequest(url: "https://a.example/w"))
        #expect(asked.callbackPlace == .webhookURL)
    }

    @Test func `a source alone is complete`() throws {
        let asked = try parse("{\(source)}")
        #expect(asked.request.prompt == nil)
        #expect(asked.callback == nil)
    }

    @Test func `takes the callback from the header unless the body names one`() throws {
        let header = "https://a.example/header"
        #expect(try parse("{\(source)}", header).callback?.url == header)
        #expect(try parse("{\(source)}", header).callbackPlace == .header)
        #expect(try parse(#"{\#(source),"conclusionActions":[]}"#, header).callback?.url == header)
        let body = #"{\#(source),"webhookUrl":"https://a.example/body"}"#
        #expect(try parse(body, header).callback?.url == "https://a.example/body")
    }

    @Test(arguments: [(false, [EventType.completed]), (true, EventType.terminal)])
    func `a conclusion action is a callback`(notifiesFailure: Bool, events: [EventType]) throws {
        let action = #"{"type":"WEBHOOK","url":"https://a.example/c","notifyFailure":\#(notifiesFailure)}"#
        let asked = try parse(
            #"{\#(source),"conclusionActions":[\#(action)]}"#, "https://a.example/header")
        #expect(asked.callback == CallbackRequest(url: "https://a.example/c", events: events))
        #expect(asked.callbackPlace == .conclusionAction)
    }

    @Test func `success alone is told of unless failures are asked for`() throws {
        let action = #"{"type":"WEBHOOK","url":"https://a.example/c"}"#
        let asked = try parse(#"{\#(source),"conclusionActions":[\#(action)]}"#)
        #expect(asked.callback?.events == [.completed])
    }

    @Test(arguments: [
        (#"{}"#, "/sourceUri", "required"),
        (#"{"sourceUri":"gs://bucket/x.mp4"}"#, "/sourceUri", "http or https"),
        (#"{"sourceUri":"upload-id"}"#, "/sourceUri", "http or https"),
        (#"{S,"jobType":"clip"}"#, "/jobType", "allowed: thumbnail"),
        (#"{S,"jobType":7}"#, "/jobType", "thumbnail"),
        (#"{S,"prompt":" "}"#, "/prompt", "blank"),
        (#"{S,"referenceImageUri":"x"}"#, "/referenceImageUri", "http or https"),
        (#"{S,"conclusionActions":{}}"#, "/conclusionActions", "array"),
        (#"{S,"conclusionActions":[1]}"#, "/conclusionActions/0", "object"),
        (#"{S,"conclusionActions":[{},{}]}"#, "/conclusionActions", "limit is 1"),
        (
            #"{S,"conclusionActions":[{"type":"EMAIL","email":"a@b.c"}]}"#, "/conclusionActions/0/type",
            "WEBHOOK"
        ),
        (#"{S,"conclusionActions":[{"url":"https://a.example"}]}"#, "/conclusionActions/0/type", "missing"),
        (#"{S,"conclusionActions":[{"type":"WEBHOOK"}]}"#, "/conclusionActions/0/url", "required"),
        (
            #"{S,"conclusionActions":[{"type":"WEBHOOK","url":"https://a.example","notifyFailure":"yes"}]}"#,
            "/conclusionActions/0/notifyFailure", "true or false"
        ),
        (
            #"{S,"webhookUrl":"https://a.example","conclusionActions":[{"type":"WEBHOOK","url":"https://a.example"}]}"#,
            "/conclusionActions", "one callback"
        ),
    ])
    func `names what is wrong`(body: String, pointer: String, words: String) throws {
        let problem = try #require(throws: Problem.self) {
            try parse(body.replacing("S,", with: source + ","))
        }
        #expect(problem.errors.map(\.pointer) == [pointer])
        #expect(problem.detail.contains(words))
        #expect(problem.code.row.opus.status == 400)
    }

    private func parse(_ body: String, _ header: String? = nil) throws -> OpusRequest {
        try OpusRequest(try JSONValue(parsing: body), callbackHeader: header)
    }
}

struct OpusUploadLinkRequestTests {
    @Test func `knows both shapes`() throws {
        #expect(try parse(#"{"video":{"usecase":"LocalUpload"}}"#) == .video)
        let image = #"{"usecase":"FreeToolMedia","type":"Upload","extension":"%"}"#
        #expect(try parse(image.replacing("%", with: "png")) == .image(.png))
        #expect(try parse(image.replacing("%", with: "JPG")) == .image(.jpeg))
        #expect(try parse(image.replacing("%", with: "jpeg")) == .image(.jpeg))
        #expect(try parse(image.replacing("%", with: "webp")) == .image(.webp))
    }

    @Test(arguments: [
        (#"{}"#, ["/usecase", "/type", "/extension"]),
        (#"{"video":{}}"#, ["/video/usecase"]),
        (#"{"video":7}"#, ["/video", "/usecase", "/type", "/extension"]),
        (#"{"usecase":"Other","type":"Upload","extension":"png"}"#, ["/usecase"]),
        (#"{"usecase":"FreeToolMedia","type":"Upload","extension":"gif"}"#, ["/extension"]),
        (#"{"usecase":"FreeToolMedia","type":"Upload","extension":7}"#, ["/extension"]),
    ])
    func `names what is wrong`(body: String, pointers: [String]) throws {
        let problem = try #require(throws: Problem.self) { try parse(body) }
        #expect(problem.errors.map(\.pointer) == pointers)
    }

    private func parse(_ body: String) throws -> OpusUploadLinkRequest {
        try OpusUploadLinkRequest(try JSONValue(parsing: body))
    }
}
