package import HTTP

/// Judges URLs of endpoints and callbacks when they are given; every attempt judges the address again.
package enum EndpointURL {
    private static let maximumBytes = 2_048

    /// Accepts an `http` or `https` URL whose host has no refused address. A name that does not resolve now is
    /// accepted: it may exist once something is sent.
    ///
    /// - Throws: ``WebhookSetupError`` for what the client can mend; `ClientError` when it was cancelled or the HTTP
    ///   client is shut down.
    package static func validate(_ url: String, policy: AddressPolicy, client: HTTPClient) async throws {
        try checkLength(url)
        do {
            _ = try await client.precheck(url, policy: policy)
        } catch {
            throw setupError(error, url) ?? error
        }
    }

    /// The host of a URL that is well formed.
    package static func host(_ url: String) throws(WebhookSetupError) -> String {
        try checkLength(url)
        do throws(ClientError) {
            return try URLParts(url).host
        } catch {
            throw WebhookSetupError(code: .invalidURL, message: error.description)
        }
    }

    /// The URL without its userinfo, byte for byte otherwise, and what that says; a malformed URL comes back as it is.
    ///
    /// Userinfo is a password as often as not, and URLs are not kept sealed.
    package static func withoutUserinfo(
        _ url: String
    ) -> (url: String, authorization: WebhookSecrets.Authorization?) {
        guard let parts = try? URLParts(url), let user = parts.user,
            let scheme = url.firstRange(of: "://")
        else { return (url, nil) }
        let authority = url[scheme.upperBound...].prefix { !"/?#".contains($0) }
        guard let at = authority.lastIndex(of: "@") else { return (url, nil) }
        let bare = String(url[..<scheme.upperBound]) + String(url[authority.index(after: at)...])
        return (bare, .basic(username: user, password: parts.password ?? ""))
    }

    private static func checkLength(_ url: String) throws(WebhookSetupError) {
        guard url.utf8.count <= maximumBytes else {
            throw WebhookSetupError(
                code: .invalidURL,
                message: "url is \(url.utf8.count) bytes long; the limit is \(maximumBytes)")
        }
    }

    private static func setupError(_ error: ClientError, _ url: String) -> (any Error)? {
        switch error {
        case .invalidURL:
            WebhookSetupError(code: .invalidURL, message: error.description)
        case .blockedAddress(let host, _, AddressPolicy.metadataPurpose):
            WebhookSetupError(
                code: .blockedPrivateAddress,
                message: "url's host \(host) is a cloud's metadata service, where webhooks are never sent")
        case .blockedAddress(let host, _, let purpose):
            WebhookSetupError(
                code: .blockedPrivateAddress,
                message: "url's host \(host) has a refused address (\(purpose)); the operator can allow "
                    + "private hosts with --allow-private-webhooks")
        default: nil
        }
    }
}
