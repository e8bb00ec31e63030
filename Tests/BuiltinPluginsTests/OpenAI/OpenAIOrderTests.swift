import Foundation
import HTTP
import Testing
import ThumbwireKit

@testable import BuiltinPlugins

@Suite struct OpenAIOrderTests {
    private func order(
        _ options: JSONObject, model: String = "gpt-image-2", size: PixelSize = .landscape, variants: Int = 1,
        isEdit: Bool = false, settings: JSONObject = [:]
    ) throws -> OpenAIOrder {
        let request = GenerationRequest.asking(size: size, variants: variants, options: options)
        return OpenAIOrder(
            request, model: try #require(OpenAIModels.row(model)),
            configuration: try .make(settings), isEdit: isEdit)
    }

    @Test func `the client's wishes that the model knows are sent`() throws {
        let options: JSONObject = [
            "quality": "low", "background": "opaque", "moderation": "low", "output_format": "webp",
            "output_compression": 80, "user": "u-1", "size": "1536x1024", "n": 3, "model": "gpt-image-2",
        ]
        let order = try order(options, variants: 3)

        #expect(order.warnings.isEmpty)
        #expect(order.members["quality"] == "low" && order.members["background"] == "opaque")
        #expect(order.members["moderation"] == "low" && order.members["output_format"] == "webp")
        #expect(order.members["output_compression"] == 80 && order.members["user"] == "u-1")
        #expect(order.members["size"] == "1536x1024" && order.members["n"] == 3)
    }

    @Test(
        arguments: [
            ("style", "vivid", "gpt-image-2"), ("input_fidelity", "high", "gpt-image-1.5"),
            ("output_compression", 80, "gpt-image-2"), ("quality", "brilliant", "gpt-image-2"),
            ("quality", "max", "gpt-image-2"), ("background", "blue", "gpt-image-2"),
            ("size", "1080x1920", "gpt-image-2"), ("size", "huge", "gpt-image-2"), ("seed", 4, "gpt-image-2"),
            ("response_format", "url", "gpt-image-2"), ("output_format", "gif", "gpt-image-2.6-flare"),
            ("n", 2, "gpt-image-2"), ("quality", 3, "gpt-image-2"),
        ] as [(String, JSONValue, String)])
    func `wishes that the model does not know are dropped and said`(
        name: String, value: JSONValue, model: String
    ) throws {
        let order = try order([name: value], model: model)

        #expect(order.members[name] != value)
        #expect(order.warnings.map(\.code) == ["parameter_dropped"])
        #expect(order.warnings.first?.message.hasPrefix("\(name) ") == true)
    }

    @Test(
        arguments: [
            ("hd", "gpt-image-2", "high"), ("standard", "gpt-image-2", "medium"),
            ("max", "gpt-image-2", "high"), ("max", "gpt-image-2.6-sunburst", "max"),
            ("xhigh", "gpt-image-2.5-flare", "xhigh"), ("auto", "gpt-image-2", nil), ("hd", "dall-e-3", "hd"),
        ] as [(String, String, String?)])
    func `qualities are said in the model's words`(wanted: String, model: String, sent: String?) throws {
        let order = try order(["quality": .string(wanted)], model: model)

        #expect(order.members["quality"]?.string == sent)
    }

    @Test func `no GPT model gets response_format and no DALL·E model gets what came later`() throws {
        for row in OpenAIModels.all {
            let order = try order(
                [:], model: row.name,
                settings: ["quality": "high", "moderation": "low", "background": "opaque"])

            let isGPT = row.name.contains("gpt")
            #expect((order.members["response_format"] == nil) == isGPT)
            #expect((order.members["output_format"] != nil) == isGPT)
            #expect(order.warnings.isEmpty)
        }
    }

    @Test func `a transparent background and a jpeg do not go together`() throws {
        let order = try order(["background": "transparent", "output_format": "jpeg"])

        #expect(order.members["background"] == nil && order.members["output_format"] == "jpeg")
        #expect(order.warnings.map(\.message) == ["background is not sent: a jpeg has no transparent pixels"])
    }

    @Test func `an edit's form has input_fidelity where the model has it, and no moderation`() throws {
        let order = try order(
            ["input_fidelity": "high"], model: "gpt-image-1.5", isEdit: true, settings: ["moderation": "low"])

        #expect(order.members["input_fidelity"] == "high" && order.members["moderation"] == nil)
        #expect(order.warnings.isEmpty)
    }

