internal import Engine
internal import Foundation
public import ThumbwireKit

/// Finds and reads `plugins.json`.
enum PluginsDocument {
    static let defaultPath = "./plugins.json"

    /// What runs where there is no file: pictures by `studio`, and every post-processor with its defaults.
    static let builtin: JSONValue = [
        "version": 1,
        "faces": ["openai": "image-only"],
        "providers": ["studio": ["plugin": "studio"]],
        "chains": [
            "default": [
                "providers": ["studio"],
                "steps": [
                    ["use": "smart-crop"], ["use": "color-grade"], ["use": "accent-detection"],
                    ["use": "layout"],
                    ["use": "encode", "with": ["format": "jpeg", "maxBytes": 2_000_000]],
                ],
            ],
            "image-only": [
                "providers": ["studio"],
                "steps": [
                    ["use": "smart-crop", "with": ["on": "any", "zoom": 1]],
                    ["use": "encode", "with": ["format": "png", "maxBytes": 50_000_000]],
                ],
            ],
        ],
    ]

    /// The registry of that file, of `./plugins.json`, or the built-in one. Throws a ``ServiceError`` with one line
    /// for each problem.
    static func registry(path: String?, catalog: PluginCatalog) throws(ServiceError) -> Registry {
        let document = try read(path)
        do throws(ConfigurationProblems) {
            return try Registry(document: document, catalog: catalog) {
                ProcessInfo.processInfo.environment[$0]
            }
        } catch {
            throw ServiceError(error.problems.map { "\(path ?? defaultPath): \($0)" }.joined(separator: "\n"))
        }
    }

    private static func read(_ path: String?) throws(ServiceError) -> JSONValue {
        let file = path ?? defaultPath
        guard let data = FileManager.default.contents(atPath: file) else {
            if path == nil { return builtin }
            throw ServiceError("--plugins: cannot read \(file)")
        }
        do throws(JSONSyntaxError) {
            return try JSONValue(parsing: Array(data))
        } catch {
            throw ServiceError("\(file): not JSON: \(error)")
        }
    }
}

/// What `thumbwire plugins check` found.
public struct PluginsSummary: Sendable {
    /// The names of the chains.
    public var chains: [String]
    /// The manifests of all installed plugins.
    public var plugins: [PluginManifest]
}

/// Reads a `plugins.json` as a service would. Throws a ``ServiceError`` with one line for each problem.
public func checkPlugins(
    path: String?, providers: [any Provider.Type] = Service.builtinProviders,
    postProcessors: [any PostProcessor.Type] = Service.builtinPostProcessors
) throws(ServiceError) -> PluginsSummary {
    let catalog = PluginCatalog(providers: providers, postProcessors: postProcessors)
    let registry = try PluginsDocument.registry(path: path, catalog: catalog)
    return PluginsSummary(chains: registry.chainNames, plugins: catalog.manifests)
}
