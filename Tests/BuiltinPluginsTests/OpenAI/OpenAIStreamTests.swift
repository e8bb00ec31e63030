import HTTP
import Testing
import ThumbwireKit

@testable import BuiltinPlugins

@Suite(.timeLimit(.minutes(10))) struct OpenAIStreamTests {
    private static let partial = "image_generation.partial_image"
    private static let completed = "image_generation.completed"

    private static func event(_ name: String, _ members: JSONObject, ending: String = "\n") -> [UInt8] {
        var data: JSONObject = ["type": .string(name)]
        for member in members.members { data[member.name] = member.value }
        let text = String(decoding: JSONValue.object(data).serialized(), as: UTF8.self)
        return Array("event: \(name)\(ending)data: \(text)\(ending)\(ending)".utf8)
    }

    private static func stream(_ pieces: [[UInt8]]) -> Response {
        Response(
            status: 200, headers: ["Content-Type": "text/event-stream"], body: .bytes(pieces.flatMap { $0 }))
    }

    private static func picture(_ side: Int) throws -> (made: GenerationResult.Picture, members: JSONObject) {
        let picture = try GenerationResult.Picture.make(width: side, height: side)
        return (picture, ["b64_json": .string(picture.base64)])
    }

    @Test func `partial pictures are shown and the completed one is the result`() async throws {
        let (first, final) = (try Self.picture(8), try Self.picture(9))
        var members = first.members
        members["partial_image_index"] = 0
        var closing = final.members
        closing["usage"] = ["total_tokens": 12]
        let pieces = [
            Self.event(Self.partial, members), Array(": keep-alive\n\n".utf8),
            Self.event(Self.completed, closing, ending: "\r\n"),
        ]
        try await OpenAITest.run(.always(Self.stream(pieces))) { test in
            let bought = try await test.buy(.asking(), ["partialImages": 1])

            let sent = try test.service.onlyCreate()
            #expect(sent["stream"] == true && sent["partial_images"] == 1)
            #expect(try bought.pictures().pictures == [final.made])
            #expect(try bought.pictures().cost == Cost(amount: 12, unit: "tokens"))
            #expect(bought.told.previews == [first.made])
            #expect(bought.told.progress == [0.5])
        }
    }

    @Test func `a row of empty events does not fill the memory`() {
        let stream = OpenAIStream(limit: 100_000)
        for _ in 0..<10 { stream.receive(Array(String(repeating: "data:\n\n", count: 1_000).utf8)) }

        #expect((1...1_000).contains(stream.end().documents.count))
    }

    @Test(arguments: [Int64.max, .min])
    func `an index beyond all measure is no harm`(index: Int64) async throws {
        let (first, final) = (try Self.picture(8), try Self.picture(9))
        var members = first.members
        members["partial_image_index"] = .integer(index)
        let pieces = [Self.event(Self.partial, members), Self.event(Self.completed, final.members)]
        try await OpenAITest.run(.always(Self.stream(pieces))) { test in
            let bought = try await test.buy(.asking(), ["partialImages": 1])

            #expect(try bought.pictures().pictures == [final.made])
            #expect(bought.told.previews == [first.made])
        }
    }

    @Test func `a stream that ends without its picture may have been bought`() async throws {
        let partial = try Self.picture(8).members
        let endings: [[[UInt8]]] = [
            [], [Self.event(Self.partial, partial)],
            [
                Self.event(
                    "error", ["error": ["message": "oh", "type": "server_error", "code": "server_error"]])
            ],
            [
                Self.event(Self.partial, partial),
                Self.event("error", ["error": ["message": "slow down", "code": "rate_limit_exceeded"]]),
            ],
            [Array(Self.event(Self.completed, partial).dropLast(20))],
        ]
        for pieces in endings {
            try await OpenAITest.run(.always(Self.stream(pieces))) { test in
                let failure = try await test.buy(.asking(), ["partialImages": 2]).failure()

                #expect(failure.failureClass == .outcomeUnknown)
                #expect(test.service.creates.count == 1)
            }
        }
    }

    @Test(
        arguments: [
            ("moderation_blocked", FailureClass.contentRejected), ("rate_limit_exceeded", .rateLimited),
            ("insufficient_quota", .outOfFunds), ("model_not_found", .misconfigured),
        ])
    func `an error event that refuses the order is believed`(code: String, expected: FailureClass)
        async throws
    {
        let events = [
            Self.event("error", ["error": ["message": "no", "type": "x", "code": .string(code)]])
        ]
        try await OpenAITest.run(.always(Self.stream(events))) { test in
            let failure = try await test.buy(.asking(), ["partialImages": 2]).failure()

            #expect(failure.failureClass == expected)
        }
    }

    @Test func `an error before the stream is an error as always`() async throws {
        let answer = Response.error(429, code: "rate_limit_exceeded", headers: ["retry-after": "3"])
        try await OpenAITest.run(.always(answer)) { test in
            let failure = try await test.buy(.asking(), ["partialImages": 2]).failure()

            #expect(failure.failureClass == .rateLimited && failure.retryAfter == .seconds(3))
        }
    }

    @Test func `a server that does not stream is understood`() async throws {
        let picture = try Self.picture(8).made
        try await OpenAITest.run(.always(.images([picture]))) { test in
            let result = try await test.buy(.asking(), ["partialImages": 2]).pictures()

            #expect(result.pictures == [picture])
        }
    }

    @Test func `a connection that breaks after the picture loses nothing`() async throws {
        let final = try Self.picture(8)
        let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
        let partial = Self.event(Self.partial, final.members)
        continuation.yield(partial + Self.event(Self.completed, final.members))
        let answer = Response(
            status: 200, headers: ["Content-Type": "text/event-stream"], body: .stream(stream))
        try await OpenAITest.run(.always(answer)) { test in
            let context = test.context()
            async let buying = test.buy(.asking(), ["partialImages": 1], context: context)
            while context.told.previews.isEmpty { await Task.yield() }
            await test.service.stop()

            let result = try await buying.pictures()
            #expect(result.pictures == [final.made])
        }
    }

    @Test func `several pictures are not streamed`() async throws {
        let picture = try Self.picture(8).made
        try await OpenAITest.run(.always(.images([picture, picture]))) { test in
            _ = try await test.buy(.asking(variants: 2), ["partialImages": 2]).pictures()

            #expect(try test.service.onlyCreate()["stream"] == nil)
        }
    }
}
