import HTTP
import ThumbwireKit

/// Puts a client's uploaded picture where Opus can read it, in the steps that Opus's own tool takes: a link, then the
/// two requests of a resumable upload to Google's storage. All of it comes before the order and buys nothing.
struct OpusUpload {
    private static let timeout = Duration.seconds(120)

    let api: OpusAPI
    let context: any ProviderContext

    /// What Opus is told for a picture: a URL as it stands, an upload under the URL that it then has there.
    func uri(of image: InputImage?, _ role: ImageRole) async throws(Failure) -> String? {
        switch image {
        case nil: return nil
        case .url(let url): return url
        case .artifact:
            guard let picture = try await context.images(role).first else {
                throw Failure(
                    .invalidInput, code: "upload_not_found", message: "\(role.rawValue): no such upload")
            }
            return try await upload(picture)
        }
    }

    private func upload(_ picture: GenerationResult.Picture) async throws(Failure) -> String {
        let format = ImageFormat.allCases.first { $0.mediaType == picture.mediaType } ?? .png
        let link = try await api.uploadLink(fileExtension: format.fileExtension, context: context)
        let start = PluginRequest(
            "POST", try checked(link.upload), headers: [(name: "x-goog-resumable", value: "start")],
            timeout: Self.timeout)
        let begun = try await send(start)
        guard let session = begun.header("Location") else {
            throw Failure(
                .unavailable, code: "provider_unavailable", message: "Opus's storage began no upload session")
        }
        let bytes = PluginRequest(
            "PUT", try checked(session), headers: [(name: "Content-Type", value: "application/octet-stream")],
            body: picture.bytes, timeout: Self.timeout)
        _ = try await send(bytes)
        return link.picture
    }

    /// No key goes along: the URLs are signed.
    private func send(_ request: PluginRequest) async throws(Failure) -> PluginResponse {
        let response: PluginResponse
        do throws(TransportFailure) {
            response = try await context.send(request)
        } catch {
            throw error.failure(ofPurchase: false)
        }
        guard (200..<300).contains(response.status) else {
            throw Failure(
                .unavailable, code: "provider_unavailable",
                message: "Opus's storage answered \(response.status) to an upload")
        }
        return response
    }

    /// A client's picture goes to a server that proves who it is, or to the operator's own host.
    private func checked(_ url: String) throws(Failure) -> String {
        let host = try? OutboundRequest(url: url).host()
        let own = try? OutboundRequest(url: api.account.baseURL).host()
        guard let host, url.lowercased().hasPrefix("https://") || host == own else {
            throw Failure(
                .internal, code: "plugin_error", message: "Opus named an upload URL that is not https")
        }
        return url
    }
}
