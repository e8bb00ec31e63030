/// A request method (RFC 9110 §9).
package enum Method: String, Sendable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"
}

/// A request that the server has read in full.
package struct Request: Sendable {
    /// Unique per request; the server sends it back as `X-Request-Id` and every log line of the request has it.
    package var id: String
    package var method: Method
    /// The path without query, percent-decoded segment by segment (a `%2F` stays inside its segment).
    package var path: String
    /// Decoded query items in order; a name without `=` has an empty value.
    package var query: [(name: String, value: String)]
    package var headers: Headers
    package var body: [UInt8]
    /// The numeric address of the peer, without port.
    package var remoteAddress: String
    /// What the router read from `{name}` segments of the route's pattern.
    package var parameters: [String: String]

    package init(
        id: String = "", method: Method, path: String, query: [(name: String, value: String)] = [],
        headers: Headers = [:], body: [UInt8] = [], remoteAddress: String = "127.0.0.1",
        parameters: [String: String] = [:]
    ) {
        self.id = id
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
        self.parameters = parameters
    }

    /// The first value of that query item, or `nil` when the query lacks it.
    package func query(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }
}
