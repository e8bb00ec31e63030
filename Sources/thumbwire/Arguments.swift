import ThumbwireKit

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

    func required(_ name: String) throws(UsageError) -> String {
        guard let value = value(name) else { throw UsageError("option --\(name) is required") }
        return value
    }

    /// All values of a repeatable option, split at commas.
    func list(_ name: String) -> [String] {
        (values[name] ?? []).flatMap { $0.split(separator: ",") }.map {
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

    /// A span such as `90`, `90s`, `500ms`, `5m` or `2h`; a bare number is seconds.
    func duration(_ name: String) throws(UsageError) -> Duration? {
        guard let text = value(name) else { return nil }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), number <= 1_000_000 else { throw badDuration(name, text) }
        switch text.dropFirst(digits.count) {
        case "", "s": return .seconds(number)
        case "ms": return .milliseconds(number)
        case "m": return .seconds(number * 60)
        case "h": return .seconds(number * 3_600)
        default: throw badDuration(name, text)
        }
    }

    private func badDuration(_ name: String, _ text: String) -> UsageError {
        UsageError("option --\(name) must be a time such as 500ms, 90s, 5m or 2h, not \"\(text)\"")
    }
}

/// `; did you mean --title?`, or nothing when no word is near.
func guess(for word: String, among known: [String]) -> String {
    nearest(to: word, among: known).map { "; did you mean \($0)?" } ?? ""
}
