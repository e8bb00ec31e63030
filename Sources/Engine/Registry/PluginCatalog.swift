internal import Foundation
package import ThumbwireKit

/// The installed plugins by id: the types that chains can use.
package struct PluginCatalog: Sendable {
    private let providers: [String: any Provider.Type]
    private let postProcessors: [String: any PostProcessor.Type]
    /// Manifests in the order the plugins were listed.
    package let manifests: [PluginManifest]

    /// A catalog of these types; two of one id are a mistake in the list that no run can mend.
    package init(providers: [any Provider.Type], postProcessors: [any PostProcessor.Type]) {
        self.providers = Dictionary(uniqueKeysWithValues: providers.map { ($0.manifest.id, $0) })
        self.postProcessors = Dictionary(uniqueKeysWithValues: postProcessors.map { ($0.manifest.id, $0) })
        manifests = providers.map { $0.manifest } + postProcessors.map { $0.manifest }
    }

    package func manifest(of plugin: String) -> PluginManifest? {
        manifests.first { $0.id == plugin }
    }

    /// Makes a provider from a checked configuration; throws ``ConfigurationError`` or `DecodingError`.
    func makeProvider(_ plugin: String, _ configuration: JSONObject) throws -> (any Provider)? {
        guard let type = providers[plugin] else { return nil }
        return try make(type, configuration)
    }

    /// Makes a post-processor from a checked configuration; throws ``ConfigurationError`` or `DecodingError`.
    func makePostProcessor(_ plugin: String, _ configuration: JSONObject) throws -> (any PostProcessor)? {
        guard let type = postProcessors[plugin] else { return nil }
        return try make(type, configuration)
    }
}

private func make<P: Plugin>(_ type: P.Type, _ configuration: JSONObject) throws -> P {
    let bytes = JSONValue.object(configuration).serialized()
    do {
        return try type.init(configuration: JSONDecoder().decode(P.Configuration.self, from: Data(bytes)))
    } catch let error as DecodingError {
        throw ConfigurationError(error)
    }
}

extension ConfigurationError {
    /// What the decoder says, at the member it says it of.
    fileprivate init(_ error: DecodingError) {
        let (context, missing): (DecodingError.Context, String?) =
            switch error {
            case .keyNotFound(let key, let context): (context, key.stringValue)
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                (context, nil)
            @unknown default: (.init(codingPath: [], debugDescription: "does not decode"), nil)
            }
        let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
        self.init(
            field: (path + [missing].compactMap { $0 }).joined(separator: "."),
            message: missing == nil ? context.debugDescription : "is missing")
    }
}
