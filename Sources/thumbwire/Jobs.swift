import HTTP
import ThumbwireKit

/// `thumbwire jobs`.
enum Jobs {
    static let command = Command(
        name: "jobs", summary: "Look at jobs, cancel and delete them.",
        subcommands: [list, get, cancel, delete])

    private static let list = Command(
        name: "list", summary: "List jobs, newest first.",
        options: ServerConnection.options + [
            .value("status", "STATUS", "only jobs in this state"),
            .value("limit", "N", "at most so many, 1 to 100"),
            .flag("json", "print JSON"),
        ]
    ) { arguments in
        var query = ["limit=\(try arguments.integer("limit", in: 1...100) ?? 20)"]
        if let status = arguments.value("status") { query.append("status=\(status.percentEncoded)") }
        let server = try ServerConnection(arguments)
        let answer = try await server.call(.get, "/v1/jobs?\(query.joined(separator: "&"))")
        if arguments.isSet("json") { return Output.json(answer) }
        Output.table(
            ["ID", "STATUS", "PROVIDER", "CREATED", "TITLE"],
            answer.items.map { job in
                [
                    job.text("id"), job.text("status"), job.text("provider"), job.text("createdAt"),
                    job["request"]?.text("title") ?? "-",
                ]
            })
    }

    private static let get = Command(
        name: "get", summary: "Show one job.", operands: [.init(name: "ID")],
        options: ServerConnection.options + [
            .value("wait", "SECONDS", "answer when the job is done or this time is over, 0 to 55"),
            .flag("json", "print JSON"),
        ]
    ) { arguments in
        let wait = try arguments.integer("wait", in: 0...55) ?? 0
        let path = "/v1/jobs/\(arguments.operands[0].percentEncoded)" + (wait > 0 ? "?wait=\(wait)" : "")
        let job = try await ServerConnection(arguments).call(.get, path, deadline: .seconds(wait + 20))
        arguments.isSet("json") ? Output.json(job) : Output.line(job.prettyPrinted())
    }

    private static let cancel = Command(
        name: "cancel", summary: "Cancel a job.", operands: [.init(name: "ID")],
        options: ServerConnection.options + [.flag("json", "print JSON")]
    ) { arguments in
        let path = "/v1/jobs/\(arguments.operands[0].percentEncoded)/cancel"
        let job = try await ServerConnection(arguments).call(.post, path)
        if arguments.isSet("json") { return Output.json(job) }
        Output.line("\(job.text("id")) \(job.text("status"))".printable)
    }

    private static let delete = Command(
        name: "delete", summary: "Erase a job that has ended, with its events and files.",
        operands: [.init(name: "ID")],
        options: ServerConnection.options + [
            .flag("drop-deliveries", "give up events of it that wait to be delivered"),
            .flag("json", "print JSON"),
        ]
    ) { arguments in
        let id = arguments.operands[0]
        let query = arguments.isSet("drop-deliveries") ? "?deliveries=drop" : ""
        _ = try await ServerConnection(arguments).call(.delete, "/v1/jobs/\(id.percentEncoded)\(query)")
        arguments.isSet("json")
            ? Output.json(["id": .string(id), "deleted": true]) : Output.line("deleted \(id)".printable)
    }
}

extension JSONValue {
    /// The elements of a list answer.
    var items: [JSONValue] {
        array ?? self["data"]?.array ?? self["items"]?.array ?? []
    }

    /// A member as text for a table; `-` where there is none.
    func text(_ name: String) -> String {
        switch self[name] {
        case .string(let text): text
        case .none, .null: "-"
        case .array(let elements): elements.map { $0.string ?? "…" }.joined(separator: ",")
        case .some(let value): String(decoding: value.serialized(), as: UTF8.self)
        }
    }
}
