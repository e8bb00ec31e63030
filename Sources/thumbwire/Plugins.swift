import HTTP
import ThumbwireKit
import ThumbwireService

/// `thumbwire plugins`.
enum Plugins {
    static let command = Command(
        name: "plugins", summary: "List a server's plugins, and check a configuration file.",
        subcommands: [list, check])

    private static let list = Command(
        name: "list", summary: "List the plugins of this program, or of a server.",
        options: [
            .value("server", "URL", "ask this server instead").orEnvironment(),
            .value("key", "KEY", "API key of that server").orEnvironment(), .flag("json", "print JSON"),
        ]
    ) { arguments in
        let answer = try await plugins(arguments)
        if arguments.isSet("json") { return Output.json(answer) }
        Output.table(
            ["ID", "VERSION", "KIND", "SUMMARY"],
            answer.items.map { plugin in ["id", "version", "kind", "summary"].map { plugin.text($0) } })
    }

    /// Those of the server, or without one those of this program.
    private static func plugins(_ arguments: Arguments) async throws -> JSONValue {
        guard arguments.value("server") == nil else {
            return try await ServerConnection(arguments).call(.get, "/v1/plugins")
        }
        let manifests = try checkPlugins(path: nil).plugins
        return [
            "data": .array(
                manifests.map { manifest in
                    [
                        "id": .string(manifest.id), "version": .string(manifest.version.description),
                        "kind": .string(manifest.kind.rawValue), "summary": .string(manifest.summary),
                    ]
                })
        ]
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
