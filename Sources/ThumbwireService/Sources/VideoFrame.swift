internal import Engine
internal import HTTP
internal import Imaging
internal import Persistence
internal import ThumbwireKit

/// Fetches the picture that stands for a video and makes sure that it is one.
struct VideoFrame: Sendable {
    /// From the largest down. A missing one is a 404 whose body is a valid grey picture; the large ones are often
    /// missing, the last two hardly ever.
    private static let youTubeNames = ["maxresdefault", "sddefault", "hqdefault", "mqdefault"]
    private static let accept = "image/jpeg, image/png, image/webp"

    let fetch: LookupFetch
    let site: YouTubeSite
    let renderPool: RenderPool

    /// The best picture of a YouTube video; throws the reason why there is none.
    func ofYouTube(_ id: String) async throws(Reason) -> GenerationResult.Picture {
        var reason = Reason(text: "YouTube has no picture of this video")
        for name in Self.youTubeNames {
            do throws(Reason) {
                return try await picture(
                    at: "\(site.images)/\(id)/\(name).jpg", policy: fetch.policy(allowingHostOf: site.images)
                ) { bytes, pixels in try Self.withoutBars(bytes, pixels) }
            } catch {
                if error.isOfServer { throw error }
                if !error.isMissing { reason = error }
            }
        }
        throw reason
    }

    /// The picture at a URL that a tenant, or a tenant's page, wrote.
    func at(_ url: String) async throws(Reason) -> GenerationResult.Picture {
        try await picture(
            at: url, policy: fetch.policy, followRedirects: LookupFetch.maximumRedirects
        ) { bytes, _ in try Self.asItIs(bytes) }
    }

    /// Why there is no picture, as the end of a sentence.
    struct Reason: Error {
        var text: String
        /// There is none: the server said so by its status.
        var isMissing = false
        /// The server cannot be reached: others of it cannot either.
        var isOfServer = false
    }

    private func picture(
        at url: String, policy: AddressPolicy, followRedirects: Int = 0,
        _ finish: @escaping @Sendable ([UInt8], PixelBuffer) throws -> GenerationResult.Picture
    ) async throws(Reason) -> GenerationResult.Picture {
        let response: OutboundResponse
        do throws(ClientError) {
            response = try await fetch.get(
                url, accept: Self.accept, policy: policy, atMost: SourceFetcher.maximumBytes, overflow: .fail,
                followRedirects: followRedirects)
        } catch {
            throw Reason(
                text: "its picture could not be fetched: \(error)\(error.remedy)",
                isOfServer: error != .timeout(.readingBody) && error.code != "response_too_large")
        }
        guard response.status == 200 else {
            throw Reason(
                text: "its picture could not be fetched: the server answered \(response.status)",
                isMissing: true)
        }
        do {
            return try await renderPool.run { rasterizer in
                try finish(response.body, rasterizer.decode(response.body))
            }
        } catch let failure as Failure {
            throw Reason(text: "its picture is not usable: \(failure.message)")
        } catch {
            throw Reason(text: "its picture is not usable")
        }
    }

    private static func asItIs(_ bytes: [UInt8]) throws -> GenerationResult.Picture {
        GenerationResult.Picture(
            bytes: bytes, mediaType: try ImageDecoder.probe(bytes).format.mediaType)
    }

    /// YouTube sets 16:9 videos into its 4:3 pictures between black bars: those are cut off. Every other picture stays
    /// as it came, byte for byte.
    static func withoutBars(
        _ bytes: [UInt8], _ pixels: PixelBuffer
    ) throws -> GenerationResult.Picture {
        let size = pixels.size
        let inner = size.width * 9 / 16
        let bar = (size.height - inner) / 2
        guard size.width * 3 == size.height * 4, bar > 2, hasBars(pixels, height: bar) else {
            return try asItIs(bytes)
        }
        let middle = PixelBuffer(size: PixelSize(width: size.width, height: inner), hasAlpha: pixels.hasAlpha)
        for row in 0..<inner {
            (middle.base + row * middle.stride).copyMemory(
                from: pixels.base + (row + bar) * pixels.stride, byteCount: middle.stride)
        }
        let encoded = try ImageEncoder.encode(middle, as: EncodeOptions(format: .jpeg, quality: 95))
        return GenerationResult.Picture(bytes: encoded.bytes, mediaType: encoded.format.mediaType)
    }

    /// True where top and bottom are black for that many rows, but for what JPEG leaks over their edges.
    private static func hasBars(_ pixels: PixelBuffer, height: Int) -> Bool {
        /// Of 255: black in JPEGs of limited range, with noise.
        let darkest = 24
        let rows = Array(0..<height - 2) + Array(pixels.size.height - height + 2..<pixels.size.height)
        return rows.allSatisfy { row in
            let start = pixels.base + row * pixels.stride
            let line = UnsafeRawBufferPointer(start: start, count: pixels.size.width * 4)
            let sum = stride(from: 0, to: line.count, by: 4).reduce(0) { sum, offset in
                sum + Int(max(line[offset], line[offset + 1], line[offset + 2]))
            }
            return sum <= darkest * pixels.size.width
        }
    }
}
