import Documents
import Persistence
import ThumbwireKit

extension OpenAPISchemas {
    static let jobs: Schemas = [
        ("Job", job), ("JobList", list(of: "Job")), ("Composition", ["type": "object"]),
        (
            "Event",
            object([
                "id": text, "type": choice(EventType.allCases), "timestamp": moment, "apiVersion": text,
                "accountId": text, "sequence": count, "data": ["type": "object"],
            ])
        ),
        ("EventList", list(of: "Event")),
        ("EventListOrArray", ["oneOf": [reference("EventList"), array(reference("Event"))]]),
        (
            "EventTypeList",
            object([
                "data": array(object(["type": choice(EventType.allCases), "description": text])),
                "next": ["type": "null"],
            ])
        ),
        (
            "SokeAccepted",
            sokeEnvelope(object(["id": text, "status": text, "sessionId": text]))
        ),
        (
            "SokeThumbnail",
            sokeEnvelope(
                object([
                    "id": text, "jobId": text,
                    "status": ["type": "string", "enum": ["queued", "processing", "completed", "failed"]],
                    "progress": count, "sessionId": text, "templateId": nullable("string"),
                    "resolution": text, "imageUrl": text, "thumbnailUrl": text,
                    "editorState": reference("Composition"), "result": ["type": "object"],
                    "error": ["type": "object"],
                ]))
        ),
    ]

    static let others: Schemas = [
        ("Key", object(key)), ("KeyList", list(of: "Key")),
        ("KeyWithValue", object(key.adding("key", text))),
        (
            "Me",
            object([
                "account": object(account), "key": reference("Key"),
                "credits": object([
                    "metered": ["type": "boolean"], "balance": count, "held": count, "spentByKey": count,
                ]),
            ])
        ),
        ("Account", object(account.adding("credits", credits))),
        ("AccountList", list(of: "AccountSummary")), ("AccountSummary", object(account)),
        ("Credits", credits),
        (
            "LedgerLine",
            object([
                "kind": choice(LedgerEntry.Kind.allCases), "amount": count, "jobId": nullable("string"),
                "note": nullable("string"), "at": moment,
            ])
        ),
        ("LedgerList", list(of: "LedgerLine")),
        ("Plugin", ["type": "object"]), ("PluginList", list(of: "Plugin")),
        ("Health", object(["status": text])),
        (
            "Unreadiness",
            object([
                "status": choice(Readiness.Reason.allCases),
                "reasons": array(object(["code": choice(Readiness.Reason.allCases), "detail": text])),
            ])
        ),
        ("Object", ["type": "object"]),
        (
            "Problem",
            object(
                [
                    "type": text, "title": text, "status": count, "detail": text,
                    "code": choice(ErrorCode.allCases),
                    "errors": array(object(["pointer": text, "detail": text])),
                ], required: ["type", "title", "status", "detail", "code"])
        ),
        (
            "SokeError",
            object([
                "success": ["const": false],
                "error": object([
                    "code": choice(SokeErrorCode.allCases), "message": text, "details": ["type": "object"],
                ]),
                "meta": object(["request_id": text]),
            ])
        ),
    ]

    private static let job: JSONValue = object([
        "id": text, "object": ["const": "job"], "status": choice(JobState.allCases),
        "progress": object(["step": nullable("string"), "percent": integer(0...100)]),
        "outputs": array(
            object([
                "url": text, "width": count, "height": count, "format": choice(ImageFormat.allCases),
                "bytes": count, "sha256": text, "variant": count, "expiresAt": maybeMoment,
            ])),
        "composition": text, "provider": nullable("string"),
        "fallback": object(["from": text, "reason": text]), "cost": nullable("object"),
        "warnings": array(object(["code": text, "message": text])), "error": nullable("object"),
        "steps": array(["type": "object"]), "resolved": object(["chain": text]),
        "request": ["type": "object"], "sessionId": text, "parentId": nullable("string"),
        "callback": object([
            "host": text, "events": array(choice(EventType.allCases)), "lastStatus": nullable("integer"),
        ]),
        "createdAt": moment, "startedAt": maybeMoment, "finishedAt": maybeMoment, "deadlineAt": moment,
        "metadata": ["type": "object"],
    ])

    private static let key: JSONObject = [
        "id": text, "accountId": text, "name": text, "scopes": array(choice(APIKey.Scope.allCases)),
        "createdAt": moment, "expiresAt": maybeMoment, "revokedAt": maybeMoment,
        "creditCap": nullable("integer"), "requestsPerMinute": nullable("integer"),
        "lastUsedAt": maybeMoment,
    ]

    private static let account: JSONObject = [
        "id": text, "name": text, "isMetered": ["type": "boolean"], "jobsPerMinute": nullable("integer"),
        "weight": count, "maximumRunningJobs": nullable("integer"), "createdAt": moment,
    ]

    private static let credits = object(["balance": count, "held": count])

    private static func sokeEnvelope(_ data: JSONValue) -> JSONValue {
        object([
            "success": ["const": true], "data": data,
            "meta": object(["platform": text, "request_id": text, "processing_time_ms": count]),
        ])
    }
}

extension JSONObject {
    func adding(_ name: String, _ value: JSONValue) -> JSONObject {
        var object = self
        object[name] = value
        return object
    }
}
