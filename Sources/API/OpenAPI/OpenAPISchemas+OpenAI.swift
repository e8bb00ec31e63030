import Documents
import ThumbwireKit

extension OpenAPISchemas {
    /// What the OpenAI face takes and answers; which members go together depends on the model.
    static let openAI: Schemas = [
        ("OpenAIGeneration", closed(generation, required: ["prompt"])),
        (
            "OpenAIEdit",
            closed(
                generation.adding([
                    "images": [
                        "type": "array", "items": link, "minItems": 1,
                        "maxItems": .integer(Int64(OpenAIPicture.counts.upperBound)),
                    ],
                    "mask": link, "input_fidelity": words(["high", "low"]),
                ]), required: ["prompt", "images"])
        ),
        (
            "OpenAIEditForm",
            closed(
                generation.adding([
                    "image": files, "image[]": files, "mask": file,
                    "input_fidelity": words(["high", "low"]),
                ]), required: ["prompt"])
        ),
        (
            "OpenAIVariationForm",
            closed(
                [
                    "image": file, "model": text, "n": integer(1...10), "size": text,
                    "response_format": choice(OpenAIImageRequest.Delivery.allCases), "user": text,
                    "webhookUrl": url,
                ], required: ["image"])
        ),
        ("OpenAIImages", images), ("OpenAIModel", model),
        (
            "OpenAIModelList",
            object(
                ["object": words(["list"]), "data": array(reference("OpenAIModel"))],
                required: ["object", "data"])
        ),
        (
            "OpenAIError",
            object(
                [
                    "error": object(
                        [
                            "message": text, "type": text, "param": nullable("string"),
                            "code": nullable("string"),
                        ], required: ["message", "type", "param", "code"])
                ], required: ["error"])
        ),
    ]

    private static let generation: JSONObject = [
        "prompt": string(atMost: 32_000), "model": words(OpenAIModel.all.map(\.id)), "n": integer(1...10),
        "size": [
            "type": "string", "description": "auto or WIDTHxHEIGHT, by the rules of the model",
        ],
        "quality": words(["auto", "low", "medium", "high", "xhigh", "max", "standard", "hd"]),
        "style": words(["vivid", "natural"]),
        "response_format": choice(OpenAIImageRequest.Delivery.allCases),
        "background": words(["auto", "opaque"]), "output_format": choice(ImageFormat.allCases),
        "output_compression": integer(0...100), "moderation": words(["auto", "low"]),
        "stream": ["type": "boolean"], "partial_images": integer(0...3), "user": text, "webhookUrl": url,
    ]

    private static let link: JSONValue = closed(
        [
            "image_url": [
                "type": "string", "description": "an http(s) URL, or a data URL with base64",
            ]
        ], required: ["image_url"])

    private static let file: JSONValue = [
        "type": "string", "contentMediaType": "application/octet-stream",
        "description": "PNG, JPEG or WebP; a mask is PNG with an alpha channel, below 4 MB",
    ]

    private static let files: JSONValue = [
        "anyOf": [file, array(file)], "description": "one picture, or the name repeated up to 16 times",
    ]

    private static let images: JSONValue = object(
        [
            "created": count,
            "data": array(object(["url": url, "b64_json": text, "revised_prompt": text])),
            "background": text, "output_format": text, "size": text, "quality": text,
            "usage": ["type": "object"],
        ], required: ["created", "data"])

    private static let model: JSONValue = object(
        [
            "id": text, "object": words(["model"]), "created": count, "owned_by": text,
            "shutdown_date": ["type": ["string", "null"], "format": "date"],
        ], required: ["id", "object", "created", "owned_by", "shutdown_date"])

    private static func words(_ words: [String]) -> JSONValue {
        ["type": "string", "enum": .array(words.map { .string($0) })]
    }
}

extension JSONObject {
    fileprivate func adding(_ more: JSONObject) -> JSONObject {
        var all = self
        for member in more.members { all[member.name] = member.value }
        return all
    }
}
