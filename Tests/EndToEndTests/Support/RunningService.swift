import HTTP
import TestSupport
import ThumbwireKit

/// `thumbwire serve` on a free port, and its API as a client with the admin key uses it.
struct RunningService: Sendable {
    static let key = "e2e-admin-key-0123456789"

    let tool: ToolProcess
    let url: String
    let folder: TemporaryFolder
    let client: HTTPClient

    /// Starts on a new data folder, or on that of a service before; port 0 takes a free one.
    ///
    /// YouTube is what the test serves; otherwise nobody answers there, so that no test leaves the machine.
    static func start(
        on folder: TemporaryFolder? = nil, port: Int = 0, youTube: String = "http://127.0.0.1:1",
        environment: [String: String] = [:],
        _ options: String...
    ) async throws -> RunningService {
        let folder = try folder ?? TemporaryFolder()
        let words = ["serve", "--listen", "127.0.0.1:\(port)", "--data", folder.path + "/data"] + options
        let tool = try ToolProcess(
            words,
            environment: environment.merging(
                ["THUMBWIRE_ADMIN_KEY": key, "THUMBWIRE_YOUTUBE_BASE": youTube]
            ) { $1 },
            in: folder.path)
        guard let url = try await tool.line("listening")["url"]?.string else {
            throw NeverHappened(what: "a listening line with a url")
        }
        return RunningService(tool: tool, url: url, folder: folder, client: try HTTPClient())
    }

    /// Lets webhooks go to receivers of the test.
    static func startForLoopback(on folder: TemporaryFolder? = nil) async throws -> RunningService {
        try await start(
            on: folder, "--allow-private-webhooks", "127.0.0.1", "--allow-private-sources", "127.0.0.1")
    }

    var port: Int { url.split(separator: ":").last.flatMap { Int($0) } ?? 0 }

    func get(_ path: String) async throws -> Answer {
        try await send(.get, path)
    }

    func post(_ path: String, _ body: JSONValue, headers: Headers = [:]) async throws -> Answer {
        try await send(.post, path, headers: headers, body: body.serialized())
    }

    /// Sends with the admin key unless the headers have one.
    func send(
        _ method: Method, _ path: String, headers: Headers = [:], body: [UInt8] = []
    ) async throws -> Answer {
        var headers = headers
        if headers["Authorization"] == nil, headers["X-Soke-Key"] == nil {
            headers["Authorization"] = "Bearer \(Self.key)"
        }
        if headers["Content-Type"] == nil, !body.isEmpty { headers["Content-Type"] = "application/json" }
        return try await sendAsIs(method, path, headers: headers, body: body)
    }

    /// Sends without adding anything.
    func sendAsIs(
        _ method: Method, _ path: String, headers: Headers, body: [UInt8] = []
    ) async throws -> Answer {
        let link = path.hasPrefix("http") ? path : url + path
        let request = OutboundRequest(
            method: method, url: link, headers: headers, body: body, deadline: .seconds(300),
            maximumResponseBytes: 32 << 20)
        return Answer(try await client.send(request, policy: .unrestricted))
    }

    /// The job once it has ended.
    func finished(_ id: String) async throws -> JSONValue {
        try await eventually("job \(id) ends") {
            let job = try await get("/v1/jobs/\(id)?wait=20").json
            let isEnded = job["status"]?.string.flatMap(JobState.init)?.isTerminal ?? false
            // `nil` alone would be JSON's null here.
            return isEnded ? job : JSONValue?.none
        }
    }

    /// Makes an endpoint for that URL.
    func subscribe(_ link: String) async throws -> (id: String, secret: String) {
        let answer = try await post("/v1/webhook-endpoints", ["url": .string(link)])
        guard let id = answer.json["id"]?.string, let secret = answer.json["secret"]?.string else {
            throw NeverHappened(what: "an endpoint with id and secret: \(answer.status) \(answer.text)")
        }
        return (id, secret)
    }
}

extension JSONValue {
    /// A job small enough to take no time in a debug build, with more members if need be.
    static func job(_ title: String, _ more: JSONObject = [:]) -> JSONValue {
        var body: JSONObject = ["title": .string(title), "resolution": "320x180"]
        for member in more.members { body[member.name] = member.value }
        return .object(body)
    }
}

/// What the service answered.
struct Answer: Sendable {
    let status: Int
    let headers: Headers
    let body: [UInt8]

    init(_ response: OutboundResponse) {
        status = response.status
        headers = response.headers
        body = response.body
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON; `null` where it is none.
    var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
}
