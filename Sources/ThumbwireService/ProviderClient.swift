internal import Engine
internal import HTTP
internal import ThumbwireKit

/// Carries the requests of providers over the service's HTTP client.
struct ProviderClient: ProviderTransport {
    /// A result picture: the largest that models make today are PNGs of about 25 MB.
    static let maximumPictureBytes = 64 << 20
    static let pictureTimeout = Duration.seconds(120)
    /// A redirect of a result's URL goes to storage; each hop is judged again.
    static let maximumRedirects = 3

    let client: HTTPClient
    let clock: any WallClock

    func send(
        _ request: PluginRequest, deadline: Timestamp
    ) async throws(TransportFailure) -> PluginResponse {
        let left = min(request.timeout, deadline - clock.now())
        guard left > .zero, let method = Method(rawValue: request.method) else {
            throw TransportFailure(.timeout, mayHaveArrived: false, message: "no time left for a request")
        }
        var outbound = OutboundRequest(
            method: method, url: request.url, headers: Headers(request.headers.map { ($0.name, $0.value) }),
            body: request.body, deadline: left, connectTimeout: min(left, .seconds(10)),
            maximumResponseBytes: request.maximumResponseBytes)
        outbound.receive = request.receive
        outbound.maximumStreamBytes = request.maximumResponseBytes
        do throws(ClientError) {
            let response = try await client.send(outbound, policy: .unrestricted)
            return PluginResponse(
                status: response.status, headers: response.headers.fields.map { ($0.name, $0.value) },
                body: response.body)
        } catch {
            throw TransportFailure(error)
        }
    }

    func download(
        _ url: String, from base: String, deadline: Timestamp
    ) async throws(Failure) -> GenerationResult.Picture {
        let left = min(Self.pictureTimeout, deadline - clock.now())
        guard left > .zero else {
            throw Failure(
                .timeout, code: "provider_timeout", message: "no time left to fetch the picture")
        }
        let response: OutboundResponse
        do throws(ClientError) {
            response = try await client.send(
                OutboundRequest(
                    url: url, deadline: left, maximumResponseBytes: Self.maximumPictureBytes,
                    followRedirects: Self.maximumRedirects),
                policy: try policy(allowingHostOf: base))
        } catch {
            throw TransportFailure(error).failure(ofPurchase: false)
        }
        guard response.status == 200 else {
            throw Failure(
                .unavailable, code: "provider_unavailable",
                message: "the result's server answered \(response.status)")
        }
        let declared = response.headers["Content-Type"]?.split(separator: ";").first.map(String.init)
        return GenerationResult.Picture(bytes: response.body, mediaType: declared ?? "image/png")
    }

    /// Public addresses, and those of the host that the operator wrote.
    private func policy(allowingHostOf base: String) throws(ClientError) -> AddressPolicy {
        let host = try OutboundRequest(url: base).host()
        do {
            return try AddressPolicy.allowing([host])
        } catch {
            return .public
        }
    }
}

extension TransportFailure {
    /// What a client's error means for whoever may have bought something.
    init(_ error: ClientError) {
        let (reason, mayHaveArrived): (Reason, Bool) =
            switch error {
            case .invalidURL, .invalidRequest, .blockedAddress, .dnsFailure, .connectFailed, .tlsFailed,
                .outOfResources:
                (.unreachable, false)
            case .dnsTimeout, .timeout(.connecting), .timeout(.handshake): (.timeout, false)
            case .timeout(.awaitingResponse), .timeout(.readingBody): (.timeout, true)
            case .responseTooLarge: (.tooLarge, true)
            case .tooManyRedirects, .connectionLost, .protocolError: (.lost, true)
            case .cancelled, .shutdown: (.cancelled, true)
            }
        self.init(reason, mayHaveArrived: mayHaveArrived, message: "\(error)")
    }
}
