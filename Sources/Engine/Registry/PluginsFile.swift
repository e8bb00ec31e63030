internal import ThumbwireKit

/// Reads `plugins.json`: every problem at once, each with its path.
struct PluginsFile {
    /// A provider as the file declares it.
    struct DeclaredProvider {
        var use: PinnedChain.Use
        var isEnabled: Bool
        /// How many creates may be under way at its account at a time, whatever the plugin says; `nil` is what it says.
        var concurrency: Int?
        /// Why it is not enabled.
        var disabledReason: String?
    }

    static let version: Int64 = 1
    /// Long enough for the slowest image model (CONTRACTS: ≥ 300 s for high quality).
    static let providerTimeout = Duration.seconds(330)
    static let stepTimeout = Duration.seconds(60)

    let catalog: PluginCatalog
    let environment: @Sendable (String) -> String?
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var providers: [String: DeclaredProvider] = [:]
    private(set) var chains: [PinnedChain] = []
    /// Names under `providers`, also of those that are wrong: a chain that uses one is not a second mistake.
    private(set) var declared: [String] = []
    private(set) var faces: [Face: FaceSettings] = [:]

    init(
        _ document: JSONValue, catalog: PluginCatalog, environment: @escaping @Sendable (String) -> String?
    ) throws(ConfigurationProblems) {
        self.catalog = catalog
        self.environment = environment
        read(document)
        guard problems.isEmpty else { throw ConfigurationProblems(problems: problems) }
    }

    private mutating func read(_ document: JSONValue) {
        let allowed = ["$schema", "version", "faces", "providers", "chains"]
        guard let root = members(document, path: "$", allowed: allowed) else { return }
        if root["version"]?.integer != Self.version {
            report("version", "expected \(Self.version)")
        }
        for (name, value) in named(root["providers"], path: "providers") {
            declared.append(name)
            readProvider(name, value)
        }
        for (name, value) in named(root["chains"], path: "chains") {
            readChain(name, value)
        }
        if chains.first(where: { $0.name == "default" }) == nil, problems.isEmpty {
            report("chains", "a chain named \"default\" is missing")
        }
        for (name, value) in named(root["faces"], path: "faces") {
            readFace(name, value)
        }
    }

    private mutating func readProvider(_ name: String, _ value: JSONValue) {
        let path = "providers.\(name)"
        guard let object = members(value, path: path, allowed: Self.providerKeys),
            let use = readUse(
                object, id: name, key: "plugin", settings: "config", kind: .provider, path: path,
                timeout: Self.providerTimeout)
        else { return }
        let enabled = isEnabled(object["enabled"], use, path: path)
        providers[name] = DeclaredProvider(
            use: use, isEnabled: enabled, concurrency: readConcurrency(object["concurrency"], path: path),
            disabledReason: enabled ? nil : disabledReason(object["enabled"], use))
    }

    /// `true`, `false`, or `"if-configured"`: when every value that it takes from the environment is there.
    private mutating func isEnabled(_ value: JSONValue?, _ use: PinnedChain.Use, path: String) -> Bool {
        switch value {
        case nil: return true
        case .bool(let isEnabled)?: return isEnabled
        case .string("if-configured")?:
            return SecretReference.names(in: .object(use.configuration)).allSatisfy {
                environment($0).map { !$0.isEmpty } ?? false
            }
        default:
            report("\(path).enabled", "expected true, false or \"if-configured\"")
            return false
        }
    }

    private func disabledReason(_ value: JSONValue?, _ use: PinnedChain.Use) -> String {
        guard value?.string != nil else { return "\"enabled\" is false in the file" }
        let missing = SecretReference.names(in: .object(use.configuration)).filter {
            environment($0)?.isEmpty ?? true
        }
        return missing.sorted().joined(separator: ", ")
            + (missing.count == 1 ? " is not set" : " are not set")
    }

