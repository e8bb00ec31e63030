package import ThumbwireKit

/// The parameters of `POST /v1/images/generations`, `/edits` and `/variations`, checked by the rules of the model that
/// the client names; without a name, by those of `dall-e-2`.
package struct OpenAIImageRequest: Hashable, Sendable {
    package enum Operation: String, Hashable, Sendable {
        case generation, edit, variation
    }

    package enum Delivery: String, Hashable, Sendable, CaseIterable {
        case url
        case base64 = "b64_json"
    }

    package let operation: Operation
    package let model: OpenAIModel
    /// `nil` in variations.
    package let prompt: String?
    /// How many pictures.
    package let count: Int
    /// As asked for; `nil` is `auto`, also where it is absent.
    package let size: PixelSize?
    package let delivery: Delivery
    package let format: ImageFormat
    /// 0–100, of JPEG and WebP.
    package let compression: Int?
    /// As asked for, `auto` where it is absent.
    package let quality: String
    package let isStream: Bool
    package let partialImages: Int
    package let webhookURL: String?
    /// What only a provider of OpenAI's models reads, under OpenAI's names. Size and format are not among them: the chain
    /// delivers those, from the best that the provider has.
    package let options: JSONObject

    /// Reads the parameters but for the pictures, which are named so that they are not unknown.
    ///
    /// `fallbackModel` is what a request means that names none.
    package init(
        _ operation: Operation, _ fields: OpenAIFields, pictures: [String] = [],
        fallbackModel: String = "dall-e-2", sizes: OpenAISizes = .refuse
    ) throws(Problem) {
        self.operation = operation
        model = try Self.model(fields, operation, fallback: fallbackModel)
        let family = model.family
        try fields.refuseUnknown(knowing: pictures + Self.parameters(operation, family))
        prompt = try Self.prompt(fields, operation, family)
        count = try fields.integer("n", in: family.counts) ?? 1
        size = try Self.size(fields, OpenAISizeRule(family: family), sizes)
        quality = try fields.choice("quality", of: family.qualities) ?? "auto"
        let response = try fields.choice("response_format", of: Delivery.allCases.map(\.rawValue))
        delivery = response.flatMap(Delivery.init) ?? (family.isDallE ? .url : .base64)
        let formats = [ImageFormat.png, .jpeg, .webp]
        let format =
            try fields.choice("output_format", of: formats.map(\.rawValue))
            .flatMap(ImageFormat.init(rawValue:)) ?? .png
        self.format = format
        compression = try Self.compression(fields, format)
        let stream = try fields.bool("stream") ?? false
        isStream = stream
        partialImages = try fields.integer("partial_images", in: 0...3) ?? 0
        if partialImages > 0, !stream {
            throw OpenAIFields.refusal("partial_images", "'partial_images' needs 'stream' to be true.")
        }
        webhookURL = try fields.string("webhookUrl", atMost: RequestLimits.url)
        options = try Self.options(fields, model)
    }

    /// The job's size, where `picture` is that of an edit's first picture.
    package func resolution(picture: PixelSize? = nil) -> PixelSize {
        size ?? OpenAISizeRule(family: model.family).automatic(for: picture)
    }

    private static func parameters(_ operation: Operation, _ family: OpenAIModel.Family) -> [String] {
        let shared = ["model", "n", "size", "user", "webhookUrl"]
        switch operation {
        case .generation: return shared + ["prompt", "quality"] + family.ownParameters
        case .edit:
            return shared + ["prompt", "quality"] + family.ownParameters
                + (family.isDallE ? [] : ["input_fidelity"])
        case .variation: return shared + ["response_format"]
        }
    }

    private static func model(
        _ fields: OpenAIFields, _ operation: Operation, fallback: String
    ) throws(Problem) -> OpenAIModel {
        let name = try fields.string("model", atMost: RequestLimits.name) ?? fallback
        guard let model = OpenAIModel.named(name) else {
            throw OpenAIFields.refusal(
                "model", "The model '\(name)' does not exist or you do not have access to it.",
                code: .modelNotFound)
        }
        switch operation {
        case .edit where model.family == .dallE3:
            throw OpenAIFields.refusal(
                "model",
                "Invalid value: 'dall-e-3'. Supported values are: 'dall-e-2' and the gpt-image models.")
        case .variation where model.family != .dallE2:
            throw OpenAIFields.refusal("model", "Invalid value: '\(name)'. Value must be 'dall-e-2'.")
        default: return model
        }
    }

    private static func prompt(
        _ fields: OpenAIFields, _ operation: Operation, _ family: OpenAIModel.Family
    ) throws(Problem) -> String? {
        guard operation != .variation else { return nil }
        guard let prompt = try fields.string("prompt", atMost: family.promptLimit) else {
            throw fields.missing("prompt")
        }
        guard prompt.contains(where: { !$0.isWhitespace }) else {
            throw OpenAIFields.refusal("prompt", "Invalid 'prompt': it is blank.")
        }
        guard !prompt.unicodeScalars.contains("\0") else {
            throw OpenAIFields.refusal("prompt", "Invalid 'prompt': it has the control character U+0000.")
        }
        return prompt
    }

    private static func size(
        _ fields: OpenAIFields, _ rule: OpenAISizeRule, _ sizes: OpenAISizes
    ) throws(Problem) -> PixelSize? {
        guard let text = try fields.string("size", atMost: RequestLimits.name) else { return nil }
        if text == "auto", !rule.family.isDallE { return nil }
        let sides = 1...99_999
        guard text.utf8.allSatisfy({ $0 < 0x80 }), let size = PixelSize(text), sides.contains(size.width),
            sides.contains(size.height)
        else {
            throw OpenAIFields.refusal(
                "size", "Invalid value: '\(text)'. Supported values are: \(rule.values).")
        }
        guard let problem = rule.problem(with: size) else { return size }
        guard sizes == .refuse else { return rule.snapped(size) }
        throw OpenAIFields.refusal("size", "Invalid value: '\(text)'. \(problem)")
    }

    private static func compression(
        _ fields: OpenAIFields, _ format: ImageFormat
    ) throws(Problem) -> Int? {
        let compression = try fields.integer("output_compression", in: 0...100)
        if let compression, compression < 100, format == .png {
            throw OpenAIFields.refusal(
                "output_compression", "Compression less than 100 is not supported for PNG output format")
        }
        return format == .png ? nil : compression ?? 100
    }

    private static func options(
        _ fields: OpenAIFields, _ model: OpenAIModel
    ) throws(Problem) -> JSONObject {
        var options: JSONObject = ["model": .string(model.id)]
        let choices = [
            ("quality", model.family.qualities), ("style", ["vivid", "natural"]),
            ("background", ["transparent", "opaque", "auto"]), ("moderation", ["auto", "low"]),
            ("input_fidelity", ["high", "low"]),
        ]
        for (name, values) in choices {
            if let chosen = try fields.choice(name, of: values) { options[name] = .string(chosen) }
        }
        // Finished pictures are drawn on an opaque canvas: a promise of transparency would be broken.
        if options["background"] == "transparent" {
            throw OpenAIFields.refusal(
                "background",
                "Transparent background is not supported by this service. Supported values are: "
                    + "\(quotedList(["opaque", "auto"])).")
        }
        if let user = try fields.string("user", atMost: RequestLimits.name * 4) {
            options["user"] = .string(user)
        }
        if let number = try fields.integer("partial_images", in: 0...3) {
            options["partial_images"] = .integer(Int64(number))
        }
        return options
    }
}
