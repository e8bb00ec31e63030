/// Why the server itself answers a request instead of a handler.
///
/// The server's owner gives each its body, so that every error of one API has one shape; `status` and the
/// headers that the protocol demands are set by the server if the owner's response lacks them.
package enum ServerError: Error, Sendable, Equatable {
    case notFound
    /// The path exists with these methods.
    case methodNotAllowed([Method])
    /// The body is longer than this many bytes.
    case bodyTooLarge(limit: Int)
    /// The request breaks the protocol or is ambiguous.
    case badRequest(reason: String)
    /// The head is longer than this many bytes. A head much longer is refused by libmicrohttpd itself, with
    /// 431 or 414 and an HTML body.
    case headersTooLarge(limit: Int)
    /// There are more header fields than this.
    case tooManyHeaders(limit: Int)
    /// The request was not complete within this long.
    case timeout(after: Duration)
    /// A method that the server does not know; `Request.method` is `get` then.
    case unknownMethod(String)
    case unsupportedVersion(String)
    /// Too many requests wait already, or the server is stopping.
    case overloaded(retryAfter: Duration)
    /// A handler's response cannot be sent.
    case invalidResponse(reason: String)

    /// The status that belongs to the error (RFC 9110 §15).
    package var status: Int {
        switch self {
        case .notFound: 404
        case .methodNotAllowed: 405
        case .bodyTooLarge: 413
        case .badRequest: 400
        case .headersTooLarge, .tooManyHeaders: 431
        case .timeout: 408
        case .unknownMethod: 501
        case .unsupportedVersion: 505
        case .overloaded: 503
        case .invalidResponse: 500
        }
    }

    /// The headers that the protocol demands beside the status.
    var headers: Headers {
        switch self {
        case .methodNotAllowed(let methods): ["Allow": Router.allowValue(methods)]
        case .overloaded(let delay): ["Retry-After": "\(max(1, delay.components.seconds))"]
        default: [:]
        }
    }

    /// A sentence for people, without a full stop.
    package var message: String {
        switch self {
        case .notFound: "nothing is at this path"
        case .methodNotAllowed(let methods): "the path takes \(Router.allowValue(methods))"
        case .bodyTooLarge(let limit): "the body is longer than \(limit) bytes"
        case .badRequest(let reason): reason
        case .headersTooLarge(let limit): "the request's head is longer than \(limit) bytes"
        case .tooManyHeaders(let limit): "the request has more than \(limit) header fields"
        case .timeout(let limit): "the request was not complete within \(limit)"
        case .unknownMethod(let method): "method \(method) is unknown"
        case .unsupportedVersion(let version): "\(version) is not HTTP/1.0 or HTTP/1.1"
        case .overloaded: "too many requests are waiting"
        case .invalidResponse(let reason): "the response cannot be sent: \(reason)"
        }
    }
}
