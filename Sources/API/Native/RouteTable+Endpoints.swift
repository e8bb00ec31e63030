import Documents
import HTTP
import Persistence
import Signing
import ThumbwireKit
import Webhooks

extension RouteTable {
    mutating func addEndpoints() {
        let one = "/v1/webhook-endpoints/{id}"
        native(
            .post, "/v1/webhook-endpoints",
            Operation(
                "createEndpoint", "Subscribe a URL to events", tag: "webhooks", body: "EndpointRequest",
                answers: [.json(201, "the endpoint with its secret", "EndpointWithSecret")]),
            createEndpoint)
        native(
            .get, "/v1/webhook-endpoints",
            Operation(
                "listEndpoints", "All endpoints, oldest first", tag: "webhooks",
                answers: [.json(200, "the list", "EndpointList")])
        ) { call in
            let endpoints = try await call.context.store.endpoints(of: call.account)
            return .list(endpoints.map { .object(WebhookDocument.json($0)) })
        }
        native(.get, one, endpointOperation("getEndpoint", "One endpoint")) { call in
            .endpoint(try await call.endpoint())
        }
        native(
            .patch, one,
            Operation(
                "updateEndpoint", "Change an endpoint", tag: "webhooks", body: "EndpointChange",
                answers: [.json(200, "the endpoint", "Endpoint")]),
            updateEndpoint)
        native(
            .delete, one,
            Operation(
                "deleteEndpoint", "Remove an endpoint; what waits for it is not sent", tag: "webhooks",
                answers: [Operation.Answer(status: 204, summary: "removed")])
        ) { call in
            let id = EndpointID(rawValue: call.parameter("id"))
            guard try await call.context.store.deleteEndpoint(id, of: call.account) else {
                throw call.noEndpoint
            }
            return Response(status: 204)
        }
        addEndpointActions(one)
    }

    private mutating func addEndpointActions(_ one: String) {
        native(
            .get, one + "/secret",
            Operation(
                "getEndpointSecret", "The secret that signs its deliveries", tag: "webhooks",
                answers: [.json(200, "the secret", "Secret")])
        ) { call in
            let endpoint = try await call.endpoint()
            return try call.secret(try await call.context.store.secret(of: endpoint.id))
        }
        native(
            .post, one + "/test",
            Operation(
                "testEndpoint", "Send it the event webhook.test", tag: "webhooks",
                answers: [.json(202, "the event's id", "TestSent")]),
            testEndpoint)
        native(.post, one + "/pause", endpointOperation("pauseEndpoint", "Keep events, send none")) { call in
            try await call.setStatus(.paused)
        }
        native(.post, one + "/resume", endpointOperation("resumeEndpoint", "Send events again")) { call in
            try await call.setStatus(.enabled)
        }
        native(
            .get, one + "/deliveries",
            Operation(
                "listEndpointDeliveries", "Its deliveries, newest first", tag: "webhooks",
                parameters: Operation.Parameter.list(
                    .init(name: "status", summary: "pending, delivered or exhausted")),
                answers: [.json(200, "part of the list", "DeliveryList")])
        ) { call in
            let endpoint = try await call.endpoint()
            return try await call.deliveries(of: .endpoint(endpoint.id))
        }
    }

    private func endpointOperation(_ id: String, _ summary: String) -> Operation {
        Operation(id, summary, tag: "webhooks", answers: [.json(200, "the endpoint", "Endpoint")])
    }
}

@Sendable private func createEndpoint(_ call: Call) async throws -> Response {
    let now = call.context.clock.now()
    let request = try EndpointRequest(try call.body(), now: now)
    let setup = try EndpointSetup(request, account: call.account, now: now)
    let (endpoint, secret) = (setup.endpoint, setup.secrets.current)
    try await call.checkWebhookURL(endpoint.url, in: .field("url"))
    try await call.context.store.insert(
        endpoint, secret: setup.secrets.sealed(with: call.context.sealer))
    var document = WebhookDocument.json(endpoint)
    document["secret"] = .string(secret.text)
    let link = "\(call.context.publicURL)/v1/webhook-endpoints/\(endpoint.id)"
    return .json(201, .object(document), headers: ["Location": link])
}

@Sendable private func updateEndpoint(_ call: Call) async throws -> Response {
    let change = try EndpointChange(try call.body(), now: call.context.clock.now())
    var endpoint = try await call.endpoint()
    if let url = change.url, url != endpoint.url { try await call.checkWebhookURL(url, in: .field("url")) }
    if let url = change.url { endpoint.url = url }
    change.options.apply(to: &endpoint)
    return try await call.update(endpoint)
}

@Sendable private func testEndpoint(_ call: Call) async throws -> Response {
    let endpoint = try await call.endpoint()
    guard endpoint.status != .disabled else {
        throw Problem(.endpointDisabled, "endpoint \(endpoint.id) is disabled; resume it first")
    }
    let event = call.context.encoder.testEvent(for: endpoint, at: call.context.clock.now())
    try await call.context.store.emit(event, to: endpoint.id)
    return .json(202, ["eventId": .string(event.id.rawValue), "type": .string(event.type.rawValue)])
}

extension Call {
    fileprivate var noEndpoint: Problem {
        Problem(.notFound, "there is no webhook endpoint \(parameter("id").prefix(64))")
    }

    fileprivate func endpoint() async throws -> Endpoint {
        let id = EndpointID(rawValue: parameter("id"))
        guard let endpoint = try await context.store.endpoint(id, of: account) else { throw noEndpoint }
        return endpoint
    }

    fileprivate func setStatus(_ status: Endpoint.Status) async throws -> Response {
        var endpoint = try await endpoint()
        endpoint.status = status
        return try await update(endpoint)
    }

    fileprivate func update(_ endpoint: Endpoint) async throws -> Response {
        guard try await context.store.update(endpoint) else { throw noEndpoint }
        return .endpoint(endpoint)
    }

    /// The answer with a secret in its text form.
    func secret(_ sealed: Sealed?) throws -> Response {
        guard let sealed else { throw Problem(.notFound, "there is no secret") }
        let secrets = try WebhookSecrets(unsealing: sealed, with: context.sealer)
        return .json(200, ["secret": .string(secrets.current.text)])
    }
}

extension Response {
    fileprivate static func endpoint(_ endpoint: Endpoint) -> Response {
        .json(200, .object(WebhookDocument.json(endpoint)))
    }
}
