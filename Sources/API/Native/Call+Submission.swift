import Documents
import Engine
import Persistence
import Signing
import ThumbwireKit
import Webhooks

extension Call {
    /// What the engine gets of a request that came with this key.
    func submission(_ face: Face, _ request: ThumbnailRequest) -> Submission {
        Submission(account: account, face: face, request: request)
    }

    /// The callback checked and sealed; throws where its URL leads to an address that webhooks may not reach.
    func callback(_ asked: CallbackRequest?) async throws -> Submission.Callback? {
        guard let asked else { return nil }
        let callback = try Callback(
            url: asked.url, headers: asked.headers.map { Callback.Field($0.name, $0.value) },
            events: asked.events)
        try await checkWebhookURL(asked.url)
        return Submission.Callback(sealed: callback.sealed(with: context.sealer), summary: callback.summary())
    }

    /// Throws where the URL leads to an address that webhooks may not reach.
    func checkWebhookURL(_ url: String) async throws {
        try await EndpointURL.validate(url, policy: context.policy, client: context.client)
    }

    var noJob: Problem { Problem(.notFound, "there is no job \(parameter("id").prefix(64))") }
}
