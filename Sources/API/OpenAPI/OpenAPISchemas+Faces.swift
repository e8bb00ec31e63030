import Documents
import ThumbwireKit

extension OpenAPISchemas {
    static let faces: Schemas = [
        (
            "SokeBackgroundRequest",
            object([
                "videoUrl": url, "manualTitle": string(atMost: RequestLimits.title),
                "manualPrompt": string(atMost: RequestLimits.prompt),
                "resolution": ["type": "string", "enum": ["1280x720", "1080x1920"]], "platform": text,
                "sessionId": string(atMost: RequestLimits.name), "overrideTitle": ["type": "boolean"],
                "templateId": text, "webhookUrl": url,
            ])
        ),
        (
            "OpusRequest",
            object(
                [
                    "jobType": ["type": "string", "enum": ["thumbnail"]], "sourceUri": url,
                    "prompt": string(atMost: RequestLimits.prompt), "referenceImageUri": url,
                    "maskImageUri": url, "webhookUrl": url,
                    "conclusionActions": [
                        "type": "array", "maxItems": 1,
                        "items": object(
                            [
                                "type": ["type": "string", "enum": ["WEBHOOK"]], "url": url,
                                "notifyFailure": ["type": "boolean", "default": false],
                            ], required: ["type", "url"]),
                    ],
                ], required: ["sourceUri"])
        ),
        ("OpusAccepted", object(["jobId": text], required: ["jobId"])),
        (
            "OpusJob",
            object(
                [
                    "status": opusStatus,
                    "progress": object([
                        "status": opusStatus,
                        "percentage": ["type": "number", "minimum": 0, "maximum": 1],
                    ]),
                    "result": object(["generatedThumbnailUris": array(url)]),
                    "error": object(["type": text, "message": text]),
                ], required: ["status"])
        ),
        (
            "OpusUploadLinkRequest",
            [
                "oneOf": [
                    object(["video": object(["usecase": ["const": "LocalUpload"]])], required: ["video"]),
                    object(
                        [
                            "usecase": ["const": "FreeToolMedia"], "type": ["const": "Upload"],
                            "extension": ["type": "string", "enum": ["png", "jpg", "jpeg", "webp"]],
                        ], required: ["usecase", "type", "extension"]),
                ]
            ]
        ),
        (
            "OpusUploadLink",
            object(
                [
                    "url": text, "cdnUrl": text, "uploadId": text, "dnsUrl": text, "useAmount": count,
                    "totalAmount": count,
                ], required: ["url", "cdnUrl", "uploadId"])
        ),
        (
            "OpusError",
            object(
                [
                    "statusCode": count, "errorName": text, "errorMessage": text, "message": text,
                    "error": text,
                    "code": text, "reset_at": moment, "upgrade_url": text,
                ], required: ["statusCode", "errorName", "errorMessage", "message", "error"])
        ),
        (
            "Upload",
            object([
                "id": text, "url": text, "width": count, "height": count,
                "format": choice(ImageFormat.allCases), "bytes": count, "expiresAt": maybeMoment,
            ])
        ),
        (
            "Session",
            object([
                "id": text, "object": ["const": "session"],
                "counts": object(
                    JSONObject(JobState.allCases.map { ($0.rawValue, count) } + [("total", count)])),
                "data": array(reference("Job")), "next": nullable("string"),
            ])
        ),
    ]

    private static let opusStatus = choice(OpusState.allCases)
}
