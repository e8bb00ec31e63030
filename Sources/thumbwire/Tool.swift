/// The command line as a whole: finds the command, runs it, and turns what happened into an exit code.
enum Tool {
    static let root = Command(
        name: "thumbwire", summary: "Thumbwire: one thumbnail request in, one signed webhook out.",
        details: """
            Exit codes: 0 done, 1 failed, 2 wrong usage. Options also take the form --name=value; those with a
            variable in [brackets] are read from the environment where they are absent.
            """,
        subcommands: [
            Serve.command, Generate.command, Listen.command, Jobs.command, Events.command, Webhooks.command,
            Deliveries.command, Keys.command, Plugins.command, VersionCommand.command,
        ])

    static func run(_ words: [String], environment: [String: String]) async -> Int32 {
        var path = [root.name]
        var command = root
        var rest = words[...]
        do {
            while !command.subcommands.isEmpty, let word = rest.first, !word.hasPrefix("-") {
                command = try subcommand(word, of: command)
                path.append(word)
                rest.removeFirst()
            }
            if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
                Output.line(Help.text(of: command, path: path))
                return ExitCode.done
            }
            try await start(command, Array(rest), path: path, environment: environment)
            return ExitCode.done
        } catch let error as UsageError {
            Output.note("\(path.joined(separator: " ")): \(error)")
            Output.note("'\(path.joined(separator: " ")) --help' says what it takes")
            return ExitCode.usage
        } catch {
            Output.note("\(path.joined(separator: " ")): \(String(describing: error).printableLines)")
            return ExitCode.failed
        }
    }

    private static func subcommand(_ word: String, of command: Command) throws(UsageError) -> Command {
        if let found = command.subcommands.first(where: { $0.name == word }) { return found }
        let known = command.subcommands.map(\.name)
        throw UsageError("unknown command \"\(word)\"" + guess(for: word, among: known))
    }

    private static func start(
        _ command: Command, _ words: [String], path: [String], environment: [String: String]
    ) async throws {
        guard let run = command.run else {
            if words == ["--version"], path.count == 1 { return VersionCommand.print(isJSON: false) }
            if let word = words.first { throw UsageError("unknown option \(word)") }
            throw UsageError("a command is missing")
        }
        try await run(try Arguments(words, for: command, environment: environment))
    }
}
