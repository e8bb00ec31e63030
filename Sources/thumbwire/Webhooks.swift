import HTTP
import ThumbwireKit

/// `thumbwire webhooks`: standing subscriptions.
enum Webhooks {
    static let path = "/v1/webhook-endpoints"

    static let command = Command(
        name: "webhooks", summary: "Manage webhook endpoints.",
        subcommands: [
            list, WebhookCreation.command, show, secret, pause, resume, rotateSecret, test, deliveries,
            attempts,
            recover, delete,
        ])

    static let options = ServerConnection.options + [.flag("json", "print JSON")]

    private static let list = Command(name: "list", summary: "List endpoints.", options: options) {
        arguments in
        let answer = try await ServerConnection(arguments).call(.get, path)
        if arguments.isSet("json") { return Output.json(answer) }
        Output.table(
            ["ID", "STATUS", "EVENTS", "URL"],
            answer.items.map { [$0.text("id"), $0.text("status"), $0.text("events"), $0.text("url")] })
    }

    private static let show = one("show", "Show one endpoint.", .get)
    private static let secret = one("secret", "Show the secret that signs its deliveries.", .get, "/secret")
    private static let pause = one("pause", "Keep its events and send none.", .post, "/pause")
    private static let resume = one(
        "resume", "Send its events again; enables a disabled one.", .post, "/resume")

    private static let rotateSecret = one(
        "rotate-secret", "Give it a new secret; the old one goes on signing for a while.", .post,
        "/rotate-secret",
        details: "Example:\n  thumbwire webhooks rotate-secret ep_01kahzr1m8t2d5k0q9w4x7y3bn --overlap 1d",
        options: [
            .value(
                "overlap", "TIME", "how long the old one is valid besides, 0 to 7d (1d)"),
            .value("secret", "WHSEC", "the new secret (a random one)"),
        ]
    ) { arguments in
        var body: JSONObject = [:]
        if let overlap = try arguments.duration("overlap") {
            body["overlapSeconds"] = .integer(overlap.components.seconds)
        }
        body["secret"] = arguments.value("secret").map { .string($0) }
        return .object(body)
    }

    private static let test = one(
        "test", "Send it a test event, or a sample of any type.", .post, "/test",
        options: [.value("type", "TYPE", "the type (webhook.test)")]
    ) { arguments in
        arguments.value("type").map { ["type": .string($0)] }
    }

    private static let recover = one(
        "recover", "Send past events once more: those that failed, those it missed, or all.", .post,
        "/recover",
        details:
            "Example:\n  thumbwire webhooks recover ep_01kahzr1m8t2d5k0q9w4x7y3bn --since 6h --scope failed",
        options: [
            .value("since", "TIME", "from that moment on (2h, 2026-11-21T12:00:00Z)"),
            .value("until", "TIME", "up to that moment (now)"),
            .value("scope", "failed|missing|all", "which ones (missing)"),
        ]
    ) { arguments in
        guard let since = try arguments.moment("since") else {
            throw UsageError("option --since is required")
        }
        var body: JSONObject = ["since": .string(since.description)]
        body["until"] = try arguments.moment("until").map { .string($0.description) }
        body["scope"] = try arguments.choice("scope", of: ["failed", "missing", "all"]).map { .string($0) }
        return .object(body)
    }

    private static let deliveries = Command(
        name: "deliveries", summary: "List an endpoint's deliveries, newest first.",
        operands: [.init(name: "ID")], options: Deliveries.filters + options
    ) { arguments in
        try await Deliveries.list(arguments, path: endpointPath(arguments) + "/deliveries")
    }

    private static let attempts = Command(
        name: "attempts", summary: "List an endpoint's attempts, newest first.",
        details: "Example:\n  thumbwire webhooks attempts ep_01kahzr1m8t2d5k0q9w4x7y3bn --status-code 5xx",
        operands: [.init(name: "ID")],
        options: [
            .value("error", "CODE", "attempts that ended with this error"),
            .value("min-duration", "TIME", "attempts that took at least so long"),
        ] + Deliveries.part + options
    ) { arguments in
        var query = try Deliveries.part(arguments)
        query.add("error", arguments.value("error"))
        if let shortest = try arguments.duration("min-duration") {
            query.add("minDurationMs", "\(shortest.wholeMicroseconds / 1_000)")
        }
        let answer = try await ServerConnection(arguments).call(
            .get, endpointPath(arguments) + "/attempts" + query.text)
        arguments.isSet("json") ? Output.json(answer) : Deliveries.printAttempts(answer)
    }

    private static let delete = Command(
        name: "delete", summary: "Delete an endpoint.", operands: [.init(name: "ID")], options: options
    ) { arguments in
        _ = try await ServerConnection(arguments).call(.delete, endpointPath(arguments))
        let id = arguments.operands[0]
        arguments.isSet("json")
            ? Output.json(["id": .string(id), "deleted": true]) : Output.line("deleted \(id)".printable)
    }

    /// A command that is one request about one endpoint, and prints what the server answers.
    private static func one(
        _ name: String, _ summary: String, _ method: Method, _ suffix: String = "", details: String? = nil,
        options more: [OptionSpec] = [],
        body: @escaping @Sendable (Arguments) throws -> JSONValue? = { _ in nil }
    ) -> Command {
        Command(
            name: name, summary: summary, details: details, operands: [.init(name: "ID")],
            options: more + options
        ) { arguments in
            let answer = try await ServerConnection(arguments).call(
                method, endpointPath(arguments) + suffix, body: try body(arguments))
            arguments.isSet("json") ? Output.json(answer) : Output.line(answer.prettyPrinted())
        }
    }

    private static func endpointPath(_ arguments: Arguments) -> String {
        "\(path)/\(arguments.operands[0].percentEncoded)"
    }
}
