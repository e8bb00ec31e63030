import Foundation
import HTTP
import ThumbwireKit

/// `thumbwire keys`.
enum Keys {
    static let command = Command(
        name: "keys", summary: "Manage API keys (with an admin key).", subcommands: [list, create, revoke])

    private static let options = ServerConnection.options + [.flag("json", "print JSON")]

    private static let list = Command(name: "list", summary: "List keys.", options: options) { arguments in
        let answer = try await ServerConnection(arguments).call(.get, "/v1/keys")
        if arguments.isSet("json") { return Output.json(answer) }
        Output.table(
            ["ID", "NAME", "SCOPES", "CREATED", "REVOKED"],
            answer.items.map { key in
                ["id", "name", "scopes", "createdAt", "revokedAt"].map { key.text($0) }
            })
    }

    private static let create = Command(
        name: "create", summary: "Create a key and print it, once.",
        options: [
            .value("name", "NAME", "what the key is for"),
            .list("scope", "SCOPE,...", "app or admin (app)"),
            .value("value-file", "FILE", "import the key in this file, - for standard input"),
            .value("credit-cap", "N", "the most credits its jobs may cost together"),
            .value("requests-per-minute", "N", "the most requests in a minute"),
            .value("account", "ID", "make it for another account"),
        ] + options
    ) { arguments in
        var body: JSONObject = ["name": .string(try arguments.required("name"))]
        let scopes = arguments.list("scope")
        if !scopes.isEmpty { body["scopes"] = .array(scopes.map { .string($0) }) }
        if let file = arguments.value("value-file") { body["value"] = .string(try keyValue(in: file)) }
        for (option, member) in [
            ("credit-cap", "creditCap"), ("requests-per-minute", "requestsPerMinute"),
        ] {
            let number = try arguments.integer(option, in: 0...1_000_000_000)
            if let number { body[member] = .integer(Int64(number)) }
        }
        if let account = arguments.value("account") { body["accountId"] = .string(account) }
        let key = try await ServerConnection(arguments).call(.post, "/v1/keys", body: .object(body))
        if arguments.isSet("json") { return Output.json(key) }
        Output.line("id   \(key.text("id"))".printable)
        Output.line("key  \(key.text("key"))".printable)
    }

    /// The one line of a file, or of standard input: what stands on a command line is seen by every process.
    private static func keyValue(in file: String) throws -> String {
        let handle = file == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: file)
        guard let handle, let bytes = try? handle.read(upToCount: 4_096) ?? Data() else {
            throw UsageError("option --value-file: cannot read \(file)")
        }
        let value = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !value.isEmpty else { throw UsageError("option --value-file: \(file) is empty") }
        return value
    }

    private static let revoke = Command(
        name: "revoke", summary: "Take a key back.", operands: [.init(name: "ID")], options: options
    ) { arguments in
        let id = arguments.operands[0]
        _ = try await ServerConnection(arguments).call(.delete, "/v1/keys/\(id.percentEncoded)")
        arguments.isSet("json")
            ? Output.json(["id": .string(id), "revoked": true]) : Output.line("revoked \(id)".printable)
    }
}
