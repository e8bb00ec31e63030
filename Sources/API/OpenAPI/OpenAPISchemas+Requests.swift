import Documents
import ThumbwireKit

extension OpenAPISchemas {
    static let requests: Schemas = [
        ("JobRequest", jobRequest), ("SokeRequest", sokeRequest),
        (
            "RetryRequest",
            closed([
                "fromStep": string(atMost: RequestLimits.name),
                "onUnknown": choice(PinnedChain.ProviderPolicy.OnUnknown.allCases),
            ])
        ),
        (
            "KeyRequest",
            closed(
                [
                    "name": string(atMost: RequestLimits.name),
                    "scopes": array(choice(APIKey.Scope.allCases)),
                    "value": string(atMost: KeyRequest.valueLengths.upperBound), "expiresAt": moment,
                    "creditCap": integer(KeyRequest.creditCaps),
                    "requestsPerMinute": integer(KeyRequest.requestsPerMinute), "accountId": text,
                ], required: ["name"])
        ),
        (
            "AccountRequest",
            closed(
                [
                    "name": string(atMost: RequestLimits.name), "isMetered": ["type": "boolean"],
                    "credits": integer(AccountRequest.credits), "jobsPerMinute": jobsPerMinute,
                    "weight": integer(AccountRequest.weights), "maximumRunningJobs": maximumRunningJobs,
                ], required: ["name"])
        ),
        (
            "AccountChange",
            closed([
                "name": string(atMost: RequestLimits.name), "isMetered": ["type": "boolean"],
                "jobsPerMinute": jobsPerMinute, "weight": integer(AccountRequest.weights),
                "maximumRunningJobs": maximumRunningJobs,
            ])
        ),
        ("WebhookKeyRotation", closed(["overlapSeconds": integer(WebhookKeyRotation.overlaps)])),
        (
            "GrantRequest",
            closed(
                [
                    "amount": integer(AccountRequest.amounts), "note": string(atMost: RequestLimits.title),
                ], required: ["amount"])
        ),
    ]

    private static let jobsPerMinute = limit(AccountRequest.jobsPerMinute)
    private static let maximumRunningJobs = limit(AccountRequest.runningJobs)

    /// `null` is no limit.
    private static func limit(_ range: ClosedRange<Int>) -> JSONValue {
        [
            "type": ["integer", "null"], "minimum": .integer(Int64(range.lowerBound)),
            "maximum": .integer(Int64(range.upperBound)),
        ]
    }

    private static let jobRequest: JSONValue = closed([
        "title": string(atMost: RequestLimits.title), "prompt": string(atMost: RequestLimits.prompt),
        "videoUrl": url, "sourceImageUrl": url, "referenceImageUrl": url, "maskImageUrl": url,
        "colorGrading": choice(ColorGrading.allCases), "layoutType": choice(LayoutType.allCases),
        "resolution": [
            "type": "string", "pattern": "^[0-9]+x[0-9]+$",
            "description": .string(
                "1280x720, 1080x1920 or both sides from \(RequestLimits.side.lowerBound) to "
                    + "\(RequestLimits.side.upperBound)"),
        ],
        "platform": ["type": "string", "enum": .array(RequestLimits.platforms.map { .string($0) })],
        "variants": integer(RequestLimits.variants), "templateId": text,
        "sessionId": string(atMost: RequestLimits.name), "chain": string(atMost: RequestLimits.name),
        "accent": closed([
            "color": ["type": "string", "pattern": "^#[0-9A-Fa-f]{6}$"],
            "words": [
                "type": "array", "items": text, "maxItems": .integer(Int64(RequestLimits.accentWords)),
            ],
        ]),
        "callbackUrl": url, "callbackEvents": array(choice(RequestLimits.callbackEventTypes)),
        "callbackHeaders": ["type": "object", "additionalProperties": text],
        "callbackFormat": choice(Endpoint.Sending.Format.allCases),
        "metadata": [
            "type": "object", "description": .string("at most \(RequestLimits.metadata) bytes as JSON"),
        ],
        "priority": integer(RequestLimits.priority),
        "deadlineSeconds": integer(RequestLimits.deadlineSeconds),
    ])

    private static let sokeRequest: JSONValue = object([
        "videoUrl": url, "manualTitle": string(atMost: RequestLimits.title),
        "manualPrompt": string(atMost: RequestLimits.prompt),
        "colorGrading": choice(ColorGrading.allCases), "layoutType": choice(LayoutType.allCases),
        "resolution": ["type": "string", "enum": ["1280x720", "1080x1920"]],
        "platform": text, "sessionId": string(atMost: RequestLimits.name), "templateId": text,
        "webhookUrl": url,
    ])
}
