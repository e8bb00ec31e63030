import HTTP
import ThumbwireKit

/// `thumbwire webhooks`: standing subscriptions.
enum Webhooks {
    static let path = "/v1/webhook-endpoints"

    static let command = Command(
        name: "webhooks", summary: "Manage webhook endpoints.",
        subcommands: [list, create, get, delete, test, deliveries])

    private static let options = ServerConnection.options + [.flag("json", "print JSON")]

    private static let list = Command(name: "list", summary: "List endpoints.", options: options) {
        arguments in
        let answer = try await ServerConnection(arguments).call(.get, path)
        if arguments.isSet("json") { return Output.json(answer) }
        Output.table(
            ["ID", "STATUS", "EVENTS", "URL"],
            answer.items.map { [$0.text("id"), $0.text("status"), $0.text("events"), $0.text("url")] })
    }

    private static let create = Command(
        name: "create", summary: "Create an endpoint and print its signing secret.",
        options: [
            .value("url", "URL", "where events are posted"),
            .list("event", "TYPE,...", "event types (the ones that end a job)"),
            .value("description", "TEXT", "a note for people"),
        ] + options
    ) { arguments in
        var body: JSONObject = ["url": .string(try arguments.required("url"))]
        let events = arguments.list("event")
        if !events.isEmpty { body["events"] = .array(events.map { .string($0) }) }
        body["description"] = arguments.value("description").map { .string($0) }
        let endpoint = try await ServerConnection(arguments).call(.post, path, body: .object(body))
        if arguments.isSet("json") { return Output.json(endpoint) }
        Output.line("id      \(endpoint.text("id"))".printable)
        Output.line("secret  \(endpoint.text("secret"))".printable)
    }

    private static let get = Command(
        name: "get", summary: "Show one endpoint.", operands: [.init(name: "ID")], options: options
    ) { arguments in
        let endpoint = try await ServerConnection(arguments).call(.get, endpointPath(arguments))
        arguments.isSet("json") ? Output.json(endpoint) : Output.line(endpoint.prettyPrinted())
    }

    private static let delete = Command(
        name: "delete", summary: "Delete an endpoint.", operands: [.init(name: "ID")], options: options
    ) { arguments in
        _ = try await ServerConnection(arguments).call(.delete, endpointPath(arguments))
        let id = arguments.operands[0]
        arguments.isSet("json")
            ? Output.json(["id": .string(id), "deleted": true]) : Output.line("deleted \(id)".printable)
    }

    private static let test = Command(
        name: "test", summary: "Send a test event to an endpoint.", operands: [.init(name: "ID")],
        options: options
    ) { arguments in
        let answer = try await ServerConnection(arguments).call(.post, endpointPath(arguments) + "/test")
        arguments.isSet("json") ? Output.json(answer) : Output.line(answer.prettyPrinted())
    }

    private static let deliveries = Command(
        name: "deliveries", summary: "List an endpoint's deliveries, newest first.",
        operands: [.init(name: "ID")], options: options
    ) { arguments in
        let answer = try await ServerConnection(arguments).call(.get, endpointPath(arguments) + "/deliveries")
        if arguments.isSet("json") { return Output.json(answer) }
        Output.table(
            ["ID", "EVENT", "TYPE", "STATUS", "ATTEMPTS", "LAST"],
            answer.items.map { delivery in
                ["id", "eventId", "type", "status", "attempts", "lastStatus"].map { delivery.text($0) }
            })
    }

    private static func endpointPath(_ arguments: Arguments) -> String {
        "\(path)/\(arguments.operands[0].percentEncoded)"
    }
}
