import Documents
import Testing
import ThumbwireKit

struct SokeRequestTests {
    private let grading = #""colorGrading":"Warm","layoutType":"TextLeft""#

    @Test func `reads the documented fields and lets others pass`() throws {
        let request = try parse(
            """
            {"videoUrl":"https://youtu.be/x","manualTitle":"T","manualPrompt":"P","colorGrading":"None",
            "layoutType":"TextBottom","resolution":"1080x1920","platform":"youtube","sessionId":"session_1",
            "overrideTitle":true,"webhookUrl":"https://a.example/w"}
            """)
        #expect(request.request.title == "T")
        #expect(request.request.prompt == "P")
        #expect(request.request.colorGrading == ColorGrading.none)
        #expect(request.request.layoutType == .textBottom)
        #expect(request.request.resolution == .portrait)
        #expect(request.session == "session_1")
        #expect(request.callback?.url == "https://a.example/w")
        #expect(request.callback?.events == EventType.terminal)
    }

    @Test func `a background needs neither grading nor layout`() throws {
        let body = try JSONValue(
            parsing: #"{"manualTitle":"T","overrideTitle":false,"resolution":"1080x1920","sessionId":"s"}"#)
        let asked = try SokeRequest(body, endpoint: .generateBackground)
        #expect(asked.request.title == "T")
        #expect(asked.request.resolution == .portrait)
        #expect(asked.request.colorGrading == nil)
        #expect(asked.session == "s")
    }

    @Test(arguments: [
        (#"{"manualTitle":"T","overrideTitle":"yes"}"#, "/overrideTitle"), (#"{}"#, ""),
        (#"{"manualTitle":"T","templateId":"t"}"#, "/templateId"),
        (#"{"manualTitle":"T","resolution":"1x1"}"#, "/resolution"),
    ])
    func `names what is wrong with a background`(body: String, pointer: String) throws {
        let problem = try #require(throws: Problem.self) {
            try SokeRequest(JSONValue(parsing: body), endpoint: .generateBackground)
        }
        #expect(problem.errors.map(\.pointer) == [pointer])
    }

    @Test func `takes the callback from the header unless the body names one`() throws {
        let header = "https://a.example/header"
        #expect(try parse(#"{"manualTitle":"T",\#(grading)}"#, header).callback?.url == header)
        let body = #"{"manualTitle":"T","webhookUrl":"https://a.example/body",\#(grading)}"#
        #expect(try parse(body, header).callback?.url == "https://a.example/body")
    }

    @Test(arguments: [
        (#"{"manualTitle":"T","layoutType":"TextLeft"}"#, "colorGrading", "None, Warm"),
        (#"{"manualTitle":"T","colorGrading":"Warm"}"#, "layoutType", "TextLeft, TextRight"),
        (#"{"manualTitle":"T","colorGrading":"warm","layoutType":"TextLeft"}"#, "colorGrading", "Warm"),
        (#"{"colorGrading":"Warm","layoutType":"TextLeft"}"#, "", "manualTitle, manualPrompt"),
        (
            #"{"manualTitle":"T","colorGrading":"Warm","layoutType":"TextLeft","resolution":"640x360"}"#,
            "resolution", "1280x720, 1080x1920"
        ),
        (#"{"manualTitle":5,"colorGrading":"Warm","layoutType":"TextLeft"}"#, "manualTitle", "string"),
        (
            #"{"manualTitle":"T","colorGrading":"Warm","layoutType":"TextLeft","webhookUrl":1}"#,
            "webhookUrl",
            "string"
        ),
        (#"{"manualTitle":"T","templateId":"tpl_9"}"#, "templateId", "tpl_9"),
    ])
    func `names what is wrong`(body: String, field: String, words: String) throws {
        let problem = try #require(throws: Problem.self) { try parse(body) }
        #expect(problem.errors.map(\.pointer) == [field.isEmpty ? "" : "/" + field])
        #expect(problem.detail.contains(words), "\(problem.detail)")
        #expect(problem.code.row.sokeCode == .badRequest)
        #expect(problem.code.row.sokeStatus == 400)
    }

    @Test func `says of another platform that it is not implemented, whatever else is wrong`() throws {
        let problem = try #require(throws: Problem.self) { try parse(#"{"platform":"tiktok"}"#) }
        #expect(problem.code == .platformNotSupported)
        #expect(problem.code.row.sokeCode == .platformNotImplemented)
        #expect(problem.code.row.sokeStatus == 501)
        #expect(problem.detail.contains("tiktok"))
    }

    @discardableResult
    private func parse(_ body: String, _ header: String? = nil) throws -> SokeRequest {
        try SokeRequest(try JSONValue(parsing: body), callbackHeader: header)
    }
}
