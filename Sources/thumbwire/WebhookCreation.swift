import Foundation
import HTTP
import ThumbwireKit

/// `thumbwire webhooks create`.
enum WebhookCreation {
    static let command = Command(
        name: "create", summary: "Create an endpoint and print its signing secret.",
        details: """
            --from takes every field of POST /v1/webhook-endpoints, such as authorization and retry; options override
            it. Secrets are better there than on the command line, which every process of this machine sees.

            Examples:
              thumbwire webhooks create --url https://example.com/hook --events thumbnail.completed
              thumbwire webhooks create --url https://example.com/hook --metadata source=cms --ordered
              thumbwire webhooks create --url https://example.com/hook --header "X-Token: abc" --signature github
              thumbwire webhooks create --from endpoint.json
            """,
        options: [
            .value("url", "URL", "where events are posted"),
            .value("from", "FILE", "the fields as JSON, - for standard input"),
            .list("events", "TYPE,...", "event types (the ones that end a job)"),
            .value("description", "TEXT", "a note for people"),
            .list("chain", "NAME,...", "only events of jobs of these chains"),
            .list("session", "ID,...", "only events of jobs of these sessions"),
            .list("metadata", "NAME=VALUE", "only events of jobs whose metadata has this text"),
            .value("signature", "PROFILE", "standard, standard+v1a, github or stripe"),
            .value("secret", "WHSEC", "a secret of yours (a random one)"),
            .list("header", "NAME: VALUE", "sent with every delivery, kept secret"),
            .value("envelope", "FORM", "standard, cloudevents or cloudevents-binary"),
            .value("format", "job|face", "whose document the data is"),
            .list("rests", "TIME,...", "rests between attempts (5s,30s,5m,30m,2h,5h,10h,14h,20h,24h)"),
            .value("max-in-flight", "N", "attempts at a time, 1 to 64"),
            .value("rate", "N", "attempts a second"),
            .flag("ordered", "one event at a time, in order"),
            .value("expires", "MOMENT", "remove it then (2026-12-31T00:00:00Z)"),
        ] + Webhooks.options
    ) { arguments in
        let body = try fields(arguments)
        guard body["url"] != nil || body["targetUrl"] != nil else {
            throw UsageError("option --url is required")
        }
        let (status, endpoint) = try await ServerConnection(arguments)
            .answer(.post, Webhooks.path, body: .object(body))
        if status == 200 {
            Output.note("an endpoint with that URL and those events was there already; it stays as it is")
        }
        if arguments.isSet("json") { return Output.json(endpoint) }
        Output.line("id      \(endpoint.text("id"))".printable)
        Output.line("secret  \(endpoint.text("secret"))".printable)
    }

    private static let words = [
        ("url", "url"), ("description", "description"), ("secret", "secret"), ("envelope", "envelope"),
        ("format", "format"), ("expires", "expirationDate"),
    ]

    private static func fields(_ arguments: Arguments) throws -> JSONObject {
        var body = try arguments.value("from").map(read) ?? [:]
        for (option, member) in words {
            if let text = arguments.value(option) { body[member] = .string(text) }
        }
        if arguments.isGiven("events") { body["events"] = strings(arguments.list("events")) }
        if let signature = arguments.value("signature") {
            body["signing"] = .object(merged(body["signing"], ["signature": .string(signature)]))
        }
        if let rests = try arguments.durations("rests") {
            body["retry"] = .object(
                merged(body["retry"], ["rests": .array(rests.map(seconds))]))
        }
        if let limit = try arguments.integer("max-in-flight", in: 1...64) {
            body["maxInFlight"] = .integer(Int64(limit))
        }
        if let text = arguments.value("rate") {
            guard let rate = Double(text), rate > 0, rate.isFinite else {
                throw UsageError("option --rate must be a number above 0, not \"\(text)\"")
            }
            body["ratePerSecond"] = .number(rate)
        }
        if arguments.isSet("ordered") { body["ordered"] = true }
        let filters = try filters(arguments)
        if !filters.isEmpty { body["filters"] = .object(merged(body["filters"], filters)) }
        let headers = try pairs(arguments, "header", separator: ":")
        if !headers.isEmpty { body["headers"] = .object(merged(body["headers"], headers)) }
        return body
    }

    private static func filters(_ arguments: Arguments) throws -> JSONObject {
        var filters: JSONObject = [:]
        if arguments.isGiven("chain") { filters["chains"] = strings(arguments.list("chain")) }
        if arguments.isGiven("session") { filters["sessions"] = strings(arguments.list("session")) }
        let metadata = try pairs(arguments, "metadata", separator: "=")
        if !metadata.isEmpty { filters["metadata"] = .object(metadata) }
        return filters
    }

    /// Options of the form name, separator, value; what is secret in them is not repeated.
    private static func pairs(
        _ arguments: Arguments, _ option: String, separator: Character
    ) throws(UsageError) -> JSONObject {
        var object: JSONObject = [:]
        for text in arguments.all(option) {
            let parts = text.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts[0].trimmingCharacters(in: .whitespaces)
            guard parts.count == 2, !name.isEmpty else {
                throw UsageError("option --\(option) has the form NAME\(separator)VALUE")
            }
            object[name] = .string(parts[1].trimmingCharacters(in: .whitespaces))
        }
        return object
    }

    private static func merged(_ known: JSONValue?, _ more: JSONObject) -> JSONObject {
        var object = known?.object ?? [:]
        for member in more.members { object[member.name] = member.value }
        return object
    }

    private static func seconds(_ rest: Duration) -> JSONValue {
        rest == .seconds(rest.components.seconds)
            ? .integer(rest.components.seconds) : .number(rest.inSeconds)
    }

    private static func strings(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }

    private static func read(_ file: String) throws -> JSONObject {
        let data =
            file == "-"
            ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: file)
        guard let data else { throw UsageError("option --from: cannot read \(file)") }
        do {
            if let object = try JSONValue(parsing: Array(data)).object { return object }
        } catch {
            throw UsageError("option --from: \(file) is not JSON: \(error)")
        }
        throw UsageError("option --from: \(file) holds no JSON object")
    }
}
