import Documents
import Engine
import HTTP
import Persistence
import Signing
import ThumbwireKit
import Webhooks

extension Call {
    /// Names a callback's URL on faces whose body has no member for it.
    static let callbackHeader = "X-Thumbwire-Callback"
    /// Says whose document such a callback's events carry.
    static let callbackFormatHeader = "X-Thumbwire-Callback-Format"

    /// What the engine gets of a request that came with this key, at the face's price.
    func submission(_ face: Face, _ request: ThumbnailRequest) -> Submission {
        var submission = Submission(account: account, face: face, request: request)
        submission.key = key.id
        submission.credits = CreditPrice.of(face, variants: request.variants)
        return submission
    }

    /// The callback checked and sealed; throws where its URL leads to an address that webhooks may not reach, and
    /// names the place that it came in.
    func callback(
        _ asked: CallbackRequest?, in place: Problem.WebhookPlace, signing: Callback.Signing? = nil
    ) async throws -> Submission.Callback? {
        let formatOfHeader = try callbackFormatOfHeader()
        guard let asked else { return nil }
        let format = asked.format ?? formatOfHeader ?? .job
        let callback: Callback
        do throws(WebhookSetupError) {
            callback = try Callback(
                url: asked.url, headers: asked.headers.map { CustomHeader($0.name, $0.value) },
                events: asked.events, signing: signing, format: format)
        } catch {
            throw Problem(error, in: error.code == .invalidHeader ? .field("callbackHeaders") : place)
        }
        try await checkWebhookURL(asked.url, in: place)
        return Submission.Callback(sealed: callback.sealed(with: context.sealer), summary: callback.summary())
    }

    /// What the header says for callbacks whose body has no word for it; `nil` without the header.
    private func callbackFormatOfHeader() throws(Problem) -> Endpoint.Sending.Format? {
        guard let text = request.headers[Self.callbackFormatHeader] else { return nil }
        guard let format = Endpoint.Sending.Format(rawValue: text) else {
            let allowed = Endpoint.Sending.Format.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(
                .validationFailed,
                "\(Self.callbackFormatHeader) is \"\(text.prefix(64))\"; allowed: \(allowed)")
        }
        return format
    }

    /// Throws where the URL leads to an address that webhooks may not reach.
    func checkWebhookURL(_ url: String, in place: Problem.WebhookPlace) async throws {
        do {
            try await EndpointURL.validate(url, policy: context.policy, client: context.client)
        } catch let error as WebhookSetupError {
            throw Problem(error, in: place)
        }
    }

    var noJob: Problem { Problem(.notFound, "there is no job \(parameter("id").prefix(64))") }
}
