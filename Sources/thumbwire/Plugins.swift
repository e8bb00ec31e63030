import HTTP
import ThumbwireKit
import ThumbwireService

/// `thumbwire plugins`.
enum Plugins {
    static let command = Command(
        name: "plugins", summary: "List a server's plugins, and check a configuration file.",
        subcommands: [list, check])

    private static let list = Command(
        name: "list", summary: "List the plugins of a server.",
        options: ServerConnection.options + [.flag("json", "print JSON")]
    ) { arguments in
        let answer = try await ServerConnection(arguments).call(.get, "/v1/plugins")
        if arguments.isSet("json") { return Output.json(answer) }
        Output.table(
            ["ID", "VERSION", "KIND", "SUMMARY"],
            answer.items.map { plugin in ["id", "version", "kind", "summary"].map { plugin.text($0) } })
    }

    private static let check = Command(
        name: "check", summary: "Check a plugins.json and print every problem with its place.",
        details: "Without FILE it is ./plugins.json, or the built-in configuration where there is none.",
        operands: [.init(name: "FILE", isOptional: true)],
        options: [.flag("json", "print JSON")]
    ) { arguments in
        let summary = try checkPlugins(path: arguments.operands.first)
        arguments.isSet("json")
            ? Output.json(["ok": true, "chains": .array(summary.chains.map { .string($0) })])
            : Output.line("no problems; chains: \(summary.chains.joined(separator: ", "))")
    }
}
