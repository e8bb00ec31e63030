import Documents
import Engine
import HTTP
import Persistence
import Signing
import ThumbwireKit
import Webhooks

extension RouteTable {
    /// What is done with an endpoint, by the path of one.
    mutating func addEndpointActions(_ one: String) {
        native(
            .get, one + "/secret",
            Operation(
                "getEndpointSecret", "The secret that signs its deliveries", tag: "webhooks",
                answers: [.json(200, "the secret", "Secret")])
        ) { call in
            try call.secret(try await call.storedEndpoint().secret)
        }
        native(
            .post, one + "/rotate-secret",
            Operation(
                "rotateEndpointSecret", "Sign with a new secret, and with the old one too for the overlap",
                tag: "webhooks", body: "SecretRotation", answers: [.json(200, "the new secret", "Secret")]
            ).withOptionalBody,
            rotateSecret)
        native(.post, one + "/pause", .endpoint("pauseEndpoint", "Keep events, send none")) { call in
            try await call.setStatus(.paused)
        }
        native(
            .post, one + "/resume",
            .endpoint("resumeEndpoint", "Send what was kept; enable what was disabled")
        ) { call in
            try await call.setStatus(.enabled)
        }
        native(
            .post, one + "/test",
            Operation(
                "testEndpoint", "Send it the event webhook.test, or a sample of a type", tag: "webhooks",
                parameters: [.idempotencyKey], body: "TestRequest",
                answers: [.json(202, "the event that is sent", "TestSent")]
            ).withOptionalBody,
            testEndpoint)
        native(
            .post, one + "/recover",
            Operation(
                "recoverEndpoint", "Send events of a time once more", tag: "webhooks",
                parameters: [.idempotencyKey], body: "RecoveryRequest",
                answers: [.json(202, "how many are sent", "Recovery")]),
            recoverEndpoint)
    }
}

@Sendable private func rotateSecret(_ call: Call) async throws -> Response {
    let rotation = try SecretRotation(try call.optionalBody())
    let now = call.context.clock.now()
    let stored = try await call.revise { setup throws(Problem) in
        setup.secrets.rotate(to: rotation.secret, overlap: rotation.overlap, now: now)
    }
    return try call.secret(stored.secret)
}

@Sendable private func testEndpoint(_ call: Call) async throws -> Response {
    var fields = try FieldReader(body: try call.optionalBody())
    let type = fields.choice("type", of: EventType.allCases) ?? .webhookTest
    fields.refuseUnknown()
    try fields.finish()
    let sent = try await call.once { key in
        let endpoint = try await call.activeEndpoint()
        let event = EventSamples(encoder: call.context.encoder)
            .testEvent(type, for: endpoint, at: call.context.clock.now())
        try await call.context.store.emit(event, to: endpoint.id, once: key)
        return event.id.rawValue
    } find: {
        $0.id
    }
    return .json(202, ["eventId": .string(sent.resource), "type": .string(type.rawValue)]).marked(sent)
}

@Sendable private func recoverEndpoint(_ call: Call) async throws -> Response {
    let now = call.context.clock.now()
    let request = try RecoveryRequest(try call.body(), now: now)
    // What was delivered before is not known any more, and would seem to be missing.
    let known = call.context.retention.deliveries.map { now - $0 }
    let since = request.scope == .missing ? max(request.since, known ?? request.since) : request.since
    let recovery = try await call.once { key in
        let query = RecoveryQuery(
            endpoint: try await call.activeEndpoint().id, account: call.account, scope: request.scope.query,
            since: since, until: request.until)
        let count = try await call.context.store.recover(query, now: now)
        // It takes several commits. After a crash between them it begins anew, which leaves out what is pending.
        if let key { try await call.context.store.keep(KeptResource(id: "\(count)", at: now), for: key) }
        return Int64(count)
    } find: {
        Int64($0.id)
    }
    return .json(202, ["count": .integer(recovery.resource)]).marked(recovery)
}

extension Call {
    fileprivate func setStatus(_ status: Endpoint.Status) async throws -> Response {
        let changed = try await revise { setup throws(Problem) in setup.endpoint.become(status) }
        return .json(200, .object(try endpointDocument(changed)))
    }

    /// The answer with a secret in its text form.
    func secret(_ sealed: Sealed?) throws -> Response {
        guard let sealed else { throw Problem(.notFound, "there is no secret") }
        let secrets = try WebhookSecrets(unsealing: sealed, with: context.sealer)
        return .json(200, ["secret": .string(secrets.current.text)])
    }
}
