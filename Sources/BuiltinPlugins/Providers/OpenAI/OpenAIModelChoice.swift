import ThumbwireKit

/// Which model serves a request: the client's where the operator lets it and it lives, else the configured one.
struct OpenAIModelChoice {
    let model: OpenAIModel
    /// `model_replaced`, or `model_retiring` where the table has a near date.
    private(set) var warnings: [Warning] = []
    /// What was asked for instead; `nil` where the model is that.
    private(set) var replaced: String?

    /// How long before its end a model is warned about.
    static let notice = Duration.seconds(30 * 86_400)

    /// Throws ``ConfigurationError`` for settings that ``OpenAIConfiguration/check()`` refuses.
    init(_ wanted: String?, configuration: OpenAIConfiguration, now: Timestamp) throws {
        let isAzure = configuration.api == .azure
        let configured = try Self.configured(configuration)
        // Azure ends its models on days of its own, and the deployment decides which one answers.
        let standing = isAzure ? configured : try Self.living(configured, configuration, now)
        let asked = wanted.flatMap { $0.isEmpty ? nil : $0 }
        let isOwn = asked == nil || asked == configuration.model
        if isAzure || isOwn || !Self.allows(asked ?? "", configuration) {
            model = standing
        } else if let row = OpenAIModels.row(asked ?? "") {
            model = row.isRetired(at: now) ? standing : row
        } else {
            model = try Self.unknown(asked ?? "", configuration)
        }
        let name = asked ?? configuration.model
        if name != model.name { replace(name, now) }
        warnOfEnd(now)
    }

    private mutating func replace(_ name: String, _ now: Timestamp) {
        replaced = name
        let isRetired = OpenAIModels.row(name)?.isRetired(at: now) == true
        let reason = isRetired ? "was shut down" : "is not offered here"
        warnings.append(
            Warning(
                code: "model_replaced", message: "\(name.prefix(64)) \(reason); \(model.name) is used instead"
            ))
    }

    private mutating func warnOfEnd(_ now: Timestamp) {
        guard let end = model.retirement?.day else { return }
        warnings += [Self.warning(of: model.name, ending: end, now: now)].compactMap { $0 }
    }

    /// `nil` while that day, `YYYY-MM-DD`, is far.
    static func warning(of name: String, ending day: String, now: Timestamp) -> Warning? {
        guard day <= (now + notice).day else { return nil }
        return Warning(
            code: "model_retiring", message: "\(name) is shut down on \(day); configure another model")
    }

    private static func configured(_ configuration: OpenAIConfiguration) throws -> OpenAIModel {
        try OpenAIModels.row(configuration.model) ?? unknown(configuration.model, configuration)
    }

    private static func unknown(
        _ name: String, _ configuration: OpenAIConfiguration
    ) throws -> OpenAIModel {
        OpenAIModels.unknown(
            name, sizes: try configuration.knownSizes(), parameters: try configuration.knownParameters())
    }

    private static func living(
        _ model: OpenAIModel, _ configuration: OpenAIConfiguration, _ now: Timestamp
    ) throws -> OpenAIModel {
        guard model.isRetired(at: now), let replacement = model.retirement?.replacement else { return model }
        return try OpenAIModels.row(replacement) ?? unknown(replacement, configuration)
    }

    private static func allows(_ name: String, _ configuration: OpenAIConfiguration) -> Bool {
        configuration.models.isEmpty
            ? OpenAIModels.row(name) != nil : configuration.models.contains(name)
    }
}
