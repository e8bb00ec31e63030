import HTTP
import ThumbwireKit

/// `thumbwire deliveries`.
enum Deliveries {
    private static let path = "/v1/deliveries"

    static let command = Command(
        name: "deliveries", summary: "Look at deliveries, and send them again.",
        subcommands: [list, show, resend])

    /// What lists of deliveries are sorted out by.
    static let filters: [OptionSpec] =
        [
            .value("status", "STATUS", "pending, delivered or exhausted"),
            .value("type", "TYPE", "only those of events of this type"),
            .value("job", "ID", "only those of the job's events"),
        ] + part

    /// What lists of attempts are sorted out by, too.
    static let part: [OptionSpec] = [
        .value("status-code", "CODES", "last answers such as 404, 5xx or 400-499"),
        .value("since", "TIME", "only later ones (2h, 2026-11-21T12:00:00Z)"),
        .value("until", "TIME", "only earlier ones"),
        .value("cursor", "CURSOR", "`next` of the part before"),
        .value("limit", "N", "at most so many, 1 to 100 (20)"),
    ]

    private static let options = ServerConnection.options + [.flag("json", "print JSON")]

    private static let list = Command(
        name: "list", summary: "List deliveries, callbacks' too, newest first.",
        details: "Example:\n  thumbwire deliveries list --status exhausted --since 1d",
        options: filters + options
    ) { arguments in
        try await list(arguments, path: path)
    }

    /// Prints a list of deliveries.
    static func list(_ arguments: Arguments, path: String) async throws {
        var query = try part(arguments)
        query.add("status", arguments.value("status"))
        query.add("type", arguments.value("type"))
        query.add("jobId", arguments.value("job"))
        let answer = try await ServerConnection(arguments).call(.get, path + query.text)
        if arguments.isSet("json") { return Output.json(answer) }
        Output.table(
            ["ID", "EVENT", "TYPE", "STATUS", "ATTEMPTS", "LAST"],
            answer.items.map { delivery in
                ["id", "eventId", "type", "status", "attempts", "lastStatus"].map { delivery.text($0) }
            })
    }

    /// What the options of ``part`` say.
    static func part(_ arguments: Arguments) throws(UsageError) -> Query {
        var query = try Query(arguments, limit: 20)
        query.add("statusCode", arguments.value("status-code"))
        query.add("since", try arguments.moment("since")?.description)
        query.add("until", try arguments.moment("until")?.description)
        query.add("cursor", arguments.value("cursor"))
        return query
    }

    private static let show = Command(
        name: "show", summary: "Show one delivery with every attempt.", operands: [.init(name: "ID")],
        options: options
    ) { arguments in
        let connection = try ServerConnection(arguments)
        let one = "\(path)/\(arguments.operands[0].percentEncoded)"
        let delivery = try await connection.call(.get, one)
        let attempts = try await connection.call(.get, one + "/attempts")
        if arguments.isSet("json") {
            var object = delivery.object ?? [:]
            object["attemptList"] = .array(attempts.items)
            return Output.json(.object(object))
        }
        Output.line(delivery.prettyPrinted())
        printAttempts(attempts)
    }

    /// Prints a list of attempts.
    static func printAttempts(_ answer: JSONValue) {
        Output.table(
            ["STARTED", "NUMBER", "MS", "STATUS", "ERROR"],
            answer.items.map { attempt in
                ["startedAt", "number", "durationMs", "status"].map { attempt.text($0) }
                    + [attempt["error"]?.text("code") ?? "-"]
            })
    }

    private static let resend = Command(
        name: "resend", summary: "Send a delivery once more, whatever became of it.",
        operands: [.init(name: "ID")], options: options
    ) { arguments in
        let one = "\(path)/\(arguments.operands[0].percentEncoded)"
        let answer = try await ServerConnection(arguments).call(.post, one + "/resend")
        if arguments.isSet("json") { return Output.json(answer) }
        Output.line("\(arguments.operands[0]) is sent again".printable)
    }
}
