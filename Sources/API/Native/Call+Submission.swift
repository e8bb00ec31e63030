import Documents
import Engine
import Persistence
import Signing
import ThumbwireKit
import Webhooks

extension Call {
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
        guard let asked else { return nil }
        let callback: Callback
        do throws(WebhookSetupError) {
            callback = try Callback(
                url: asked.url, headers: asked.headers.map { CustomHeader($0.name, $0.value) },
                events: asked.events, signing: signing)
        } catch {
            throw Problem(error, in: error.code == .invalidHeader ? .field("callbackHeaders") : place)
        }
        try await checkWebhookURL(asked.url, in: place)
        return Submission.Callback(sealed: callback.sealed(with: context.sealer), summary: callback.summary())
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
