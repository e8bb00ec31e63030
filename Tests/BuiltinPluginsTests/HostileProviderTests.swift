import BuiltinPlugins
import HTTP
import Testing
import ThumbwireKit

@Suite("Hostile answers to providers", .timeLimit(.minutes(10))) struct HostileProviderTests {
    /// A provider with the paths it uses.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var order: String
        var question: String
        var make: @Sendable (ScriptedService) throws -> any Provider

        var testDescription: String { name }
    }

    static let cases = [
        Case(
            name: "soke", order: "POST /thumbnail/generate-background", question: "GET /thumbnail/id-1",
            make: { try configured(SokeProvider.self, account(at: $0)) }),
        Case(
            name: "opus", order: "POST /api/generative-jobs", question: "GET /api/generative-jobs/id-1",
            make: { try configured(OpusProvider.self, account(at: $0)) }),
    ]

    private static func account(at service: ScriptedService) -> JSONObject {
        ["apiKey": .string(ScriptedService.key), "baseUrl": .string(service.url)]
    }

    /// An answer's body, which the test's output names by its beginning.
    struct Body: Sendable, CustomTestStringConvertible, ExpressibleByStringInterpolation {
        var text: String

        init(stringLiteral text: String) { self.text = text }
        init(repeating text: String, count: Int) { self.text = String(repeating: text, count: count) }

        var testDescription: String { "\(text.prefix(60).debugDescription), \(text.utf8.count) bytes" }
    }

    /// Answers that say nothing, at length or in unexpected kinds.
    static let bodies: [Body] = [
        "", "null", "[]", "17", #""text""#, "{", "\u{0}\u{0}", #"{"data":null,"status":null}"#,
        #"{"status":{"a":[]},"data":{"status":["x"],"id":{},"jobId":[1]},"result":"x","error":[[]]}"#,
        #"{"jobId":"\#(String(repeating: "j", count: 10_000))","status":"\#(String(repeating: "s", count: 10_000))"}"#,
        Body(repeating: "[", count: 100_000),
        #"{"a":"\#(String(repeating: "x", count: 3 << 20))"}"#,
        #"{"result":{"generatedThumbnailUris":{"0":"http://x"}},"progress":1e999}"#,
    ]

    private var request: GenerationRequest {
        var thumbnail = ThumbnailRequest(title: "Ten rules")
        thumbnail.videoURL = "https://youtu.be/dQw4w9WgXcQ"
        return .make(thumbnail)
    }

    @Test(arguments: cases, bodies)
    func `an order that gets one is sent once and of unknown outcome`(of: Case, body: Body) async throws {
        try await ScriptedService.run { service in
            service.on(of.order, .json(201, body.text))
            let provider = try of.make(service)

            let failure = await failure { () async throws(Failure) in
                try await provider.create(request, context: service.context())
            }

            #expect(failure?.failureClass == .outcomeUnknown)
            #expect(service.allRequests.count == 1)
        }
    }

    @Test(arguments: cases, bodies)
    func `a question that gets one is asked again`(of: Case, body: Body) async throws {
        try await ScriptedService.run { service in
            service.on(of.question, .json(200, body.text))
            let provider = try of.make(service)

            let failure = await failure { () async throws(Failure) in
                try await provider.poll("id-1", context: service.context())
            }

            #expect(failure.map { [.internal, .unavailable].contains($0.failureClass) } == true)
        }
    }

    @Test(arguments: cases)
    func `a question whose answer breaks off is asked again`(of: Case) async throws {
        try await ScriptedService.run { service in
            service.on(of.question, .interrupted())
            let provider = try of.make(service)

            async let failed = failure { () async throws(Failure) in
                try await provider.poll("id-1", context: service.context())
            }
            await service.wait(for: of.question)
            await service.disappear()

            #expect([.unavailable, .timeout].contains(await failed?.failureClass))
        }
    }
}
