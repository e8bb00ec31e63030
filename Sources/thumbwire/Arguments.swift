import Foundation
import ThumbwireKit
import ThumbwireService

/// What a command was given: named values, switches and operands, each of them known to the command.
struct Arguments: Sendable {
    let environment: [String: String]
    private(set) var operands: [String] = []
    private var values: [String: [String]] = [:]
    private var flags: Set<String> = []

    /// Reads the words behind the command's name; absent options take their environment variable.
    init(_ words: [String], for command: Command, environment: [String: String]) throws(UsageError) {
        self.environment = environment
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                break
            }
            if word.hasPrefix("-"), word != "-" {
                try take(option: word, from: &rest, of: command)
            } else {
                operands.append(word)
            }
        }
        readEnvironment(for: command)
        try checkOperands(of: command)
    }

    private mutating func take(
        option word: String, from rest: inout ArraySlice<String>, of command: Command
    ) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let spelled = String(parts[0])
        guard let option = command.options.first(where: { "--\($0.name)" == spelled }) else {
            let known = command.options.map { "--\($0.name)" } + ["--help"]
            throw UsageError("unknown option \(spelled)" + guess(for: spelled, among: known))
        }
        guard option.placeholder != nil else {
            guard parts.count == 1 else { throw UsageError("option \(spelled) takes no value") }
            flags.insert(option.name)
            return
        }
        if parts.count == 2 {
            try add(String(parts[1]), to: option)
        } else if let value = rest.first, !value.hasPrefix("--") {
            rest.removeFirst()
            try add(value, to: option)
        } else {
            throw UsageError("option \(spelled) needs a value: \(spelled) \(option.placeholder ?? "")")
        }
    }

    private mutating func add(_ value: String, to option: OptionSpec) throws(UsageError) {
        guard option.isRepeatable || values[option.name] == nil else {
            throw UsageError("option --\(option.name) is given twice")
        }
        values[option.name, default: []].append(value)
    }

    private mutating func readEnvironment(for command: Command) {
        for option in command.options where option.readsEnvironment && values[option.name] == nil {
            guard let value = environment[option.environmentName], !value.isEmpty else { continue }
            if option.placeholder != nil { values[option.name] = [value] }
            if option.placeholder == nil, value == "1" || value == "true" { flags.insert(option.name) }
        }
    }

    private func checkOperands(of command: Command) throws(UsageError) {
        if operands.count > command.operands.count {
            throw UsageError("unexpected argument \"\(operands[command.operands.count])\"")
        }
        for operand in command.operands.dropFirst(operands.count) where !operand.isOptional {
            throw UsageError("missing argument \(operand.name)")
        }
    }
}

extension Arguments {
    func isSet(_ name: String) -> Bool {
        flags.contains(name)
    }

    /// The value, or `nil` where the option is absent.
    func value(_ name: String) -> String? {
        values[name]?.last
    }

    /// True where the option is there, as a value or as a switch.
    func isGiven(_ name: String) -> Bool {
        isSet(name) || value(name) != nil
    }

    func required(_ name: String) throws(UsageError) -> String {
        guard let value = value(name) else { throw UsageError("option --\(name) is required") }
        return value
    }

    /// All values of a repeatable option as they are.
    func all(_ name: String) -> [String] {
        values[name] ?? []
    }

    /// All values of a repeatable option, split at commas.
    func list(_ name: String) -> [String] {
        all(name).flatMap { $0.split(separator: ",") }.map {
            $0.trimmingPrefix { $0.isWhitespace }.description
        }
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(
                "option --\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound), "
                    + "not \"\(text)\"")
        }
        return number
    }

    func choice(_ name: String, of allowed: [String]) throws(UsageError) -> String? {
        guard let text = value(name) else { return nil }
        guard allowed.contains(text) else {
            throw UsageError("option --\(name) must be \(allowed.joined(separator: " or ")), not \"\(text)\"")
        }
        return text
    }

    /// A span such as `90`, `90s`, `500ms`, `5m`, `2h` or `7d`; a bare number is seconds.
    func duration(_ name: String) throws(UsageError) -> Duration? {
        guard let text = value(name) else { return nil }
        return try duration(name, text)
    }

    /// Several spans, separated by commas; `nil` where the option is absent.
    func durations(_ name: String) throws(UsageError) -> [Duration]? {
        guard value(name) != nil else { return nil }
        var durations: [Duration] = []
        for text in list(name) { durations.append(try duration(name, text)) }
        return durations
    }

    /// A moment such as `2026-11-21T12:00:00Z` or `2026-11-21`, or a span that it lies in the past, such as `2h`.
    func moment(_ name: String) throws(UsageError) -> Timestamp? {
        guard let text = value(name) else { return nil }
        if let span = Self.span(text) { return SystemClock().now() - span }
        for style in [
            Date.ISO8601FormatStyle(includingFractionalSeconds: true), Date.ISO8601FormatStyle(),
            Date.ISO8601FormatStyle().year().month().day(),
        ] {
            guard let date = try? style.parse(text) else { continue }
            return Timestamp(microseconds: Int64((date.timeIntervalSince1970 * 1_000).rounded()) * 1_000)
        }
        throw UsageError(
            "option --\(name) must be a moment such as 2026-11-21T12:00:00Z, or a time ago such as 2h or 7d, "
                + "not \"\(text)\"")
    }

    private func duration(_ name: String, _ text: String) throws(UsageError) -> Duration {
        guard let duration = Self.span(text) else {
            throw UsageError(
                "option --\(name) must be a time such as 500ms, 90s, 5m or 2h, not \"\(text)\"")
        }
        return duration
    }

    private static func span(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), number <= 1_000_000 else { return nil }
        switch text.dropFirst(digits.count) {
        case "", "s": return .seconds(number)
        case "ms": return .milliseconds(number)
        case "m": return .seconds(number * 60)
        case "h": return .seconds(number * 3_600)
        case "d": return .seconds(number * 86_400)
        default: return nil
        }
    }
}

/// `; did you mean --title?`, or nothing when no word is near.
func guess(for word: String, among known: [String]) -> String {
    nearest(to: word, among: known).map { "; did you mean \($0)?" } ?? ""
}
