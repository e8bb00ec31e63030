import HTTP
import ThumbwireKit

/// What stands in the file's `config` of `dalle`; the manifest says what each member does.
package struct OpenAIConfiguration: Decodable, Sendable {
    enum API: String, Decodable, Sendable, CaseIterable {
        case openAI = "openai"
        case azure
    }

    var apiKey: String
    var baseUrl: String
    var api: API
    var apiVersion: String?
    var deployment: String?
    var organization: String?
    var project: String?
    var model: String
    var models: [String]
    var quality: String
    var moderation: String
    var background: String
    var outputFormat: String
    var partialImages: Int
    var imagesPerMinute: Int?
    var useVideoFrame: Bool
    var timeoutSeconds: Int
    var sizes: [String]
    var parameters: [String]

    static let fields: [ConfigurationField] = [
        ConfigurationField(
            "apiKey", .string, "the API key of the account that pays", isRequired: true, isSecret: true),
        ConfigurationField(
            "baseUrl", .string,
            "where the API is: OpenAI's, that of a compatible server, or an Azure resource's root",
            default: "https://api.openai.com/v1"),
        ConfigurationField(
            "api", .choice(API.allCases.map(\.rawValue)),
            "azure puts the deployment into the path, sends api-version, and the key as api-key",
            default: "openai"),
        ConfigurationField("apiVersion", .string, "Azure's api-version; required with api azure"),
        ConfigurationField("deployment", .string, "Azure's name of the deployment; the model's by default"),
        ConfigurationField("organization", .string, "sent as OpenAI-Organization"),
        ConfigurationField("project", .string, "sent as OpenAI-Project"),
        ConfigurationField(
            "model", .string, "the image model; with azure, which model the deployment is",
            default: .string(OpenAIModels.current)),
        ConfigurationField(
            "models", .array,
            "models that clients of the OpenAI face may choose; empty allows every current one of OpenAI's",
            default: []),
        ConfigurationField(
            "quality", .choice(["auto", "low", "medium", "high", "xhigh", "max"]),
            "higher costs more; a model that lacks the level gets its highest", default: "auto"),
        ConfigurationField(
            "moderation", .choice(["auto", "low"]), "low refuses less", default: "auto"),
        ConfigurationField(
            "background", .choice(["auto", "opaque", "transparent"]), "of the picture itself", default: "auto"
        ),
        ConfigurationField(
            "outputFormat", .choice(ImageFormat.allCases.map(\.rawValue)),
            "of the picture on the way to us; png loses nothing", default: "png"),
        ConfigurationField(
            "partialImages", .integer(0...3),
            "previews streamed to those who watch the job; each is billed as output tokens", default: 0),
        ConfigurationField(
            "imagesPerMinute", .integer(1...10_000),
            "the account's limit; orders are spread to keep it, each counted with all its pictures"),
        ConfigurationField(
            "useVideoFrame", .boolean, "give the model the video's best frame as a reference", default: false),
        ConfigurationField(
            "timeoutSeconds", .integer(30...1_800),
            "for one create; keep the provider's timeout in the chain above it", default: 320),
        ConfigurationField(
            "sizes", .array,
            "legal sizes of a model that is not OpenAI's, or [\"any\"] for the rules of gpt-image-2",
            default: []),
        ConfigurationField(
            "parameters", .array,
            "members that a model which is not OpenAI's takes besides model, prompt, n and size", default: []),
    ]

    /// For all but the account, which alone needs the key.
    var withoutKey: OpenAIConfiguration {
        var configuration = self
        configuration.apiKey = ""
        return configuration
    }

    /// Throws ``ConfigurationError`` for values that cannot work together.
    func check() throws {
        try check(header: apiKey, "apiKey", isRequired: true)
        try check(header: organization ?? "", "organization")
        try check(header: project ?? "", "project")
        guard !model.isEmpty else { throw ConfigurationError(field: "model", message: "must not be empty") }
        if api == .azure, apiVersion?.isEmpty != false {
            throw ConfigurationError(
                field: "apiVersion", message: "is required with api azure, such as 2025-04-01-preview")
        }
        try checkBaseURL()
        _ = try knownSizes()
        _ = try knownParameters()
    }

    /// `nil` says nothing of them.
    func knownSizes() throws -> OpenAIModel.Sizes? {
        if sizes == ["any"] { return .free }
        let fixed = try sizes.map { text in
            guard let size = PixelSize(text), size.width > 0, size.height > 0 else {
                throw ConfigurationError(
                    field: "sizes", message: "\"\(text)\" is no size; write 1024x1024, or [\"any\"] alone")
            }
            return size
        }
        return fixed.isEmpty ? nil : .fixed(fixed)
    }

    func knownParameters() throws -> Set<OpenAIModel.Parameter> {
        let allowed = OpenAIModel.Parameter.allCases.map(\.rawValue)
        return Set(
            try parameters.map { name in
                guard let parameter = OpenAIModel.Parameter(rawValue: name) else {
                    throw ConfigurationError(
                        field: "parameters",
                        message: "\"\(name)\" is unknown; allowed are \(allowed.joined(separator: ", "))")
                }
                return parameter
            })
    }

    private func checkBaseURL() throws {
        let isPlain = !baseUrl.contains { "?#@ ".contains($0) }
        guard isPlain, baseUrl.hasPrefix("https://") || baseUrl.hasPrefix("http://"),
            (try? OutboundRequest(url: baseUrl).host()) != nil
        else {
            throw ConfigurationError(
                field: "baseUrl",
                message: "must be an http or https URL without user, query and fragment")
        }
    }

    /// The value goes into a header and must not be shown.
    private func check(header value: String, _ field: String, isRequired: Bool = false) throws {
        guard !isRequired || !value.isEmpty else {
            throw ConfigurationError(field: field, message: "must not be empty")
        }
        guard value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ConfigurationError(
                field: field, message: "must be visible ASCII characters without spaces")
        }
    }
}
