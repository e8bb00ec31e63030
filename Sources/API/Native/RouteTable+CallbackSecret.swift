import Documents
import HTTP
import Persistence
import Signing
import ThumbwireKit
import Webhooks

extension RouteTable {
    mutating func addCallbackSecret() {
        native(
            .get, "/v1/webhook-secret",
            Operation(
                "getCallbackSecret", "The secret that signs the account's callbacks", tag: "webhooks",
                answers: [.json(200, "the secret", "Secret")])
        ) { call in
            try call.secret(try await call.context.store.callbackSecret(of: call.account))
        }
        native(
            .post, "/v1/webhook-secret/rotate",
            Operation(
                "rotateCallbackSecret",
                "Sign callbacks with a new secret, and with the old one too for the overlap", tag: "webhooks",
                body: "SecretRotation", answers: [.json(200, "the new secret", "Secret")]
            ).withOptionalBody,
            rotate)
    }
}

@Sendable private func rotate(_ call: Call) async throws -> Response {
    let rotation = try SecretRotation(try call.optionalBody())
    let (sealer, now) = (call.context.sealer, call.context.clock.now())
    // Says so at once where the sealing key is another one.
    if let sealed = try await call.context.store.callbackSecret(of: call.account) {
        _ = try WebhookSecrets(unsealing: sealed, with: sealer)
    }
    let changed = try await call.context.store.reviseCallbackSecret(of: call.account) { sealed in
        guard var secrets = try? WebhookSecrets(unsealing: sealed, with: sealer) else { return nil }
        secrets.rotate(to: rotation.secret, overlap: rotation.overlap, now: now)
        return secrets.sealed(with: sealer)
    }
    return try call.secret(changed)
}
