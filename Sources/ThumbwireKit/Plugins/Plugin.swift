/// A provider or post-processor: a value made once from its configuration and used by many jobs at a time.
public protocol Plugin: Sendable {
    /// What stands in the chain's `config` or `with`; decoded after unknown members are refused and defaults filled
    /// in from the manifest.
    associatedtype Configuration: Decodable & Sendable

    /// What it says of itself.
    static var manifest: PluginManifest { get }

    /// Makes the plugin; what exists is valid. Throws ``ConfigurationError`` for values that cannot work.
    init(configuration: Configuration) throws
}

/// The configuration of a plugin that needs none.
public struct NoConfiguration: Decodable, Sendable {
    /// Nothing to configure.
    public init() {}
}

/// A configuration value that cannot work.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The member of the configuration, such as `quality`.
    public var field: String
    /// What is wrong and what is allowed.
    public var message: String

    /// An error at a member.
    public init(field: String, message: String) {
        self.field = field
        self.message = message
    }

    /// Field and message.
    public var description: String { "\(field): \(message)" }
}
