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
                "createEndpoint", "Subscribe a URL to events", tag: "webhooks", body: "EndpointRequest",
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
    var setup = try EndpointSetup(request, account: call.account, now: now)
    try await call.checkWebhookURL(request.url, in: .field("url"))
    if let kind = request.handshake {
        if let known = try await call.subscription(equalTo: setup.endpoint, now: now) {
            return try call.withSecret(known, status: 200)
        }
        try await call.shakeHands(kind, with: &setup)
    }
    let new = setup.stored(with: call.context.sealer)
    if let known = try await call.context.store.insertUnlessPresent(new, now: now) {
        return try call.withSecret(known, status: 200)
    }
    return try call.withSecret(new, status: 201)
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
    fileprivate func withSecret(_ stored: StoredEndpoint, status: Int) throws -> Response {
        let setup = try EndpointSetup(stored, sealer: context.sealer)
        var document = WebhookDocument.json(setup)
        document["secret"] = .string(setup.secrets.current.text)
        let link = "\(context.publicURL)/v1/webhook-endpoints/\(stored.endpoint.id)"
        return .json(status, .object(document), headers: ["Location": link])
    }
}
