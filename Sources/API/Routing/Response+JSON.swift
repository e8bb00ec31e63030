import Documents
import HTTP
import ThumbwireKit

extension Response {
    /// A JSON body, which no cache keeps.
    static func json(_ status: Int, _ value: JSONValue, headers: Headers = [:]) -> Response {
        json(status, bytes: value.serialized(), headers: headers)
    }

    /// JSON text as it is stored.
    static func json(_ status: Int, bytes: [UInt8], headers: Headers = [:]) -> Response {
        var headers = headers
        if headers["Content-Type"] == nil { headers["Content-Type"] = "application/json" }
        headers["Cache-Control"] = "no-store"
        headers["X-Content-Type-Options"] = "nosniff"
        return Response(status: status, headers: headers, body: .bytes(bytes))
    }

    /// Part of a list.
    static func list(_ items: [JSONValue], next: String? = nil) -> Response {
        .json(200, ["data": .array(items), "next": next.json])
    }

    /// An error on the native face (RFC 9457).
    static func problem(_ problem: Problem) -> Response {
        let status = problem.code.row.status
        var headers = problem.headers(status: status)
        headers["Content-Type"] = "application/problem+json"
        return .json(status, problem.json(), headers: headers)
    }
}

extension Problem {
    /// What the protocol wants beside status and body.
    func headers(status: Int) -> Headers {
        var headers: Headers = [:]
        if status == 401 { headers["WWW-Authenticate"] = "Bearer realm=\"thumbwire\"" }
        if let retryAfter { headers["Retry-After"] = "\(retryAfter.fullSeconds)" }
        return headers
    }
}
