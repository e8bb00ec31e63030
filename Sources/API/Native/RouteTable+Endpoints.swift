import Documents
import HTTP
import Persistence
import Signing
import ThumbwireKit
import Webhooks

extension RouteTable {
    mutating func addEndpoints() {
        let all = "/v1/webhook-endpoints"
        let one = all + "/{id}"
        native(
            .post, all,
            Operation(
                "createEndpoint", "Subscribe a URL to events", tag: "webhooks",
                parameters: [.idempotencyKey], body: "EndpointRequest",
                answers: [
                    .json(201, "the endpoint with its secret", "EndpointWithSecret"),
                    .json(
                        200, "the one that was there, with that URL and those events", "EndpointWithSecret"),
                ]),
            createEndpoint)
        native(
            .get, all,
            Operation(
                "listEndpoints", "All endpoints, oldest first", tag: "webhooks",
                parameters: [
                    .init(name: "url", summary: "only those with that URL"),
                    .init(name: "status", summary: "enabled, paused, disabled; several with commas"),
                ],
                answers: [.json(200, "the list", "EndpointList")]),
            listEndpoints)
        native(.get, one, .endpoint("getEndpoint", "One endpoint")) { call in
            .json(200, .object(try call.endpointDocument(try await call.storedEndpoint())))
        }
        native(
            .patch, one,
            .endpoint(
                "updateEndpoint", "Change what is named; null takes back what was asked for",
                body: "EndpointChange"),
            updateEndpoint)
        native(
            .delete, one,
            Operation(
                "deleteEndpoint", "Remove an endpoint; what waits for it is not sent", tag: "webhooks",
                answers: [Operation.Answer(status: 204, summary: "it is not there any more, or never was")])
        ) { call in
            let id = EndpointID(rawValue: call.parameter("id"))
            _ = try await call.context.store.deleteEndpoint(id, of: call.account)
            return Response(status: 204)
        }
        addEndpointActions(one)
        addEndpointHistory(one)
    }
}

extension Operation {
    /// One that answers an endpoint.
    static func endpoint(_ id: String, _ summary: String, body: String? = nil) -> Operation {
        Operation(
            id, summary, tag: "webhooks", body: body, answers: [.json(200, "the endpoint", "Endpoint")])
    }
}

@Sendable private func createEndpoint(_ call: Call) async throws -> Response {
    let now = call.context.clock.now()
    let request = try EndpointRequest(try call.body(), now: now)
    let made = try await call.once { key in
        try await call.subscribe(request, now: now, once: key)
    } find: { kept in
        let id = EndpointID(rawValue: kept.id)
        let stored = try await call.context.store.storedEndpoint(id, of: call.account)
        return stored.map { Subscription(stored: $0, isNew: kept.isNew) }
    }
    return try call.answer(made.resource).marked(made)
}

/// An endpoint that was made, or was there.
private struct Subscription {
    var stored: StoredEndpoint
    var isNew: Bool
}

@Sendable private func listEndpoints(_ call: Call) async throws -> Response {
    let statuses = try call.request.choices("status", Endpoint.Status.self)
    let url = call.request.query("url").map { EndpointURL.withoutUserinfo($0).url }
    let now = call.context.clock.now()
    let chosen = try await call.context.store.storedEndpoints(of: call.account).filter { stored in
        let endpoint = stored.endpoint
        return !endpoint.isExpired(at: now) && statuses?.contains(endpoint.status) ?? true
            && (url == nil || url == endpoint.url)
    }
    return .list(try chosen.map { .object(try call.endpointDocument($0)) })
}

@Sendable private func updateEndpoint(_ call: Call) async throws -> Response {
    let now = call.context.clock.now()
    let change = try EndpointChange(try call.body(), now: now)
    let known = try await call.storedEndpoint().endpoint
    if let url = change.url, url != known.url { try await call.checkWebhookURL(url, in: .field("url")) }
    let changed = try await call.revise { setup throws(Problem) in try setup.apply(change, now: now) }
    return .json(200, .object(try call.endpointDocument(changed)))
}

extension Call {
    fileprivate func subscribe(
        _ request: EndpointRequest, now: Timestamp, once key: IdempotencyKey?
    ) async throws -> Subscription {
        let store = context.store
        var setup = try EndpointSetup(request, account: account, now: now)
        try await checkWebhookURL(request.url, in: .field("url"))
        if let kind = request.handshake {
            if let known = try await subscription(equalTo: setup.endpoint, now: now) {
                if let key {
                    let id = known.endpoint.id.rawValue
                    try await store.keep(KeptResource(id: id, isNew: false, at: now), for: key)
                }
                return Subscription(stored: known, isNew: false)
            }
            try await shakeHands(kind, with: &setup)
        }
        let new = setup.stored(with: context.sealer)
        let known = try await store.insertUnlessPresent(new, now: now, once: key)
        return Subscription(stored: known ?? new, isNew: known == nil)
    }

    /// An endpoint of the account that gets the same events at the same URL.
    fileprivate func subscription(
        equalTo endpoint: Endpoint, now: Timestamp
    ) async throws -> StoredEndpoint? {
        try await context.store.storedEndpoints(of: account).first { stored in
            stored.endpoint.url == endpoint.url && stored.endpoint.events == endpoint.events
                && !stored.endpoint.isExpired(at: now)
        }
    }

    fileprivate func shakeHands(
        _ kind: EndpointRequest.Handshake, with setup: inout EndpointSetup
    ) async throws {
        let handshake = Handshake(
            client: context.client, policy: context.policy, publicURL: context.publicURL)
        do {
            try await handshake.perform(kind, with: &setup)
        } catch let error as WebhookSetupError {
            throw Problem(error, in: .field("url"))
        }
    }

    /// The endpoint as only its creation shows it.
    fileprivate func answer(_ subscription: Subscription) throws -> Response {
        let stored = subscription.stored
        let setup = try EndpointSetup(stored, sealer: context.sealer)
        var document = WebhookDocument.json(setup)
        document["secret"] = .string(setup.secrets.current.text)
        let link = "\(context.publicURL)/v1/webhook-endpoints/\(stored.endpoint.id)"
        return .json(
            subscription.isNew ? 201 : 200, .object(document), headers: ["Location": link])
    }
}