    private mutating func readChain(_ name: String, _ value: JSONValue) {
        let path = "chains.\(name)"
        let allowed = ["providers", "steps"] + Self.policyKeys
        guard let object = members(value, path: path, allowed: allowed) else { return }
        let listed = readProviderNames(object["providers"], path: "\(path).providers")
        let policy = readPolicy(object, providers: listed, path: path)
        let uses = candidates(listed, policy)
        let steps = readSteps(object["steps"], path: "\(path).steps")
        if uses.isEmpty, problems.isEmpty {
            report(
                "\(path).providers",
                "no provider of this chain is enabled; list \"studio\", which needs no key")
        }
        chains.append(PinnedChain(name: name, providers: uses, steps: steps, policy: policy))
    }

    private mutating func readProviderNames(_ value: JSONValue?, path: String) -> [PinnedChain.Use] {
        var uses: [PinnedChain.Use] = []
        for (position, element) in (value?.array ?? []).enumerated() {
            let name = element.string ?? element.kindName
            if !declared.contains(name) {
                report(
                    "\(path)[\(position)]",
                    "no provider \"\(name)\" is declared; \(suggestion(for: name, among: declared))")
            } else if uses.contains(where: { $0.id == name }) {
                report("\(path)[\(position)]", "\"\(name)\" is listed twice")
            } else if let provider = providers[name], provider.isEnabled {
                uses.append(provider.use)
            }
        }
        return uses
    }

    private mutating func readSteps(_ value: JSONValue?, path: String) -> [PinnedChain.Use] {
        guard let elements = value?.array, !elements.isEmpty else {
            report(path, "expected an array of steps, the last of which is \"encode\"")
            return []
        }
        var steps: [PinnedChain.Use] = []
        for (position, element) in elements.enumerated() {
            let path = "\(path)[\(position)]"
            let allowed = ["id", "use", "with", "if", "onError", "timeout"]
            guard let object = members(element, path: path, allowed: allowed) else { continue }
            let id = object["id"]?.string ?? object["use"]?.string ?? ""
            if steps.contains(where: { $0.id == id }) {
                report(
                    "\(path).id", "\"\(id)\" is used twice in this chain; give each step an \"id\" of its own"
                )
            }
            guard
                var step = readUse(
                    object, id: id, key: "use", settings: "with", kind: .postProcessor, path: path,
                    timeout: Self.stepTimeout)
            else { continue }
            step.condition = readCondition(object["if"], path: "\(path).if")
            step.onError = readOnError(object["onError"], path: "\(path).onError")
            steps.append(step)
        }
        return steps
    }

    private mutating func readUse(
        _ object: JSONObject, id: String, key: String, settings: String, kind: PluginManifest.Kind,
        path: String,
        timeout: Duration
    ) -> PinnedChain.Use? {
        let ids = catalog.manifests.filter { $0.kind == kind }.map { $0.id }
        guard let plugin = object[key]?.string else {
            report(
                "\(path).\(key)",
                "expected the id of a \(kind.rawValue); allowed: \(ids.joined(separator: ", "))")
            return nil
        }
        guard ids.contains(plugin), let manifest = catalog.manifest(of: plugin) else {
            report(
                "\(path).\(key)", "no \(kind.rawValue) \"\(plugin)\"; \(suggestion(for: plugin, among: ids))")
            return nil
        }
        let written: JSONObject
        switch object[settings] {
        case nil: written = [:]
        case .object(let members)?: written = members
        case let other?:
            report("\(path).\(settings)", "expected an object, found \(other.kindName)")
            return nil
        }
        var check = ConfigurationCheck(manifest: manifest)
        let configuration = check.complete(written, path: "\(path).\(settings)")
        problems += check.problems
        if check.problems.isEmpty { tryOut(manifest, configuration, path: "\(path).\(settings)") }
        return PinnedChain.Use(
            id: id, plugin: plugin, major: manifest.version.major, configuration: configuration,
            timeout: readDuration(object["timeout"], path: "\(path).timeout") ?? timeout)
    }

    /// Makes the plugin once, so that what it alone can refuse is refused now; a configuration whose secrets have no
    /// value yet is tried when they do.
    private mutating func tryOut(_ manifest: PluginManifest, _ configuration: JSONObject, path: String) {
        guard let resolved = SecretReference.resolve(.object(configuration), environment: environment)?.object
        else {
            return
        }
        do {
            switch manifest.kind {
            case .provider: _ = try catalog.makeProvider(manifest.id, resolved)
            case .postProcessor: _ = try catalog.makePostProcessor(manifest.id, resolved)
            }
        } catch let error as ConfigurationError {
            report(error.field.isEmpty ? path : "\(path).\(error.field)", error.message)
        } catch {
            report(path, "\(error)")
        }
    }

