import HTTP
import Testing
import ThumbwireKit

@testable import BuiltinPlugins

@Suite(.timeLimit(.minutes(10))) struct OpenAIAnswerTests {
    @Test func `what the answer tells goes into provenance and cost`() async throws {
        let picture = try GenerationResult.Picture.make()
        let more: JSONObject = [
            "size": "1280x720", "quality": "something-new", "background": "opaque", "output_format": "png",
            "usage": ["total_tokens": 100, "input_tokens": 50],
        ]
        let answer = Response.json(
            .object(
                JSONObject(
                    [("data", [["b64_json": .string(picture.base64), "revised_prompt": "A detailed photo"]])]
                        + more.members.map { ($0.name, $0.value) })))
        try await OpenAITest.run(.always(answer)) { test in
            let result = try await test.buy().pictures()

            let told = try #require(result.provenance["openai"])
            #expect(result.pictures == [picture])
            #expect(result.cost == Cost(amount: 100, unit: "tokens"))
            #expect(told["quality"] == "something-new" && told["size"] == "1280x720")
            #expect(told["revisedPrompts"] == ["A detailed photo"])
            // The server of the test names requests itself.
            #expect(told["requestId"]?.string?.isEmpty == false)
            #expect(told["usage"]?["input_tokens"] == 50 && told["model"] == "gpt-image-2")
        }
    }

    @Test func `the file's own header says what it is`() async throws {
        let picture = try GenerationResult.Picture.make(.webp)
        try await OpenAITest.run(.always(.images([picture], ["output_format": "png"]))) { test in
            let result = try await test.buy().pictures()

            #expect(result.pictures.map(\.mediaType) == ["image/webp"])
        }
    }

    @Test func `pictures by URL become a ticket that is fetched later`() async throws {
        let picture = try GenerationResult.Picture.make(.jpeg)
        let base = Base()
        try await OpenAITest.run(
            .answer { request in
                request.method == .get
                    ? Response(
                        status: 200, headers: ["Content-Type": "image/jpeg"], body: .bytes(picture.bytes))
                    : .json([
                        "data": [["url": .string("\(base.url)/files/1.jpg"), "revised_prompt": "new words"]],
                        "usage": ["total_tokens": 7],
                    ])
            }
        ) { test in
            base.set(test.service.url)
            let provider = try test.provider()
            let ticket = try await test.buy().ticket()
            let context = test.context()
            let answer = try await provider.poll(ticket, context: context)

            guard case .finished(let result) = answer else {
                Issue.record("the poll did not finish")
                return
            }
            #expect(result.pictures == [picture])
            #expect(result.cost == Cost(amount: 7, unit: "tokens"))
            #expect(result.provenance["openai"]?["revisedPrompts"] == ["new words"])
            #expect(test.service.creates.count == 1)
        }
    }

    @Test func `a download that fails is no verdict, and the ticket is asked again`() async throws {
        try await OpenAITest.run(.always(Response(status: 404))) { test in
            let ticket = OpenAITicket(urls: ["\(test.service.url)/files/1.jpg"], provenance: [:], cost: nil)
            let provider = try test.provider()
            let context = test.context()

            let failure = await #expect(throws: Failure.self) {
                try await provider.poll(ticket.text, context: context)
            }

            #expect(failure?.failureClass == .unavailable)
        }
    }

    @Test func `pictures that can be had are not lost for one that cannot`() async throws {
        let picture = try GenerationResult.Picture.make(.jpeg)
        try await OpenAITest.run(
            .answer { request in
                request.path.hasSuffix("/gone.jpg")
                    ? Response(status: 404)
                    : Response(
                        status: 200, headers: ["Content-Type": "image/jpeg"], body: .bytes(picture.bytes))
            }
        ) { test in
            let urls = ["1.jpg", "gone.jpg", "3.jpg"].map { "\(test.service.url)/files/\($0)" }
            let ticket = OpenAITicket(urls: urls, provenance: [:], cost: nil)
            let provider = try test.provider()
            let context = test.context()

            let answer = try await provider.poll(ticket.text, context: context)

            guard case .finished(let result) = answer else {
                Issue.record("the poll did not finish")
                return
            }
            #expect(result.pictures == [picture, picture])
        }
    }

    @Test func `a ticket holds no more than it must`() async throws {
        let long: JSONValue = ["url": .string("https://x.example/" + String(repeating: "a", count: 9_000))]
        let short: JSONValue = ["url": "https://x.example/1"]
        let data = JSONValue.array([long] + Array(repeating: short, count: 15))
        let document = JSONValue.object(["data": data]).serialized()

        let answer = OpenAIAnswer([document, document, document])

        #expect(answer.urls == Array(repeating: "https://x.example/1", count: OpenAIAnswer.maximumItems))
        #expect(answer.unusable > 0)
    }

    @Test func `bytes beside URLs are kept, and what cannot be had is said`() async throws {
        let picture = try GenerationResult.Picture.make()
        let base = Base()
        try await OpenAITest.run(
            .answer { request in
                request.method == .get
                    ? Response(status: 404)
                    : .json([
                        "data": [
                            ["b64_json": .string(picture.base64)], ["url": .string("\(base.url)/files/1")],
                        ]
                    ])
            }
        ) { test in
            base.set(test.service.url)
            let bought = try await test.buy(.asking(variants: 2))

            #expect(try bought.pictures().pictures == [picture])
        }
    }

    @Test(
        arguments: [
            "", "{", "<html></html>", "[null]", "{}", #"{"data":[]}"#, #"{"data":[{}]}"#,
            #"{"data":[{"b64_json":"%%%%"}]}"#, #"{"data":[{"b64_json":"AAAA"}]}"#, #"{"data":"none"}"#,
            #"{"created":1,"data":[{"b64_json":"iVBORw0KGgo"#,
        ])
    func `a success without a whole picture may have been bought`(body: String) async throws {
        let answer = Response(
            status: 200, headers: ["Content-Type": "application/json"], body: .bytes(Array(body.utf8)))
        try await OpenAITest.run(.always(answer)) { test in
            let failure = try await test.buy().failure()

            #expect(failure.failureClass == .outcomeUnknown)
            #expect(failure.code == "provider_outcome_unknown")
            #expect(test.service.creates.count == 1)
        }
    }

    @Test func `an answer that does not come in time may have been bought`() async throws {
        try await OpenAITest.run(.hanging) { test in
            var failure = try await test.buy(.asking(), ["timeoutSeconds": 1]).failure()
            // A machine so busy that it was not connected in time bought nothing, and has more time.
            if failure.failureClass == .timeout {
                failure = try await test.buy(.asking(), ["timeoutSeconds": 30]).failure()
            }

            #expect(failure.failureClass == .outcomeUnknown)
            while test.service.creates.isEmpty { await Task.yield() }
            #expect(test.service.creates.count == 1)
        }
    }

    @Test func `a connection that breaks may have been bought, and one that never was has not`() async throws
    {
        try await OpenAITest.run(.hanging) { test in
            async let buying = test.buy()
            while test.service.creates.isEmpty { await Task.yield() }
            await test.service.stop()

            let broken = try await buying.failure()
            // Nobody listens there now.
            let unreached = try await test.buy().failure()
            #expect(broken.failureClass == .outcomeUnknown)
            #expect(unreached.failureClass == .unavailable)
        }
    }

    @Test(
        arguments: [
            ("", nil), ("AA==", [0]), ("AAA=", [0, 0]), ("AAAA", [0, 0, 0]), ("+/+/", [0xFB, 0xFF, 0xBF]),
            ("data:image/png;base64,AAAA", [0, 0, 0]), ("AAA", nil), ("A===", nil), ("AA=A", nil),
            ("AA\n=", nil), ("AAA\u{E9}", nil), ("====", nil), ("-_-_", nil),
        ] as [(String, [UInt8]?)])
    func `base64 is read strictly`(text: String, bytes: [UInt8]?) {
        #expect(Base64.decode(text) == bytes)
    }

    @Test func `what Foundation encodes is read back`() {
        for count in 0..<64 where count > 0 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255) }
            let picture = GenerationResult.Picture(bytes: bytes, mediaType: "")

            #expect(Base64.decode(picture.base64) == bytes)
        }
    }
}
