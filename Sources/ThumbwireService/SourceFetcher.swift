internal import Engine
internal import HTTP
internal import ThumbwireKit

/// Fetches source images for the engine under the address policy for tenant-given URLs.
struct SourceFetcher: SourceFetching {
    /// The largest file that is read, as for uploads.
    static let maximumBytes = 20 << 20
    static let timeout = Duration.seconds(30)
    /// Each hop is resolved and judged again.
    static let maximumRedirects = 3

    let client: HTTPClient
    let policy: AddressPolicy
    let clock: any WallClock

    func fetch(
        _ url: String, field: String, deadline: Timestamp
    ) async throws(Failure) -> GenerationResult.Picture {
        let left = min(Self.timeout, deadline - clock.now())
        guard left > .zero else { throw failure(.timeout(.connecting), field) }
        let response: OutboundResponse
        do throws(ClientError) {
            response = try await client.send(
                OutboundRequest(
                    url: url, headers: ["Accept": "image/jpeg, image/png, image/webp"], deadline: left,
                    maximumResponseBytes: Self.maximumBytes, followRedirects: Self.maximumRedirects),
                policy: policy)
        } catch {
            throw failure(error, field)
        }
        switch response.status {
        case 200:
            let declared = response.headers["Content-Type"]?.split(separator: ";").first.map(String.init)
            return GenerationResult.Picture(bytes: response.body, mediaType: declared ?? "image/jpeg")
        case 404, 410:
            throw Failure(
                .invalidInput, code: "source_image_not_found",
                message: "\(field): the server answered \(response.status)")
        case 429, 500...599:
            throw Failure(
                .unavailable, code: "source_image_unreachable",
                message: "\(field): the server answered \(response.status)")
        default:
            throw Failure(
                .invalidInput, code: "source_image_unreachable",
                message: "\(field): expected status 200, the server answered \(response.status)")
        }
    }

    func videoContext(
        of url: String, deadline: Timestamp, warn: @Sendable (Warning) -> Void
    ) async -> VideoContext? { nil }

    func videoFrame(
        of url: String, deadline: Timestamp, warn: @Sendable (Warning) -> Void
    ) async -> GenerationResult.Picture? { nil }

    private func failure(_ error: ClientError, _ field: String) -> Failure {
        let (failureClass, code): (FailureClass, String) =
            switch error {
            case .blockedAddress: (.invalidInput, "source_image_blocked")
            case .responseTooLarge: (.invalidInput, "source_image_too_large")
            case .invalidURL, .invalidRequest, .tooManyRedirects: (.invalidInput, "source_image_unreachable")
            case .timeout, .dnsTimeout: (.timeout, "source_image_timeout")
            default: (.unavailable, "source_image_unreachable")
            }
        let setting =
            code == "source_image_blocked" ? "; the operator can allow it with --allow-private-sources" : ""
        return Failure(failureClass, code: code, message: "\(field): \(error)\(setting)")
    }
}
