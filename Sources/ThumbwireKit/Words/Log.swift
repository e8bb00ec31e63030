/// Where parts of the service write what they handled: an event name with fields, never a secret.
public struct Log: Sendable {
    /// How much an entry matters.
    public enum Level: String, Hashable, Sendable, CaseIterable, Comparable {
        case debug, info, warning, error

        /// Matters less than.
        public static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .debug: 0
            case .info: 1
            case .warning: 2
            case .error: 3
            }
        }
    }

    /// One line of the log.
    public struct Entry: Hashable, Sendable {
        /// How much it matters.
        public var level: Level
        /// What happened, in lower-case words.
        public var event: String
        /// With which values, in order.
        public var fields: JSONObject

        /// One line.
        public init(level: Level, event: String, fields: JSONObject = [:]) {
            self.level = level
            self.event = event
            self.fields = fields
        }
    }

    private let minimum: Level
    private let write: @Sendable (Entry) -> Void

    /// A log that hands every entry that matters at least as much as `minimum` to `write`, which must not block.
    public init(from minimum: Level = .debug, write: @escaping @Sendable (Entry) -> Void) {
        self.minimum = minimum
        self.write = write
    }

    /// A log that keeps nothing.
    public static let silent = Log(from: .error) { _ in }

    /// False where an entry of that level would be left out: nobody needs to gather what it says.
    public func keeps(_ level: Level) -> Bool { level >= minimum }

    /// Writes one entry.
    public func callAsFunction(_ level: Level, _ event: String, _ fields: @autoclosure () -> JSONObject = [:])
    {
        guard keeps(level) else { return }
        write(Entry(level: level, event: event, fields: fields()))
    }
}
