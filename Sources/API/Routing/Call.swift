import Documents
import HTTP
import ThumbwireKit

/// A request with the key that it came with.
struct Call: Sendable {
    let request: Request
    let key: APIKey
    let context: APIContext
    let keys: KeyRing

    var account: AccountID { key.account }

    /// How the key stands in its minute, this request counted; `nil` where it has no limit.
    var rate: RateStanding? { keys.rate(of: key) }

    var isAdmin: Bool { key.scopes.contains(.admin) }

    /// A `{name}` segment of the path.
    func parameter(_ name: String) -> String {
        request.parameters[name] ?? ""
    }

    func jobID() -> JobID { JobID(rawValue: parameter("id")) }

    /// The body as JSON; `limit` is in bytes where the route has one of its own.
    func body(limit: Int? = nil) throws(Problem) -> JSONValue {
        try jsonBody(of: request, limit: limit ?? context.limits.bodyBytes)
    }
}

/// The body as JSON; throws for another media type, for too many bytes and for what is not JSON.
func jsonBody(of request: Request, limit: Int) throws(Problem) -> JSONValue {
    let mediaType = request.headers["Content-Type"] ?? ""
    guard isJSON(mediaType) else {
        let shown = mediaType.isEmpty ? "missing" : "\"\(mediaType.prefix(100))\""
        throw Problem(.mediaTypeUnsupported, "Content-Type is \(shown), expected application/json")
    }
    guard request.body.count <= limit else {
        throw Problem(.bodyTooLarge, "the body is longer than \(limit) bytes")
    }
    do throws(JSONSyntaxError) {
        return try JSONValue(parsing: request.body)
    } catch {
        throw Problem(.jsonMalformed, error.description)
    }
}

/// `application/json`, where its charset, if it names one, is UTF-8 (RFC 8259 §8.1).
private func isJSON(_ mediaType: String) -> Bool {
    if mediaType == "application/json" { return true }
    let parts = mediaType.lowercased().split(separator: ";").map { part in
        part.filter { !" \t\"".contains($0) }
    }
    guard parts.first == "application/json" else { return false }
    return parts.dropFirst().allSatisfy { !$0.hasPrefix("charset=") || $0 == "charset=utf-8" }
}
