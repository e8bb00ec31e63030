internal import HTTP
internal import ThumbwireKit

/// The requests of one look-up: each has its own limit, and all of them together end at one moment.
struct LookupFetch: Sendable {
    /// Each hop is resolved and judged again.
    static let maximumRedirects = 3

    let client: HTTPClient
    /// For the URLs that tenants wrote.
    let policy: AddressPolicy
    let clock: any WallClock
    let end: Timestamp
    let requestTime: Duration

    /// Pages that are longer come cut off at the limit.
    func get(
        _ url: String, accept: String, policy: AddressPolicy, atMost limit: Int,
        overflow: OutboundRequest.Overflow = .truncate, followRedirects: Int = 0
    ) async throws(ClientError) -> OutboundResponse {
        let left = min(requestTime, end - clock.now())
        guard left > .zero else { throw .timeout(.connecting) }
        return try await client.send(
            OutboundRequest(
                url: url, headers: ["Accept": accept, "Accept-Language": "en, *;q=0.5"], deadline: left,
                maximumResponseBytes: limit, overflow: overflow, followRedirects: followRedirects),
            policy: policy)
    }

    /// Public addresses, and those of the host that the operator wrote.
    func policy(allowingHostOf base: String) -> AddressPolicy {
        guard let host = try? OutboundRequest(url: base).host() else { return .public }
        return (try? AddressPolicy.allowing([host])) ?? .public
    }
}

extension OutboundResponse {
    /// The declared media type without parameters, in lower case.
    var mediaType: String? {
        headers["Content-Type"]?.split(separator: ";").first.map {
            $0.filter { !$0.isWhitespace }.lowercased()
        }
    }
}

extension ClientError {
    /// What the operator can do about it, to follow the description.
    var remedy: String {
        if case .blockedAddress = self {
            "; the operator can allow it with --allow-private-sources"
        } else {
            ""
        }
    }
}
