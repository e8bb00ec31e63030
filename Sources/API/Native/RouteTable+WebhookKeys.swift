import Documents
import HTTP
import Signing
import ThumbwireKit
import Webhooks

extension RouteTable {
    /// The keys of `v1a` signatures: public for receivers, and their rotation for the scope `admin`.
    mutating func addWebhookKeys() {
        immediate(
            .get, "/.well-known/webhooks-jwks.json",
            Operation(
                "getWebhookKeySet",
                "The public keys that v1a signatures are checked with (RFC 7517, RFC 8037)",
                tag: "webhooks", answers: [.json(200, "the keys, newest first", "JWKS")])
        ) { [context] _ in
            let keys = context.serviceKeys.valid(at: context.clock.now())
            var response = Response.json(200, ["keys": .array(keys.map(\.publicKey.jwk))])
            response.headers["Cache-Control"] = "public, max-age=3600"
            return response
        }
        native(
            .get, "/v1/webhook-keys",
            Operation(
                "listWebhookKeys", "The keys that sign v1a now, newest first", tag: "webhooks",
                answers: [.json(200, "the list", "WebhookKeyList")])
        ) { call in
            try call.requireWebhookKeys()
            return call.webhookKeys
        }
        native(
            .post, "/v1/webhook-keys/rotate",
            Operation(
                "rotateWebhookKeys",
                "Sign v1a with a new key; the current one signs besides it for the overlap",
                tag: "webhooks", body: "WebhookKeyRotation",
                answers: [.json(200, "the keys that sign from now on", "WebhookKeyList")])
        ) { call in
            try call.requireWebhookKeys()
            let overlap = try WebhookKeyRotation(call.request.body.isEmpty ? [:] : try call.body()).overlap
            try await call.context.serviceKeys.rotate(overlap: overlap, now: call.context.clock.now())
            return call.webhookKeys
        }
    }
}

/// The body of a rotation.
struct WebhookKeyRotation {
    static let overlaps =
        Int(WebhookSecrets.overlaps.lowerBound.inSeconds)...Int(WebhookSecrets.overlaps.upperBound.inSeconds)

    var overlap: Duration

    init(_ body: JSONValue) throws(Problem) {
        var fields = try FieldReader(body: body)
        let seconds = fields.integer("overlapSeconds", in: Self.overlaps)
        fields.refuseUnknown()
        try fields.finish()
        overlap = seconds.map { .seconds($0) } ?? WebhookSecrets.defaultOverlap
    }
}

extension Call {
    fileprivate func requireWebhookKeys() throws(Problem) {
        guard isAdmin else { throw Problem(.scopeMissing, "webhook keys need the scope admin") }
    }

    fileprivate var webhookKeys: Response {
        .list(context.serviceKeys.valid(at: context.clock.now()).map(\.document))
    }
}

extension ServiceKeys.Entry {
    fileprivate var document: JSONValue {
        [
            "kid": .string(publicKey.thumbprint), "publicKey": .string(publicKey.text),
            "createdAt": .string(createdAt.description), "validUntil": (validUntil?.description).json,
        ]
    }
}

extension Ed25519.PublicKey {
    fileprivate var jwk: JSONValue {
        [
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": .string(thumbprint),
            "x": .string(coordinate),
        ]
    }
}
