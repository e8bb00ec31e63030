import HTTP
import ThumbwireKit

/// `thumbwire events`.
enum Events {
    static let command = Command(
        name: "events", summary: "Look at events, and send past ones again.",
        subcommands: [list, show, types, resend])

    private static let list = Command(
        name: "list", summary: "List events in the order they happened.",
        details: """
            Examples:
              thumbwire events list --since 2h --events thumbnail.failed
              thumbwire events list --job job_01kajy4q310rvzkq2j8c5s6d9f --json
            """,
        options: ServerConnection.options + [
            .list("events", "TYPE,...", "only these types"), .value("job", "ID", "only those of the job"),
            .value("since", "TIME", "from that moment on (2h, 2026-11-21T12:00:00Z)"),
            .value("cursor", "CURSOR", "`next` of the part before"),
            .value("limit", "N", "at most so many, 1 to 100 (20)"), .flag("json", "print JSON"),
        ]
    ) { arguments in
        let connection = try ServerConnection(arguments)
        var query = try Query(arguments, limit: 20)
        query.add("types", arguments.list("events").joined(separator: ","))
        query.add("jobId", arguments.value("job"))
        query.add("cursor", arguments.value("cursor"))
        let since = try arguments.moment("since")
        if let since, arguments.value("cursor") == nil {
            query.add("cursor", "\(try await EventFinder(connection: connection).position(before: since))")
        }
        var answer = try await connection.call(.get, "/v1/events\(query.text)")
        let events = answer.items.filter { event in
            since.map { (event["timestamp"]?.string ?? "") >= $0.description } ?? true
        }
        if arguments.isSet("json") {
            answer = ["data": .array(events), "next": answer["next"] ?? .null]
            return Output.json(answer)
        }
        Output.table(
            ["ID", "TYPE", "TIME", "ABOUT"],
            events.map { event in
                ["id", "type", "timestamp"].map { event.text($0) } + [event["data"]?.text("id") ?? "-"]
            })
    }

    private static let show = Command(
        name: "show", summary: "Show one event.", operands: [.init(name: "ID")],
        options: ServerConnection.options + [.flag("json", "print JSON")]
    ) { arguments in
        let finder = EventFinder(connection: try ServerConnection(arguments))
        let event = try await finder.find(arguments.operands[0]).event
        arguments.isSet("json") ? Output.json(event) : Output.line(event.prettyPrinted())
    }

    private static let types = Command(
        name: "types", summary: "List the types of events, or show a sample of one.",
        details: """
            Examples:
              thumbwire events types
              thumbwire events types thumbnail.completed
            """,
        operands: [.init(name: "TYPE", isOptional: true)],
        options: ServerConnection.options + [.flag("json", "print JSON")]
    ) { arguments in
        let connection = try ServerConnection(arguments)
        if let type = arguments.operands.first {
            let sample = try await connection.call(.get, "/v1/event-types/\(type.percentEncoded)/sample")
            return arguments.isSet("json") ? Output.json(sample) : Output.line(sample.prettyPrinted())
        }
        let answer = try await connection.call(.get, "/v1/event-types")
        if arguments.isSet("json") { return Output.json(answer) }
        Output.table(["TYPE", "WHEN"], answer.items.map { [$0.text("type"), $0.text("description")] })
    }

    private static let resend = Command(
        name: "resend", summary: "Post past events to a URL of yours, as they were and signed anew.",
        details: """
            What a webhook endpoint should get again is resent by 'thumbwire deliveries resend' or
            'thumbwire webhooks recover'.

            Example:
              thumbwire events resend evt_01kajy4q310rvzkq2j8c5s6d9f --forward-to http://localhost:3000/hook
            """,
        operands: [.init(name: "ID")],
        options: ServerConnection.options + Forwarder.options + [.flag("json", "print JSON lines")]
    ) { arguments in
        try await Resending(arguments).send(arguments.operands)
    }
}