    private mutating func readCondition(_ value: JSONValue?, path: String) -> String? {
        guard let value else { return nil }
        guard let text = value.string else {
            report(path, "expected a string, found \(value.kindName)")
            return nil
        }
        do throws(ConditionError) {
            _ = try Condition(text)
            return text
        } catch {
            report(path, error.message)
            return nil
        }
    }

    private mutating func readOnError(_ value: JSONValue?, path: String) -> PinnedChain.OnError {
        guard let value else { return .fail }
        guard let choice = value.string.flatMap(PinnedChain.OnError.init) else {
            let allowed = PinnedChain.OnError.allCases.map { $0.rawValue }
            report(path, suggestion(for: value.string ?? "", among: allowed))
            return .fail
        }
        return choice
    }

    mutating func readDuration(_ value: JSONValue?, path: String) -> Duration? {
        guard let value else { return nil }
        guard let duration = value.string.flatMap(Duration.init(settingText:)), duration > .zero else {
            report(path, "expected a duration like \"45s\", \"500ms\" or \"5m\"")
            return nil
        }
        return duration
    }

    private mutating func readFace(_ name: String, _ value: JSONValue) {
        guard let face = Face(rawValue: name) else {
            report(
                "faces.\(name)",
                "no such face; \(suggestion(for: name, among: Face.allCases.map { $0.rawValue }))")
            return
        }
        let path = "faces.\(name)"
        guard case .object = value else {
            faces[face] = FaceSettings(chain: readChainName(value, path: path))
            return
        }
        guard let object = members(value, path: path, allowed: ["chain", "enabled", "dailyCap"]) else {
            return
        }
        var settings = FaceSettings(
            chain: object["chain"].flatMap { readChainName($0, path: "\(path).chain") })
        switch object["enabled"] {
        case nil: break
        case .bool(let isEnabled)?: settings.isEnabled = isEnabled
        default: report("\(path).enabled", "expected true or false")
        }
        if let cap = object["dailyCap"] {
            settings.dailyCap = cap.integer.flatMap { Int(exactly: $0) }
            if settings.dailyCap.map({ $0 < 0 }) ?? true {
                report("\(path).dailyCap", "expected a number of jobs, 0 or more")
            }
        }
        faces[face] = settings
    }

    private mutating func readChainName(_ value: JSONValue, path: String) -> String? {
        let name = value.string ?? ""
        guard chains.contains(where: { $0.name == name }) else {
            report(path, "no such chain; \(suggestion(for: name, among: chains.map { $0.name }))")
            return nil
        }
        return name
    }

    private mutating func members(_ value: JSONValue, path: String, allowed: [String]) -> JSONObject? {
        guard let object = value.object else {
            report(path, "expected an object, found \(value.kindName)")
            return nil
        }
        for name in object.names where !allowed.contains(name) {
            report(
                path == "$" ? name : "\(path).\(name)",
                "unknown key; \(suggestion(for: name, among: allowed))")
        }
        return object
    }

    private mutating func named(_ value: JSONValue?, path: String) -> [(String, JSONValue)] {
        guard let value else { return [] }
        guard let object = value.object else {
            report(path, "expected an object, found \(value.kindName)")
            return []
        }
        return object.members.map { ($0.name, $0.value) }
    }

    mutating func report(_ path: String, _ message: String) {
        problems.append(ConfigurationProblem(path: path, message: message))
    }
}

extension Duration {
    /// `500ms`, `45s`, `5m` or `2h`; `nil` for any other text.
    init?(settingText text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let amount = Int64(digits), amount <= 1_000_000_000 else { return nil }
        switch text.dropFirst(digits.count) {
        case "ms": self = .milliseconds(amount)
        case "s": self = .seconds(amount)
        case "m": self = .seconds(amount * 60)
        case "h": self = .seconds(amount * 3_600)
        default: return nil
        }
    }
}
