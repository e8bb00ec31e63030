/// Why a request got no answer.
package enum ClientError: Error, Sendable, Equatable {
    /// What a request was doing when its time was over.
    package enum Phase: String, Sendable {
        case connecting
        case handshake
        case awaitingResponse = "awaiting_response"
        case readingBody = "reading_body"
    }

    case invalidURL(String)
    /// The request itself cannot be sent: a header that the client owns, or a line break in a value.
    case invalidRequest(String)
    /// The policy refuses an address of the host. `address` is for the operator's log, not for tenants.
    case blockedAddress(host: String, address: IPAddress, purpose: String)
    case dnsFailure(host: String, reason: String)
    case dnsTimeout(host: String)
    case connectFailed(host: String, reason: String)
    case tlsFailed(host: String, reason: String)
    case timeout(Phase)
    case responseTooLarge(limit: Int)
    case tooManyRedirects(limit: Int)
    /// The connection ended after the request may have been sent: whether the server acted on it is unknown.
    case connectionLost
    case protocolError(String)
    /// This machine has no descriptor or memory left for it; nothing was sent.
    case outOfResources(String)
    case cancelled
    case shutdown

    /// Stable, for documents and logs.
    package var code: String {
        switch self {
        case .invalidURL: "invalid_url"
        case .invalidRequest: "invalid_request"
        case .blockedAddress: "blocked_address"
        case .dnsFailure: "dns_failure"
        case .dnsTimeout: "dns_timeout"
        case .connectFailed: "connect_failed"
        case .tlsFailed: "tls_failed"
        case .timeout: "timeout"
        case .responseTooLarge: "response_too_large"
        case .tooManyRedirects: "too_many_redirects"
        case .connectionLost: "connection_lost"
        case .protocolError: "protocol_error"
        case .outOfResources: "out_of_resources"
        case .cancelled: "cancelled"
        case .shutdown: "shutdown"
        }
    }
}

extension ClientError: CustomStringConvertible {
    /// Safe to show to the URL's author: it names the host, never the address behind it.
    package var description: String {
        switch self {
        case .invalidURL(let reason): "url is invalid: \(reason)"
        case .invalidRequest(let reason): "request is invalid: \(reason)"
        case .blockedAddress(let host, _, let purpose): "host \(host) has a refused address (\(purpose))"
        case .dnsFailure(let host, let reason): "host \(host) does not resolve: \(reason)"
        case .dnsTimeout(let host): "host \(host) does not resolve in time"
        case .connectFailed(let host, let reason): "no connection to \(host): \(reason)"
        case .tlsFailed(let host, let reason): "no secure connection to \(host): \(reason)"
        case .timeout(let phase): "out of time while \(phase.text)"
        case .responseTooLarge(let limit): "response is larger than \(limit) bytes"
        case .tooManyRedirects(let limit): "more than \(limit) redirects"
        case .connectionLost: "connection ended before the response was complete"
        case .protocolError(let reason): "response is not valid HTTP: \(reason)"
        case .outOfResources(let what): "request was not sent: \(what)"
        case .cancelled: "request was cancelled"
        case .shutdown: "client is shut down"
        }
    }
}

extension ClientError.Phase {
    fileprivate var text: String {
        switch self {
        case .connecting: "connecting"
        case .handshake: "securing the connection"
        case .awaitingResponse: "waiting for the response"
        case .readingBody: "reading the response body"
        }
    }
}
