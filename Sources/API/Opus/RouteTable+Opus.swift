import Documents
import Engine
import HTTP
import Persistence
import ThumbwireKit
import Webhooks

extension RouteTable {
    /// The face that Opus' clients know.
    mutating func addOpus() {
        let callback = Operation.Parameter(
            name: Call.callbackHeader, place: .header,
            summary:
                "a URL that gets the job's last event; the body's `webhookUrl` or `conclusionActions` override it"
        )
        opus(
            .post, "/api/generative-jobs",
            Operation(
                "opusCreateJob", "Ask for thumbnails as Opus' API does", tag: "opus",
                parameters: [callback, .callbackFormat, .idempotencyKey],
                body: "OpusRequest", answers: [.json(201, "accepted", "OpusAccepted")]),
            createJob)
        opus(
            .get, "/api/generative-jobs/{id}",
            Operation(
                "opusGetJob", "A job as Opus' API shows it", tag: "opus",
                answers: [.json(200, "the job as it is, also one that failed", "OpusJob")])
        ) { call in
            guard let job = try await call.context.store.job(call.jobID(), of: call.account) else {
                throw call.noJob
            }
            return .json(200, OpusDocument(document: call.context.document).json(job))
        }
        addOpusUploads()
    }
}

@Sendable private func createJob(_ call: Call) async throws -> Response {
    let made = try await call.once { key in
        var submission = try await submission(of: call)
        submission.repetition = key.map(Repetition.key)
        return try await call.submit(submission).job
    }
    return Response.json(201, ["jobId": .string(made.resource.id.rawValue)]).marked(made)
}

private func submission(of call: Call) async throws -> Submission {
    // A face that is off says so whatever is asked.
    try call.requireEnabled(.opus)
    let asked = try OpusRequest(try call.body(), callbackHeader: call.request.headers[Call.callbackHeader])
    var submission = call.submission(.opus, try await call.resolvingUploads(ofOpus: asked.request))
    switch asked.callbackPlace {
    case .header:
        submission.callback = try await call.callback(asked.callback, in: .header(Call.callbackHeader))
    case .webhookURL: submission.callback = try await call.callback(asked.callback, in: .field("webhookUrl"))
    case .conclusionAction:
        submission.callback = try await call.callback(
            asked.callback, in: .field("conclusionActions/0/url"),
            signing: .opus(key: try call.keys.credential(of: call.request)))
    }
    return submission
}
