/// A plugin's version, compared by major for what a job may resume on.
public struct PluginVersion: Hashable, Sendable, CustomStringConvertible {
    /// Changes when configuration or results change incompatibly.
    public var major: Int
    /// Changes when something is added.
    public var minor: Int
    /// Changes otherwise.
    public var patch: Int

    /// A version.
    public init(_ major: Int, _ minor: Int, _ patch: Int) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// `1.2.3`.
    public var description: String { "\(major).\(minor).\(patch)" }
}

/// One member of a plugin's configuration: the single source for validation, masking and documents.
public struct ConfigurationField: Hashable, Sendable {
    /// The JSON kind of the value.
    public enum Kind: Hashable, Sendable {
        case string
        /// One of these strings.
        case choice([String])
        case boolean
        case integer(ClosedRange<Int64>)
        case number(ClosedRange<Double>)
        /// `#RRGGBB`.
        case color
        /// Any array; the plugin's own decoding checks the elements.
        case array
        /// Any object; the plugin's own decoding checks the members.
        case object
    }

    /// The member's name.
    public var name: String
    /// Its kind and the allowed values.
    public var kind: Kind
    /// What it does, in one sentence.
    public var summary: String
    /// What it is when left out; `nil` is no value.
    public var defaultValue: JSONValue?
    /// True when the plugin cannot work without it.
    public var isRequired: Bool
    /// True for values that nobody may see again.
    public var isSecret: Bool

    /// A member of a configuration.
    public init(
        _ name: String, _ kind: Kind, _ summary: String, default defaultValue: JSONValue? = nil,
        isRequired: Bool = false, isSecret: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.summary = summary
        self.defaultValue = defaultValue
        self.isRequired = isRequired
        self.isSecret = isSecret
    }
}

/// What a plugin says of itself without being run.
public struct PluginManifest: Hashable, Sendable {
    /// What a plugin does in a chain.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case provider
        case postProcessor = "post-processor"
    }

    /// What a provider's pictures are.
    public enum Product: String, Hashable, Sendable, CaseIterable {
        /// A picture without text, to be graded and titled.
        case background
        /// A finished picture, which is not titled and graded a second time.
        case composed
    }

    /// What a request may bring that a provider reads or needs.
    public enum Input: String, Hashable, Sendable, CaseIterable {
        case title, prompt
        case video = "videoUrl"
        case sourceImage = "sourceImageUrl"
        case referenceImages = "referenceImageUrl"
        case maskImage = "maskImageUrl"
    }

    /// The plugin interface that this code is.
    public static let engineAPI = 1

    /// What chains call it: lower-case words joined by hyphens.
    public var id: String
    /// Its version.
    public var version: PluginVersion
    /// What it does in a chain.
    public var kind: Kind
    /// One sentence.
    public var summary: String
    /// The members of its configuration.
    public var configuration: [ConfigurationField]
    /// True when its calls cost money, so that an unknown outcome is never tried again by itself.
    public var isBilled: Bool
    /// What a provider's pictures are, unless a result says otherwise; meaningless for post-processors.
    public var produces: Product
    /// What a provider makes use of; what a request brings besides is warned about.
    public var reads: Set<Input>
    /// What a provider cannot work without; requests that lack it go to the next provider.
    public var requires: Set<Input>
    /// The kinds of `videoUrl` that a provider reads.
    public var sources: Set<VideoSource.Kind>
    /// True for a provider that stands in only where no other is enabled, or where the chain says `lastResort`.
    public var isLastResort: Bool

    /// A manifest.
    public init(
        id: String, version: PluginVersion, kind: Kind, summary: String,
        configuration: [ConfigurationField] = [],
        isBilled: Bool = false, produces: Product = .background, reads: Set<Input> = [.title, .prompt],
        requires: Set<Input> = [], sources: Set<VideoSource.Kind> = [], isLastResort: Bool = false
    ) {
        self.id = id
        self.version = version
        self.kind = kind
        self.summary = summary
        self.configuration = configuration
        self.isBilled = isBilled
        self.produces = produces
        self.reads = reads
        self.requires = requires
        self.sources = sources
        self.isLastResort = isLastResort
    }
}