    @Test func `more pictures than a model makes at a time are said`() throws {
        let order = try order([:], model: "dall-e-3", variants: 4)

        #expect(order.count == 1 && order.members["n"] == nil)
        #expect(order.warnings.map(\.code) == ["parameter_dropped"])
    }

    @Test func `size auto leaves it to the model`() throws {
        let order = try order(["size": "auto"])

        #expect(order.members["size"] == nil && order.warnings.isEmpty)
    }
}

@Suite struct OpenAIModelChoiceTests {
    private static let november = Timestamp(microseconds: 1_795_262_400_000_000)
    private static let december = november + .seconds(10 * 86_400)

    private func choice(
        _ wanted: String?, _ settings: JSONObject = [:], at now: Timestamp = november
    ) throws -> OpenAIModelChoice {
        try OpenAIModelChoice(wanted, configuration: try .make(settings), now: now)
    }

    @Test(arguments: ["dall-e-2", "dall-e-3", "gpt-image-1"])
    func `names of models that were shut down stand for a living one`(name: String) throws {
        for choice in [
            try choice(name), try choice(nil, ["model": .string(name)]),
            try choice(name, ["model": .string(name)]),
        ] {
            #expect(choice.model.name == "gpt-image-2" && choice.replaced == name)
            #expect(choice.warnings.map(\.code) == ["model_replaced"])
            #expect(choice.warnings.first?.message == "\(name) was shut down; gpt-image-2 is used instead")
        }
    }

    @Test(
        arguments: ["gpt-image-1-mini", "gpt-image-1.5", "gpt-image-1.5-2025-12-16", "chatgpt-image-latest"])
    func `a model works with a warning until its day and is replaced from it on`(name: String) throws {
        let before = try choice(name)
        let after = try choice(name, at: Self.december)

        #expect(before.model.name == name && before.warnings.map(\.code) == ["model_retiring"])
        #expect(before.warnings.first?.message.contains("2026-12-01") == true)
        #expect(after.model.name == "gpt-image-2" && after.warnings.map(\.code) == ["model_replaced"])
    }

    @Test func `the client's choice counts where the operator lets it`() throws {
        let open = try choice("gpt-image-2.6-flare")
        let closed = try choice("gpt-image-2.6-flare", ["models": ["gpt-image-2.5-flare"]])
        let unknown = try choice("flux-dev")
        let listed = try choice("flux-dev", ["models": ["flux-dev"]])

        #expect(open.model.name == "gpt-image-2.6-flare" && open.warnings.isEmpty)
        #expect(closed.model.name == "gpt-image-2" && closed.warnings.map(\.code) == ["model_replaced"])
        #expect(unknown.model.name == "gpt-image-2" && unknown.replaced == "flux-dev")
        #expect(listed.model.name == "flux-dev" && listed.warnings.isEmpty)
    }

    @Test func `a dated snapshot is its model`() throws {
        let choice = try choice("gpt-image-2-2026-04-21")

        #expect(choice.model.name == "gpt-image-2-2026-04-21" && choice.model.sizes == .free)
        #expect(OpenAIModels.row("gpt-image-2-latest") == nil && OpenAIModels.row("") == nil)
    }

    @Test func `a replaced model is told in the job's provenance`() async throws {
        let picture = try GenerationResult.Picture.make()
        try await OpenAITest.run(.always(.images([picture]))) { test in
            let bought = try await test.buy(.asking(options: ["model": "dall-e-3", "style": "vivid"]))

            let told = try bought.pictures().provenance["openai"]
            #expect(told?["model"] == "gpt-image-2" && told?["requestedModel"] == "dall-e-3")
            #expect(bought.warnings("model_replaced").count == 1)
            #expect(bought.warnings("parameter_dropped").count == 1)
            #expect(try test.service.onlyCreate()["model"] == "gpt-image-2")
        }
    }
}

extension OpenAIConfiguration {
    /// The manifest's defaults and what is given.
    static func make(_ given: JSONObject = [:]) throws -> OpenAIConfiguration {
        var object: JSONObject = ["apiKey": .string(testKey)]
        for field in fields where field.defaultValue != nil { object[field.name] = field.defaultValue }
        for member in given.members { object[member.name] = member.value }
        return try JSONDecoder().decode(Self.self, from: Data(JSONValue.object(object).serialized()))
    }
}
