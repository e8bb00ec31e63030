import Imaging
import ThumbwireKit

/// What a create came to: the pictures, or where they are, and what is told of them.
struct OpenAIAnswer: Sendable {
    private(set) var pictures: [GenerationResult.Picture] = []
    /// Results to be fetched; OpenAI's live for 60 minutes.
    private(set) var urls: [String] = []
    /// Items that are neither.
    private(set) var unusable = 0
    /// Members of `provenance.openai`.
    private(set) var details: JSONObject = [:]
    private(set) var cost: Cost?
    /// The error object in place of pictures.
    private(set) var error: JSONValue?

    /// More are not read.
    static let maximumItems = 16
    /// Bytes; a ticket holds them all. RFC 9110 asks for 8000.
    private static let maximumURL = 8_192

    /// Reads a body, or the data of a stream's closing events; what is no JSON is passed over. Burns CPU.
    init(_ documents: [[UInt8]]) {
        for document in documents {
            guard let value = try? JSONValue(parsing: document), value.object != nil else { continue }
            if value["error"]?.object != nil || value["type"] == "error" { error = value }
            for item in (value["data"]?.array ?? [value]).prefix(Self.maximumItems) { read(item) }
            readDetails(value)
        }
    }

    var isEmpty: Bool { pictures.isEmpty && urls.isEmpty }

    /// The picture of a `partial_image` event; `nil` for anything else.
    static func partial(_ data: [UInt8]) -> (index: Int, picture: GenerationResult.Picture)? {
        guard let event = try? JSONValue(parsing: data), let text = event["b64_json"]?.string,
            let picture = picture(base64: text)
        else { return nil }
        return (Int(clamping: event["partial_image_index"]?.integer ?? 0), picture)
    }

    private mutating func read(_ item: JSONValue) {
        guard pictures.count + urls.count < Self.maximumItems else { return }
        if let text = item["b64_json"]?.string {
            take(Self.picture(base64: text))
        } else if let url = item["url"]?.string {
            if url.hasPrefix("data:") {
                take(Self.picture(base64: url))
            } else if url.utf8.count <= Self.maximumURL {
                urls.append(url)
            } else {
                unusable += 1
            }
        }
        guard let revised = item["revised_prompt"]?.string, !revised.isEmpty else { return }
        let sofar = details["revisedPrompts"]?.array ?? []
        details["revisedPrompts"] = .array(sofar + [.string(String(revised.prefix(4_000)))])
    }

    private mutating func take(_ picture: GenerationResult.Picture?) {
        if let picture { pictures.append(picture) } else { unusable += 1 }
    }

    /// Sizes and qualities are wider than the published enumerations: any short string is taken over.
    private mutating func readDetails(_ value: JSONValue) {
        let members = [
            ("size", "size"), ("quality", "quality"), ("background", "background"),
            ("output_format", "outputFormat"),
        ]
        for (theirs, ours) in members {
            guard let text = value[theirs]?.string, text.utf8.count <= 100 else { continue }
            details[ours] = .string(text)
        }
        guard let usage = value["usage"], usage.object != nil, usage.serialized().count <= 4_096 else {
            return
        }
        details["usage"] = usage
        if let tokens = usage["total_tokens"]?.number, tokens >= 0 {
            cost = Cost(amount: (cost?.amount ?? 0) + tokens, unit: "tokens")
        }
    }

    /// The header of the file, not what is declared, says what it is.
    private static func picture(base64: String) -> GenerationResult.Picture? {
        guard let bytes = Base64.decode(base64), let (format, _) = try? ImageDecoder.probe(bytes) else {
            return nil
        }
        return GenerationResult.Picture(bytes: bytes, mediaType: format.mediaType)
    }
}

/// Where bought pictures can be fetched: the ticket of answers that bring URLs, so that they outlive a crash.
struct OpenAITicket {
    var urls: [String]
    var provenance: JSONObject
    var cost: Cost?

    init(urls: [String], provenance: JSONObject, cost: Cost?) {
        self.urls = urls
        self.provenance = provenance
        self.cost = cost
    }

    /// Reads a ticket of ours; `nil` for any other text.
    init?(_ text: String) {
        guard let value = try? JSONValue(parsing: text), let urls = value["urls"]?.array else { return nil }
        self.urls = urls.compactMap(\.string)
        provenance = value["provenance"]?.object ?? [:]
        cost = value["tokens"]?.number.map { Cost(amount: $0, unit: "tokens") }
    }

    var text: String {
        var object: JSONObject = [
            "urls": .array(urls.map { .string($0) }), "provenance": .object(provenance),
        ]
        if let cost { object["tokens"] = .number(cost.amount) }
        return String(decoding: JSONValue.object(object).serialized(), as: UTF8.self)
    }
}
