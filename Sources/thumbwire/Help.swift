/// The text that `--help` prints.
enum Help {
    /// The text for one command; `path` are the words that lead to it, program name first.
    static func text(of command: Command, path: [String]) -> String {
        var sections = [command.summary, usage(of: command, path: path)]
        if !command.subcommands.isEmpty {
            let rows = command.subcommands.map { ($0.name, $0.summary) }
            sections.append("Commands:\n" + columns(rows))
        }
        if !command.options.isEmpty {
            sections.append("Options:\n" + columns(command.options.map(row)))
        }
        if let details = command.details { sections.append(details) }
        if !command.subcommands.isEmpty {
            sections.append("'\(path.joined(separator: " ")) COMMAND --help' says more about one of them.")
        }
        return sections.joined(separator: "\n\n")
    }

    private static func usage(of command: Command, path: [String]) -> String {
        var words = path
        if !command.subcommands.isEmpty { words.append("COMMAND") }
        words += command.operands.map { $0.isOptional ? "[\($0.name)]" : $0.name }
        if !command.options.isEmpty { words.append("[OPTIONS]") }
        return "Usage: " + words.joined(separator: " ")
    }

    private static func row(_ option: OptionSpec) -> (String, String) {
        let value = option.placeholder.map { " \($0)" } ?? ""
        let environment = option.readsEnvironment ? " [\(option.environmentName)]" : ""
        return ("--\(option.name)\(value)", option.help + environment)
    }

    private static func columns(_ rows: [(String, String)]) -> String {
        let width = min(34, rows.map { $0.0.count }.max() ?? 0)
        return rows.map { left, right in
            left.count > width
                ? "  \(left)\n" + String(repeating: " ", count: width + 4) + right
                : "  " + left.padded(to: width) + "  " + right
        }.joined(separator: "\n")
    }
}
