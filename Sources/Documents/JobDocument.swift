package import ThumbwireKit

/// The JSON of a job: what `GET /v1/jobs/{id}` shows, whichever face made it, and what events carry as `data`.
package struct JobDocument: Sendable {
    private let publicURL: String

    /// Documents whose links begin with that URL, which has no trailing slash.
    package init(publicURL: String) {
        self.publicURL = publicURL
    }

    package func json(_ job: Job) -> JSONValue {
        let warnings = job.warnings.map { warning -> JSONValue in
            ["code": .string(warning.code), "message": .string(warning.message)]
        }
        let object = JSONObject(present: [
            ("id", .string(job.id.rawValue)),
            ("object", "job"),
            ("status", .string(job.state.rawValue)),
            (
                "progress",
                [
                    "step": job.progress.step.json,
                    "percent": .integer(Int64(job.progress.percent)),
                ]
            ),
            ("outputs", .array(job.outputs.map(json))),
            ("composition", job.state == .completed ? .string(compositionURL(of: job)) : nil),
            ("provider", job.provider.json),
            ("fallback", job.fallback.map { ["from": .string($0.from), "reason": .string($0.reason)] }),
            ("cost", cost(of: job).map(json) ?? .null),
            ("warnings", .array(warnings)),
            ("error", job.failure.map(json) ?? .null),
            ("steps", .array(job.steps.map(json))),
            ("resolved", ["chain": .string(job.pin.name)]),
            ("request", RequestDocument.excerpt(job.request)),
            ("sessionId", .string(job.session)),
            ("parentId", (job.parent?.rawValue).json),
            ("callback", job.callback.map(json)),
            ("createdAt", .string(job.createdAt.description)),
            ("startedAt", (job.startedAt?.description).json),
            ("finishedAt", (job.finishedAt?.description).json),
            ("deadlineAt", .string(job.deadline.description)),
            ("metadata", .object(job.metadata)),
        ])
        return .object(object)
    }

    /// What the provider charged that made the picture, else whoever charged last.
    private func cost(of job: Job) -> Cost? {
        let charged = job.steps.filter { $0.cost != nil }
        return (charged.last { $0.id == job.provider } ?? charged.last)?.cost
    }

    private func json(_ output: Output) -> JSONValue {
        [
            "url": .string(url(of: output)),
            "width": .integer(Int64(output.size.width)),
            "height": .integer(Int64(output.size.height)),
            "format": .string(output.format.rawValue),
            "bytes": .integer(Int64(output.bytes)),
            "sha256": .string(output.sha256),
            "variant": .integer(Int64(output.variant)),
            "expiresAt": (output.expiresAt?.description).json,
        ]
    }

    /// Where an output can be fetched, by whoever knows the link.
    package func url(of output: Output) -> String {
        "\(publicURL)/files/\(output.fileName)"
    }

    /// Where the editor state of a finished job can be read, with the account's key.
    package func compositionURL(of job: Job) -> String {
        "\(publicURL)/v1/jobs/\(job.id)/composition"
    }

    private func json(_ cost: Cost) -> JSONValue {
        ["amount": .number(cost.amount), "unit": .string(cost.unit)]
    }

    private func json(_ failure: Failure) -> JSONValue {
        [
            "code": .string(failure.code), "class": .string(failure.failureClass.rawValue),
            "message": .string(failure.message),
        ]
    }

    private func json(_ step: Step) -> JSONValue {
        var object: JSONObject = [
            "id": .string(step.id), "plugin": .string(step.plugin), "version": .string(step.version),
            "try": .integer(Int64(step.attempt)), "status": .string(step.status.rawValue),
            "startedAt": .string(step.startedAt.description),
            "finishedAt": (step.finishedAt?.description).json,
        ]
        object["cost"] = step.cost.map(json)
        object["error"] = step.failure.map(json)
        return .object(object)
    }

    private func json(_ callback: Job.CallbackSummary) -> JSONValue {
        [
            "host": .string(callback.host), "events": .array(callback.events.map { .string($0.rawValue) }),
            "lastStatus": callback.lastStatus.map { .integer(Int64($0)) } ?? .null,
        ]
    }
}
