import HTTP
import Imaging
import Persistence
import Testing
import ThumbwireKit

/// A request that makes something, and another one to the same route.
struct Asked: Sendable, CustomTestStringConvertible {
    var testDescription: String { pattern }
    /// The route, `{id}` being that of an endpoint, or of the account.
    var pattern: String
    var body = ""
    var other = ""
    /// Members of the answer that may differ from time to time.
    var fleeting: Set<String> = []

    static let testEvent = Asked(
        pattern: "/v1/webhook-endpoints/{id}/test", body: "{}", other: #"{"type":"thumbnail.queued"}"#)

    static let all = [
        Asked(pattern: "/v1/jobs", body: #"{"title":"A"}"#, other: #"{"title":"B"}"#),
        Asked(
            pattern: "/v1/webhook-endpoints", body: #"{"url":"https://93.184.215.14/"}"#,
            other: #"{"url":"https://93.184.215.14/b"}"#),
        testEvent,
        Asked(
            pattern: "/v1/webhook-endpoints/{id}/recover",
            body: #"{"since":"2026-11-21T00:00:00Z","scope":"all"}"#,
            other: #"{"since":"2026-11-21T01:00:00Z","scope":"all"}"#),
        Asked(
            pattern: "/v1/keys", body: #"{"name":"A"}"#, other: #"{"name":"B"}"#, fleeting: ["key"]),
        Asked(
            pattern: "/v1/accounts", body: #"{"name":"A","credits":7}"#, other: #"{"name":"A","credits":8}"#),
        Asked(pattern: "/v1/accounts/{id}/credits", body: #"{"amount":7}"#, other: #"{"amount":8}"#),
        Asked(pattern: "/v1/uploads"),
        Asked(
            pattern: "/api/v1/thumbnail/generate",
            body: #"{"manualTitle":"T","colorGrading":"Warm","layoutType":"TextLeft"}"#,
            other: #"{"manualTitle":"U","colorGrading":"Warm","layoutType":"TextLeft"}"#, fleeting: ["meta"]),
        Asked(
            pattern: "/api/v1/thumbnail/generate-background",
            body: #"{"manualTitle":"T"}"#,
            other: #"{"manualTitle":"U"}"#, fleeting: ["meta"]),
        Asked(
            pattern: "/api/generative-jobs",
            body: #"{"sourceUri":"https://www.youtube.com/watch?v=dQw4w9WgXcQ"}"#,
            other: #"{"sourceUri":"https://www.youtube.com/watch?v=dQw4w9WgXcR"}"#),
        Asked(
            pattern: "/api/upload-links",
            body: #"{"usecase":"FreeToolMedia","type":"Upload","extension":"png"}"#,
            other: #"{"usecase":"FreeToolMedia","type":"Upload","extension":"jpg"}"#, fleeting: ["url"]),
    ]

    /// The answer without what differs from time to time.
    func essence(_ response: Response) throws -> JSONObject {
        var object = try response.json().object ?? [:]
        for name in fleeting { object[name] = nil }
        return object
    }
}

extension Service {
    /// Asks with an idempotency key, an admin's for what only admins make.
    func keyed(
        _ method: Method, _ path: String, query: [(String, String)] = [], key: String = Service.key,
        body: String? = nil, bytes: [UInt8]? = nil, type: String? = nil
    ) async throws -> Response {
        var headers: Headers = ["Idempotency-Key": "k"]
        headers["Content-Type"] = type
        return try await send(
            method, path, query: query, headers: headers,
            key: path.hasPrefix("/v1/accounts") ? Service.adminKey : key, body: body, bytes: bytes)
    }

    func keyed(
        _ method: Method, _ path: String, asked: Asked, changed: Bool = false
    ) async throws -> Response {
        guard asked.pattern == "/v1/uploads" else {
            return try await keyed(method, path, body: changed ? asked.other : asked.body)
        }
        let picture = try ImageFormat.png.picture(grey: changed ? 3 : 4)
        return try await keyed(method, path, bytes: picture, type: "image/png")
    }

    /// The path to ask, with an endpoint where it names one.
    func path(of asked: Asked) async throws -> String {
        guard asked.pattern.contains("{id}") else { return asked.pattern }
        guard asked.pattern.hasPrefix("/v1/webhook") else {
            return asked.pattern.replacing("{id}", with: account.id.rawValue)
        }
        let made = try await send(
            .post, "/v1/webhook-endpoints", body: #"{"url":"https://93.184.215.14/hook"}"#)
        let id = try #require(try made.json()["id"]?.string)
        _ = try await makeJob()
        try await engine.finish(.completed)
        return asked.pattern.replacing("{id}", with: id)
    }

    /// Everything that requests make, counted.
    func thingsMade() async throws -> [String: Int] {
        let deliveries = try await store.deliveries(DeliveryQuery(account: account.id, limit: 100)).items
        return [
            "jobs": engine.jobs.count, "accounts": try await store.accounts().count,
            "endpoints": try await store.endpoints(of: account.id).count,
            "keys": try await store.keys(of: account.id).count,
            "events": try await store.events(EventQuery(account: account.id)).count,
            "pending": deliveries.filter { $0.status == .pending }.count,
            "lines": try await store.ledger(of: account.id, limit: 100, cursor: nil).items.count,
        ]
    }
}
