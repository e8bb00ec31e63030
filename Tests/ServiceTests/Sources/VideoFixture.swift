import Engine
import HTTP
import Imaging
import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import ThumbwireService

/// A fetcher whose YouTube is a scripted site. The site's address is allowed to tenants only if the test says so.
///
/// Its clock stands and its requests have all the time that a busy machine needs, unless the test says otherwise.
final class VideoFixture: Sendable {
    static let id = "dQw4w9WgXcQ"
    static let video = "https://youtu.be/\(id)"
    /// Only a fault takes so long.
    static let patience = Duration.seconds(600)

    let site: ScriptedSite
    let fetcher: SourceFetcher
    private let client: HTTPClient
    private let renderPool: RenderPool
    private let told = Mutex<[Warning]>([])

    static func with(
        isSiteAllowed: Bool = false, requestTime: Duration = VideoFixture.patience,
        clock: any WallClock = ManualClock(), _ body: (VideoFixture) async throws -> Void
    ) async throws {
        let fixture = try VideoFixture(isSiteAllowed: isSiteAllowed, requestTime: requestTime, clock: clock)
        do {
            try await body(fixture)
        } catch {
            await fixture.close()
            throw error
        }
        await fixture.close()
    }

    private init(isSiteAllowed: Bool, requestTime: Duration, clock: any WallClock) throws {
        site = try ScriptedSite()
        client = try HTTPClient()
        renderPool = RenderPool(threads: 1) { ThreadRasterizer() }
        fetcher = SourceFetcher(
            client: client, policy: isSiteAllowed ? try .allowing(["127.0.0.1"]) : .public, clock: clock,
            site: YouTubeSite(base: site.url), renderPool: renderPool, requestTime: requestTime,
            lookUpTime: Self.patience)
        self.clock = clock
    }

    private let clock: any WallClock

    private func close() async {
        await site.stop()
        await client.shutdown()
        renderPool.close()
    }

    var warnings: [Warning] { told.withLock { $0 } }
    var warningText: String { warnings.map(\.message).joined(separator: "\n") }

    func context(of url: String = VideoFixture.video, within time: Duration = VideoFixture.patience) async
        -> VideoContext?
    {
        await fetcher.videoContext(of: url, deadline: clock.now() + time) { warning in
            told.withLock { $0.append(warning) }
        }
    }

    func frame(of url: String = VideoFixture.video) async -> GenerationResult.Picture? {
        await fetcher.videoFrame(of: url, deadline: clock.now() + Self.patience) { warning in
            told.withLock { $0.append(warning) }
        }
    }

    /// A JPEG of one colour, with black bars at top and bottom if need be.
    static func jpeg(_ width: Int, _ height: Int, bars: Int = 0, grey: UInt8 = 200) throws -> [UInt8] {
        let pixels = PixelBuffer(size: PixelSize(width: width, height: height))
        for row in 0..<height {
            let isBar = row < bars || row >= height - bars
            for column in 0..<width {
                let pixel = (pixels.base + row * pixels.stride + column * 4)
                    .assumingMemoryBound(to: UInt8.self)
                for channel in 0..<3 { pixel[channel] = isBar ? 0 : grey }
                pixel[3] = 255
            }
        }
        return try ImageEncoder.encode(pixels, as: EncodeOptions(format: .jpeg, quality: 90)).bytes
    }
}
