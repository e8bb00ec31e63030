internal import Documents
internal import Signing
internal import Synchronization
package import ThumbwireKit

/// The chains of one `plugins.json`, and the plugins that jobs pinned from it.
///
/// Plugins are made once for each configuration and shared by all jobs.
package final class Registry: Sendable {
    private struct InstanceKey: Hashable {
        var plugin: String
        var configuration: JSONObject
    }

    private struct Instances {
        var providers: [InstanceKey: any Provider] = [:]
        var postProcessors: [InstanceKey: any PostProcessor] = [:]
    }

    package let catalog: PluginCatalog
    let chains: [PinnedChain]
    private let faces: [Face: FaceSettings]
    /// Every provider of the file, in its order.
    let providers: [PluginsFile.DeclaredProvider]
    private let environment: @Sendable (String) -> String?
    private let instances = Mutex(Instances())
    /// Of the file's own configurations: every step of every job names one.
    private let configurationHashes: [JSONObject: String]

    /// Reads a `plugins.json`; throws ``ConfigurationProblems`` with everything that is wrong.
    package init(
        document: JSONValue, catalog: PluginCatalog, environment: @escaping @Sendable (String) -> String?
    ) throws(ConfigurationProblems) {
        let file = try PluginsFile(document, catalog: catalog, environment: environment)
        self.catalog = catalog
        self.environment = environment
        chains = file.chains
        faces = file.faces
        providers = file.declared.compactMap { file.providers[$0] }
        let uses = file.chains.flatMap { $0.providers + $0.steps }
        configurationHashes = Dictionary(
            uses.map { ($0.configuration, Self.hash($0.configuration)) },
            uniquingKeysWith: { first, _ in first })
    }

    package var chainNames: [String] { chains.map { $0.name } }

    func settings(of face: Face) -> FaceSettings { faces[face] ?? FaceSettings() }

    /// The chain by name, else the face's, else `default`.
    func chain(named name: String?, face: Face) throws(Failure) -> PinnedChain {
        let wanted = name ?? faces[face]?.chain ?? "default"
        guard let chain = chains.first(where: { $0.name == wanted }) else {
            throw Failure(
                .invalidInput, code: "chain_unknown",
                message: "no chain \"\(wanted)\"; \(suggestion(for: wanted, among: chainNames))")
        }
        return chain
    }

    /// The provider that a job pinned. Throws `chain_unavailable` when it is not installed in that major version, and
    /// `provider_misconfigured` when its configuration no longer works.
    func provider(for use: PinnedChain.Use) throws(Failure) -> any Provider {
        try instance(for: use, cache: \.providers) { configuration in
            try catalog.makeProvider(use.plugin, configuration)
        }
    }

    /// How often the account behind a provider may be asked: what the plugin says, within the `concurrency` that the
    /// file has now. A provider without an account of its own has its name for a key then.
    func pacing(of provider: any Provider, for use: PinnedChain.Use) -> Pacing? {
        guard let most = providers.first(where: { $0.use.id == use.id })?.concurrency else {
            return provider.pacing
        }
        var pacing = provider.pacing ?? Pacing(key: "provider \(use.id)", pollInterval: .zero)
        pacing.concurrentCreates = min(pacing.concurrentCreates ?? most, most)
        return pacing
    }

    /// The post-processor that a job pinned; throws as ``provider(for:)`` does.
    func postProcessor(for use: PinnedChain.Use) throws(Failure) -> any PostProcessor {
        try instance(for: use, cache: \.postProcessors) { configuration in
            try catalog.makePostProcessor(use.plugin, configuration)
        }
    }

    /// What is written on a step's row: the version and the hash of the configuration without secret values.
    func step(for use: PinnedChain.Use, index: Int, attempt: Int, at moment: Timestamp) -> Step {
        Step(
            id: use.id, index: index, attempt: attempt, plugin: use.plugin,
            version: catalog.manifest(of: use.plugin)?.version.description ?? "\(use.major)",
            configurationHash: configurationHash(of: use), startedAt: moment)
    }

    /// Of the configuration with secret references, not their values.
    func configurationHash(of use: PinnedChain.Use) -> String {
        configurationHashes[use.configuration] ?? Self.hash(use.configuration)
    }

    private static func hash(_ configuration: JSONObject) -> String {
        hexadecimal(Hash.sha256(JSONValue.object(configuration).serialized()))
    }

    /// True where every plugin of the chain is installed in the major version that was pinned.
    func isInstalled(_ chain: PinnedChain) -> Bool {
        (chain.providers + chain.steps).allSatisfy { isInstalled($0) }
    }

    func isInstalled(_ use: PinnedChain.Use) -> Bool {
        catalog.manifest(of: use.plugin)?.version.major == use.major
    }

    private func instance<Instance: Sendable>(
        for use: PinnedChain.Use, cache: WritableKeyPath<Instances, [InstanceKey: Instance]>,
        make: (JSONObject) throws -> Instance?
    ) throws(Failure) -> Instance {
        let key = InstanceKey(plugin: use.plugin, configuration: use.configuration)
        if let known = instances.withLock({ $0[keyPath: cache][key] }) { return known }
        guard let version = catalog.manifest(of: use.plugin)?.version, version.major == use.major else {
            throw Failure(
                .misconfigured, code: "chain_unavailable",
                message: "the job's plugin \(use.plugin) version \(use.major) is not installed any more")
        }
        guard
            let resolved = SecretReference.resolve(.object(use.configuration), environment: environment)?
                .object
        else {
            throw Failure(
                .misconfigured, code: "provider_misconfigured",
                message: "a setting of \(use.id) that comes from the environment has no value")
        }
        let made: Instance?
        do {
            made = try make(resolved)
        } catch {
            throw Failure(
                .misconfigured, code: "provider_misconfigured",
                message: "\(use.id) does not accept its configuration",
                detail: "\(error)")
        }
        guard let made else {
            throw Failure(
                .misconfigured, code: "chain_unavailable", message: "no plugin \(use.plugin) is installed")
        }
        instances.withLock { $0[keyPath: cache][key] = made }
        return made
    }
}

extension Registry {
    /// What conditions can refer to.
    func scope(of request: ThumbnailRequest) -> JSONValue {
        [
            "job": RequestDocument.json(request),
            "template": .null,
        ]
    }
}
