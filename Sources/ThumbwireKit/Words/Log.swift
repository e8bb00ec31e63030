/// Where parts of the service write what they handled: an event name with fields, never a secret.
public struct Log: Sendable {
    /// How much an entry matters.
    public enum Level: String, Hashable, Sendable, CaseIterable {
        case debug, info, warning, error
    }

    /// One line of the log.
    public struct Entry: Hashable, Sendable {
        /// How much it matters.
        public var level: Level
        /// What happened, in lower-case words.
        public var event: String
        /// With which values, in order.
        public var fields: JSONObject
    }

    private let write: @Sendable (Entry) -> Void

    /// A log that hands every entry to `write`.
    public init(write: @escaping @Sendable (Entry) -> Void) {
        self.write = write
    }

    /// A log that keeps nothing.
    public static let silent = Log { _ in }

    /// Writes one entry.
    public func callAsFunction(_ level: Level, _ event: String, _ fields: JSONObject = [:]) {
        write(Entry(level: level, event: event, fields: fields))
    }
}
