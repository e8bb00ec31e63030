import ThumbwireKit
import ThumbwireService

/// Writes log entries to standard error, one line each.
enum LogWriter {
    enum Format: String, CaseIterable {
        case json, text
    }

    /// A log of that format; entries below `minimum` are left out.
    static func log(_ format: Format, from minimum: Log.Level = .info) -> Log {
        let order = Log.Level.allCases
        let lowest = order.firstIndex(of: minimum) ?? 0
        return Log { entry in
            guard let rank = order.firstIndex(of: entry.level), rank >= lowest else { return }
            Output.note(format == .json ? json(entry) : text(entry))
        }
    }

    private static func json(_ entry: Log.Entry) -> String {
        var object: JSONObject = [
            "time": .string(SystemClock().now().description), "level": .string(entry.level.rawValue),
            "event": .string(entry.event),
        ]
        for member in entry.fields.members where object[member.name] == nil {
            object[member.name] = member.value
        }
        return String(decoding: JSONValue.object(object).serialized(), as: UTF8.self)
    }

    private static func text(_ entry: Log.Entry) -> String {
        let fields = entry.fields.members.map { " \($0.name)=\(text($0.value))" }.joined()
        return "\(SystemClock().now()) \(entry.level.rawValue.padded(to: 7)) \(entry.event)\(fields)"
            .printable
    }

    private static func text(_ value: JSONValue) -> String {
        if let word = value.string, !word.isEmpty, !word.contains(where: { $0 == " " || $0 == "\"" }) {
            return word
        }
        return String(decoding: value.serialized(), as: UTF8.self)
    }
}
