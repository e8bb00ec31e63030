import Documents
import HTTP
import Persistence
import Signing
import ThumbwireKit
import Webhooks

extension Call {
    private var noEndpoint: Problem {
        Problem(.notFound, "there is no webhook endpoint \(parameter("id").prefix(64))")
    }

    private var endpointID: EndpointID { EndpointID(rawValue: parameter("id")) }

    /// The endpoint that the path names; one that expired is gone, even where it is not removed yet.
    func storedEndpoint() async throws -> StoredEndpoint {
        guard let stored = try await context.store.storedEndpoint(endpointID, of: account),
            !stored.endpoint.isExpired(at: context.clock.now())
        else { throw noEndpoint }
        return stored
    }

    /// As ``storedEndpoint()``; throws where events are not kept for it.
    func activeEndpoint() async throws -> Endpoint {
        let endpoint = try await storedEndpoint().endpoint
        guard endpoint.status != .disabled else {
            throw Problem(.endpointDisabled, "endpoint \(endpoint.id) is disabled; resume it first")
        }
        return endpoint
    }

    func endpointDocument(_ stored: StoredEndpoint) throws -> JSONObject {
        WebhookDocument.json(try EndpointSetup(stored, sealer: context.sealer))
    }

    /// Changes the endpoint that the path names, with its secrets, as it stands when that is written. The account's
    /// other endpoints are told when it comes back from being disabled.
    func revise(
        _ change: @escaping @Sendable (inout EndpointSetup) throws(Problem) -> Void
    ) async throws -> StoredEndpoint {
        let stored = try await storedEndpoint()
        // Tried first where there is somebody to tell what is wrong with it.
        var trial = try EndpointSetup(stored, sealer: context.sealer)
        try change(&trial)
        let (encoder, sealer, now) = (context.encoder, context.sealer, context.clock.now())
        let revised = try await context.store.revise(stored.endpoint.id, of: account) { stored in
            guard let before = try? EndpointSetup(stored, sealer: sealer) else { return nil }
            var after = before
            guard (try? change(&after)) != nil else { return nil }
            let secret = after.secrets == before.secrets ? stored.secret : after.secrets.sealed(with: sealer)
            let events = encoder.recovery(from: before.endpoint, to: after.endpoint, at: now)
            return EndpointRevision(StoredEndpoint(after.endpoint, secret: secret), events: events)
        }
        if let revised { return revised }
        _ = try await storedEndpoint()
        throw Problem(.conflict, "the endpoint was changed by somebody else at the same time; try again")
    }

    /// The body of a route that needs none.
    func optionalBody() throws(Problem) -> JSONValue {
        request.body.isEmpty ? [:] : try body()
    }
}

extension EndpointSetup {
    /// Opens what a store keeps.
    init(_ stored: StoredEndpoint, sealer: Sealer) throws(UnsealingError) {
        self.init(
            endpoint: stored.endpoint, secrets: try WebhookSecrets(unsealing: stored.secret, with: sealer))
    }

    /// What a store keeps.
    func stored(with sealer: Sealer) -> StoredEndpoint {
        StoredEndpoint(endpoint, secret: secrets.sealed(with: sealer))
    }
}

extension EventEncoder {
    /// What the others are told of an endpoint that the service disabled and somebody enables again.
    fileprivate func recovery(from old: Endpoint, to new: Endpoint, at moment: Timestamp) -> [Event] {
        guard old.status == .disabled, old.disabledReason != nil, new.status == .enabled,
            let host = try? EndpointURL.host(new.url)
        else { return [] }
        return [recovered(new, host: host, failingSince: old.health.failingSince, at: moment)]
    }
}
