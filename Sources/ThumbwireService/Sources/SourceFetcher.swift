internal import Engine
internal import HTTP
internal import ThumbwireKit

/// Fetches source images, and what is known of videos, for the engine under the address policy for tenant-given URLs.
struct SourceFetcher: SourceFetching {
    /// The largest file that is read, as for uploads.
    static let maximumBytes = 20 << 20
    static let timeout = Duration.seconds(30)
    /// Each hop is resolved and judged again.
    static let maximumRedirects = 3

    /// A page that could not be read may be there for the next try of the job.
    private static let unknownLifetime = Duration.seconds(30)
    private static let lifetime = Duration.seconds(600)
    private static let maximumKept = 256

    private let client: HTTPClient
    private let policy: AddressPolicy
    private let clock: any WallClock
    private let site: YouTubeSite
    private let renderPool: RenderPool
    private let requestTime: Duration
    private let lookUpTime: Duration
    let lookups: SharedLookups<String, VideoFindings>

    /// `policy` is for the URLs that tenants write; the site is the operator's. `requestTime` is the limit of each
    /// request of a look-up, `lookUpTime` that of all of them together.
    init(
        client: HTTPClient, policy: AddressPolicy, clock: any WallClock, site: YouTubeSite,
        renderPool: RenderPool, requestTime: Duration = .seconds(5),
        lookUpTime: Duration = VideoLookup.totalTime
    ) {
        self.client = client
        self.policy = policy
        self.clock = clock
        self.site = site
        self.renderPool = renderPool
        self.requestTime = requestTime
        self.lookUpTime = lookUpTime
        lookups = SharedLookups(limit: Self.maximumKept, clock: clock) { findings in
            findings.warnings.isEmpty ? Self.lifetime : Self.unknownLifetime
        }
    }

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
    ) async -> VideoContext? {
        guard let findings = await findings(of: url, by: deadline) else {
            // A job that is handed back asks again.
            if !Task.isCancelled { warn(.videoContext("there was no time left to read it")) }
            return nil
        }
        for warning in findings.warnings { warn(warning) }
        return findings.context
    }

    func videoFrame(
        of url: String, deadline: Timestamp, warn: @Sendable (Warning) -> Void
    ) async -> GenerationResult.Picture? {
        let end = min(deadline, clock.now() + lookUpTime)
        let frame = VideoFrame(fetch: fetch(until: end), site: site, renderPool: renderPool)
        let source = VideoSource(url: url)
        do throws(VideoFrame.Reason) {
            if let id = source.youTubeID { return try await frame.ofYouTube(id) }
            if source.kind == .image { return try await frame.at(url) }
            guard let picture = await findings(of: url, by: end)?.picture else { return nil }
            return try await frame.at(picture)
        } catch {
            if !Task.isCancelled { warn(.videoContext(error.text)) }
            return nil
        }
    }

    /// `nil` when the deadline passed or the task was cancelled; the look-up goes on for others.
    private func findings(of url: String, by deadline: Timestamp) async -> VideoFindings? {
        await withTaskGroup(of: VideoFindings?.self) { group in
            group.addTask {
                await lookups.value(for: url) {
                    let lookup = VideoLookup(
                        fetch: fetch(until: clock.now() + lookUpTime), site: site)
                    return await lookup.findings(of: url)
                }
            }
            group.addTask {
                try? await clock.sleep(until: deadline)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    private func fetch(until end: Timestamp) -> LookupFetch {
        LookupFetch(client: client, policy: policy, clock: clock, end: end, requestTime: requestTime)
    }

    private func failure(_ error: ClientError, _ field: String) -> Failure {
        let (failureClass, code): (FailureClass, String) =
            switch error {
            case .blockedAddress: (.invalidInput, "source_image_blocked")
            case .responseTooLarge: (.invalidInput, "source_image_too_large")
            case .invalidURL, .invalidRequest, .tooManyRedirects: (.invalidInput, "source_image_unreachable")
            case .timeout, .dnsTimeout: (.timeout, "source_image_timeout")
            default: (.unavailable, "source_image_unreachable")
            }
        return Failure(failureClass, code: code, message: "\(field): \(error)\(error.remedy)")
    }
}
