import Documents
import ThumbwireKit

extension OpenAPISchemas {
    static let webhooks: Schemas = [
        (
            "EndpointRequest",
            closed(
                wishes.adding("handshake", choice(EndpointRequest.Handshake.allCases)),
                oneOf: [
                    ["required": ["url"]], ["required": ["targetUrl"]],
                ])
        ),
        ("EndpointChange", closed(nullableWishes)),
        (
            "EndpointAuthorization",
            [
                "oneOf": [
                    closed(
                        ["type": ["const": "basic"], "username": text, "password": text],
                        required: ["type", "username", "password"]),
                    closed(["type": ["const": "bearer"], "token": text], required: ["type", "token"]),
                    closed(
                        [
                            "type": ["const": "jwt"],
                            "algorithm": choice(EndpointAuthorization.Algorithm.allCases),
                            "key": text, "issuer": text, "audience": text,
                        ], required: ["type", "algorithm", "key"]),
                ]
            ]
        ),
        ("Endpoint", object(endpoint)), ("EndpointList", list(of: "Endpoint")),
        ("EndpointWithSecret", object(endpoint.adding("secret", text))),
        ("Secret", object(["secret": text])),
        (
            "SecretRotation",
            closed(["secret": secret, "overlapSeconds": integer(RequestLimits.overlapSeconds)])
        ),
        ("TestRequest", closed(["type": choice(EventType.allCases)])),
        ("TestSent", object(["eventId": text, "type": text])),
        (
            "RecoveryRequest",
            closed(
                ["since": moment, "until": moment, "scope": choice(RecoveryRequest.Scope.allCases)],
                required: ["since"])
        ),
        ("Recovery", object(["count": count], required: ["count"])),
        (
            "Delivery",
            object([
                "id": text, "eventId": text, "type": choice(EventType.allCases),
                "target": object([
                    "kind": ["enum": ["endpoint", "callback"]], "endpointId": text, "jobId": text,
                ]),
                "status": choice(Delivery.Status.allCases), "attempts": count,
                "nextAttemptAt": maybeMoment, "lastStatus": nullable("integer"), "createdAt": moment,
            ])
        ),
        ("DeliveryList", list(of: "Delivery")),
        (
            "Attempt",
            object([
                "deliveryId": text, "number": count, "startedAt": moment, "durationMs": count,
                "status": count, "body": text, "error": object(["code": text, "message": text]),
            ])
        ),
        ("AttemptList", list(of: "Attempt")),
        (
            "WebhookKey",
            object(["kid": text, "publicKey": text, "createdAt": moment, "validUntil": maybeMoment])
        ),
        ("WebhookKeyList", list(of: "WebhookKey")),
        (
            "JWKS",
            object([
                "keys": array(
                    object([
                        "kty": ["const": "OKP"], "crv": ["const": "Ed25519"], "use": ["const": "sig"],
                        "kid": text, "x": text,
                    ]))
            ])
        ),
    ]

    static let eventTypes = array(choice(RequestLimits.eventTypes))

    private static let secret: JSONValue = ["type": "string", "pattern": "^whsec_[A-Za-z0-9+/]+={0,2}$"]

    private static let rests: JSONValue = closed(
        [
            "rests": [
                "type": "array", "items": integer(RequestLimits.restSeconds),
                "minItems": .integer(Int64(RequestLimits.restCount.lowerBound)),
                "maxItems": .integer(Int64(RequestLimits.restCount.upperBound)),
            ]
        ], required: ["rests"])

    private static let filters: JSONValue = closed([
        "chains": names, "sessions": names,
        "metadata": [
            "type": "object", "description": .string("at most \(RequestLimits.metadata) bytes as JSON"),
        ],
    ])

    private static let names: JSONValue = [
        "type": "array", "items": string(atMost: RequestLimits.name),
        "maxItems": .integer(Int64(RequestLimits.filterWords)),
    ]

    /// What may be asked of an endpoint.
    private static let wishes: JSONObject = [
        "url": url, "targetUrl": url, "events": eventTypes, "filters": filters,
        "description": string(atMost: RequestLimits.title), "status": choice(Endpoint.Status.allCases),
        "signing": closed(["signature": choice(Endpoint.Sending.Signature.allCases)]), "secret": secret,
        "headers": ["type": "object", "additionalProperties": text],
        "authorization": reference("EndpointAuthorization"),
        "envelope": choice(Endpoint.Sending.Envelope.allCases),
        "format": choice(Endpoint.Sending.Format.allCases), "retry": rests,
        "maxInFlight": integer(RequestLimits.maximumInFlight),
        "ratePerSecond": [
            "type": "number", "minimum": .number(RequestLimits.ratePerSecond.lowerBound),
            "maximum": .number(RequestLimits.ratePerSecond.upperBound),
        ],
        "ordered": ["type": "boolean"], "expirationDate": moment,
    ]

    /// What every endpoint has cannot be taken back.
    private static let nullableWishes = JSONObject(
        wishes.members.map { member in
            let isFixed = ["url", "targetUrl", "status", "secret"].contains(member.name)
            return (member.name, isFixed ? member.value : ["oneOf": [member.value, ["type": "null"]]])
        })

    private static let endpoint: JSONObject = [
        "id": text, "url": text, "events": eventTypes, "filters": filters,
        "status": choice(Endpoint.Status.allCases), "disabledReason": nullable("string"),
        "health": object(["failingSince": maybeMoment, "failures": count, "restsUntil": maybeMoment]),
        "description": nullable("string"),
        "signing": object(["signature": choice(Endpoint.Sending.Signature.allCases)]),
        "headers": array(text),
        "authorization": [
            "oneOf": [object(["type": ["enum": ["basic", "bearer", "jwt"]]]), ["type": "null"]]
        ],
        "envelope": choice(Endpoint.Sending.Envelope.allCases),
        "format": choice(Endpoint.Sending.Format.allCases),
        "retry": ["oneOf": [object(["rests": array(["type": "number"])]), ["type": "null"]]],
        "maxInFlight": nullable("integer"), "ratePerSecond": nullable("number"),
        "ordered": ["type": "boolean"], "expiresAt": maybeMoment, "createdAt": moment,
    ]
}
