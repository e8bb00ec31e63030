import ThumbwireKit

/// What one image model takes, by the image reference and the deprecations page of developers.openai.com.
struct OpenAIModel: Hashable, Sendable {
    /// A member of the request that not every model knows.
    enum Parameter: String, Hashable, Sendable, CaseIterable {
        case quality, style, background, moderation, stream, user, size, n
        case outputFormat = "output_format"
        case outputCompression = "output_compression"
        case inputFidelity = "input_fidelity"
        case responseFormat = "response_format"
    }

    /// Which sizes are legal.
    enum Sizes: Hashable, Sendable {
        case fixed([PixelSize])
        /// Any size by the rules of ``OpenAISize``.
        case free
    }

    /// When a model ends and what stands in for it then.
    struct Retirement: Hashable, Sendable {
        /// The first day without it, `YYYY-MM-DD`, from 00:00 UTC.
        var day: String
        var replacement: String
    }

    /// What the request calls it.
    var name: String
    var sizes: Sizes
    /// From the lowest to the highest, without `auto`.
    var qualities: [String]
    var parameters: Set<Parameter>
    /// Scalars of a prompt.
    var maximumPromptLength: Int
    /// The most pictures of one request.
    var maximumPictures: Int
    /// Knows `/images/edits`.
    var edits: Bool
    /// `nil` for models without a date.
    var retirement: Retirement?

    func isRetired(at now: Timestamp) -> Bool {
        retirement.map { $0.day <= now.day } ?? false
    }
}

/// The table of models; a new model is a new row.
enum OpenAIModels {
    /// Stands in for models that ended.
    static let current = "gpt-image-2"

    static let all: [OpenAIModel] =
        [
            dalle("dall-e-2", sides: ["256x256", "512x512", "1024x1024"], prompt: 1_000, pictures: 10),
            dalle("dall-e-3", sides: ["1024x1024", "1792x1024", "1024x1792"], prompt: 4_000, pictures: 1),
        ]
        + [
            ("gpt-image-1", october2026), ("gpt-image-1.5", december2026),
            ("chatgpt-image-latest", december2026),
        ].map { gpt($0, .fixed(gptSizes), upTo: "high", with: [.stream, .inputFidelity], until: $1) }
        + [gpt("gpt-image-1-mini", .fixed(gptSizes), upTo: "high", with: [.stream], until: december2026)]
        + [gpt("gpt-image-2", .free, upTo: "high", with: [.stream])]
        // Whether these stream is not documented, and one gateway says that they do not.
        + [
            "gpt-image-2.5-flare", "gpt-image-2.5-sunburst", "gpt-image-2.6-flare", "gpt-image-2.6-sunburst",
        ].map { gpt($0, .free, upTo: "max", with: []) }

    /// The row of a name or of a dated snapshot such as `gpt-image-2-2026-04-21`; `nil` for unknown names.
    static func row(_ name: String) -> OpenAIModel? {
        let base = withoutDate(name)
        guard var model = all.first(where: { $0.name == name || $0.name == base }) else { return nil }
        model.name = name
        return model
    }

    /// What is sent to a model that the table does not know: what every compatible server understands, and what the
    /// configuration adds.
    static func unknown(
        _ name: String, sizes: OpenAIModel.Sizes?, parameters: Set<OpenAIModel.Parameter>
    ) -> OpenAIModel {
        OpenAIModel(
            name: name, sizes: sizes ?? .fixed(gptSizes), qualities: qualities(upTo: "max"),
            parameters: parameters.union([.size, .n]), maximumPromptLength: 32_000, maximumPictures: 10,
            edits: true)
    }

    private static let october2026 = "2026-10-23"
    private static let december2026 = "2026-12-01"

    private static let gptSizes = ["1024x1024", "1536x1024", "1024x1536"].compactMap(PixelSize.init)

    private static func dalle(
        _ name: String, sides: [String], prompt: Int, pictures: Int
    ) -> OpenAIModel {
        let isThird = name == "dall-e-3"
        return OpenAIModel(
            name: name, sizes: .fixed(sides.compactMap(PixelSize.init)),
            qualities: isThird ? ["standard", "hd"] : [],
            parameters: isThird
                ? [.size, .n, .user, .responseFormat, .quality, .style]
                : [.size, .n, .user, .responseFormat],
            maximumPromptLength: prompt, maximumPictures: pictures, edits: !isThird,
            retirement: OpenAIModel.Retirement(day: "2026-05-12", replacement: current))
    }

    private static func gpt(
        _ name: String, _ sizes: OpenAIModel.Sizes, upTo quality: String,
        with further: Set<OpenAIModel.Parameter>, until end: String? = nil
    ) -> OpenAIModel {
        OpenAIModel(
            name: name, sizes: sizes, qualities: qualities(upTo: quality),
            parameters: further.union([
                .size, .n, .user, .quality, .background, .moderation, .outputFormat, .outputCompression,
            ]),
            maximumPromptLength: 32_000, maximumPictures: 10, edits: true,
            retirement: end.map { OpenAIModel.Retirement(day: $0, replacement: current) })
    }

    private static func qualities(upTo highest: String) -> [String] {
        let all = ["low", "medium", "high", "xhigh", "max"]
        return Array(all.prefix { $0 != highest }) + [highest]
    }

    private static func withoutDate(_ name: String) -> String {
        let suffix = name.suffix(11)
        let digits = suffix.filter(\.isWholeNumber).count
        guard digits == 8, suffix.first == "-", suffix.filter({ $0 == "-" }).count == 3 else { return name }
        return String(name.dropLast(11))
    }
}

extension Timestamp {
    /// `YYYY-MM-DD` in UTC, whose order is that of the days.
    var day: String { String(description.prefix(10)) }
}
