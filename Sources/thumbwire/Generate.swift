import Foundation
import HTTP
import ThumbwireKit

/// `thumbwire generate`: one job from request to picture.
enum Generate {
    static let command = Command(
        name: "generate", summary: "Make one thumbnail and write its pictures.",
        details: """
            Without --server the job runs in this process, with a temporary store and no key. Printed are the
            paths of the pictures, or with --json the job's document with a member "files".
            """,
        options: [
            .value("title", "TEXT", "the text on the picture"),
            .value("prompt", "TEXT", "what the background shows"),
            .value("grading", "NAME", "None, Warm, Cool, Cinematic, Vintage, Desaturated or Neon"),
            .value("layout", "NAME", "TextLeft, TextRight, TextCenter, TextBottom or FullBleed"),
            .value("resolution", "WxH", "such as 1280x720 (the default) or 1080x1920"),
            .value("source-image", "URL", "a photo to compose on"),
            .value("variants", "N", "how many different pictures, 1 to 10"),
            .value("chain", "NAME", "the chain of plugins"),
            .value("output", "FILE|DIR", "where the pictures go (the current folder)"),
            .value("server", "URL", "run the job at this server").orEnvironment(),
            .value("key", "KEY", "API key of that server").orEnvironment(),
            .value("plugins", "FILE", "providers and chains of a run without a server").orEnvironment(),
            .list("allow-private-sources", "HOST|CIDR,...", "private addresses that --source-image may be at")
                .orEnvironment(),
            .flag("json", "print JSON"),
        ]
    ) { arguments in
        let body = try request(arguments)
        if arguments.value("server") != nil {
            try await run(body, at: try ServerConnection(arguments), arguments)
        } else {
            try await LocalService.with(arguments) { server in try await run(body, at: server, arguments) }
        }
    }

    private static func request(_ arguments: Arguments) throws(UsageError) -> JSONValue {
        let names = [
            "title": "title", "prompt": "prompt", "grading": "colorGrading", "layout": "layoutType",
            "resolution": "resolution", "source-image": "sourceImageUrl", "chain": "chain",
        ]
        var body: JSONObject = [:]
        for (option, member) in names.sorted(by: { $0.key < $1.key }) {
            body[member] = arguments.value(option).map { .string($0) }
        }
        body["variants"] = try arguments.integer("variants", in: 1...10).map { .integer(Int64($0)) }
        guard body["title"] != nil || body["prompt"] != nil || body["sourceImageUrl"] != nil else {
            throw UsageError("give at least one of --title, --prompt and --source-image")
        }
        return .object(body)
    }

    private static func run(
        _ body: JSONValue, at server: ServerConnection, _ arguments: Arguments
    ) async throws {
        let isJSON = arguments.isSet("json")
        let display = ProgressDisplay(isBar: Output.isTerminal && !isJSON)
        let accepted = try await server.call(.post, "/v1/jobs", body: body)
        let job = try await JobFollower(server: server, display: display).follow(accepted)
        display.finish()
        guard job["status"]?.string == "completed" else { throw CommandFailure(failure(of: job)) }

        let files = try await PictureFiles(
            destination: arguments.value("output") ?? ".", client: server.client
        )
        .save(job)
        guard isJSON, var document = job.object else {
            for file in files { Output.line(file) }
            return
        }
        document["files"] = .array(files.map { .string($0) })
        Output.json(.object(document))
    }

    private static func failure(of job: JSONValue) -> String {
        let id = job["id"]?.string ?? "job"
        let status = job["status"]?.string ?? "unknown"
        guard let error = job["error"], let code = error["code"]?.string else { return "\(id) is \(status)" }
        return "\(id) is \(status): \(code): \(error["message"]?.string ?? "no message")"
    }
}
