package import Documents
package import HTTP
internal import Signing
internal import ThumbwireKit

/// Asks a URL whether it wants to be called, before an endpoint is made of it.
///
/// `X-Hook-Secret` is what REST hooks do; the other is CloudEvents' "HTTP 1.1 Web Hooks for Event Delivery" 1.0.2, §4.
package struct Handshake: Sendable {
    private static let deadline: Duration = .seconds(8)
    private static let connectTimeout: Duration = .seconds(4)
    private static let hookSecret = "X-Hook-Secret"
    private static let secretBytes = 16

    private let client: HTTPClient
    private let policy: AddressPolicy
    /// The name that CloudEvents' receivers know us by.
    private let origin: String

    /// Handshakes in the name of the service at `publicURL`.
    package init(client: HTTPClient, policy: AddressPolicy, publicURL: String) {
        self.client = client
        self.policy = policy
        origin = (try? EndpointURL.host(publicURL)) ?? publicURL
    }

    /// Shakes hands; where the receiver sets a rate, the endpoint keeps to it. The endpoint's own headers are sent.
    ///
    /// - Throws: ``WebhookSetupError`` saying what was expected; `ClientError` when it was cancelled or the HTTP client
    ///   is shut down.
    package func perform(_ kind: EndpointRequest.Handshake, with setup: inout EndpointSetup) async throws {
        switch kind {
        case .hookSecret: try await exchangeSecret(setup)
        case .cloudEvents:
            setup.endpoint.sending.ratePerSecond = try await askPermission(setup)
        }
    }

    private func exchangeSecret(_ setup: EndpointSetup) async throws {
        let secret = hexadecimal(randomBytes(Self.secretBytes))
        let response = try await send(.post, [(Self.hookSecret, secret)], setup)
        let expected = "expected a 2xx whose header \(Self.hookSecret) repeats that of the request"
        guard (200..<300).contains(response.status) else {
            throw refusal("answered \(response.status); \(expected)")
        }
        guard response.headers[Self.hookSecret] == secret else {
            let isThere = response.headers[Self.hookSecret] != nil
            throw refusal("answered \(isThere ? "with another secret" : "without the header"); \(expected)")
        }
    }

    /// The rate per second from now on; `nil` is no limit.
    private func askPermission(_ setup: EndpointSetup) async throws -> Double? {
        let wanted = setup.endpoint.sending.ratePerSecond
        var headers = [("WebHook-Request-Origin", origin)]
        if let wanted {
            headers.append(("WebHook-Request-Rate", "\(Int((wanted * 60).rounded(.up)))"))
        }
        let response = try await send(.options, headers, setup)
        let expected = "expected a 2xx with the header WebHook-Allowed-Origin: \(origin), or *"
        guard (200..<300).contains(response.status) else {
            throw refusal("answered \(response.status) to OPTIONS; \(expected)")
        }
        guard let allowed = response.headers["WebHook-Allowed-Origin"] else {
            throw refusal("answered OPTIONS without permission; \(expected)")
        }
        guard allowed == "*" || allowed.lowercased() == origin.lowercased() else {
            throw refusal("allows another origin; \(expected)")
        }
        return try rate(response.headers["WebHook-Allowed-Rate"], wanted: wanted)
    }

    /// What is allowed is in requests a minute.
    private func rate(_ allowed: String?, wanted: Double?) throws(WebhookSetupError) -> Double? {
        guard let allowed, allowed != "*" else { return wanted }
        guard let perMinute = Int(allowed), perMinute > 0 else {
            throw refusal(
                "answered an unusable WebHook-Allowed-Rate; expected a whole number of requests a minute, or *"
            )
        }
        let granted = min(Double(perMinute) / 60, RequestLimits.ratePerSecond.upperBound)
        return min(wanted ?? granted, granted)
    }

    private func send(
        _ method: Method, _ headers: [(String, String)], _ setup: EndpointSetup
    ) async throws -> OutboundResponse {
        let own = setup.secrets.headers.map { ($0.name, $0.value) }
        let request = OutboundRequest(
            method: method, url: setup.endpoint.url,
            headers: Headers([("User-Agent", AttemptRequest.userAgent)] + headers + own),
            deadline: Self.deadline, connectTimeout: Self.connectTimeout, maximumResponseBytes: 1_024,
            overflow: .truncate)
        do throws(ClientError) {
            return try await client.send(request, policy: policy)
        } catch {
            if error == .cancelled || error == .shutdown { throw error }
            throw refusal("did not answer: \(error)")
        }
    }

    private func refusal(_ message: String) -> WebhookSetupError {
        WebhookSetupError(code: .handshakeFailed, message: message)
    }
}
