import Documents
import Engine
import HTTP
import Persistence
import ThumbwireKit

extension RouteTable {
    /// The face that Soke's clients know. Its log-in endpoints are not part of it: a key is all that is needed.
    mutating func addSoke() {
        let callback = Operation.Parameter(
            name: Call.callbackHeader, place: .header,
            summary: "a URL that gets the job's last event; `webhookUrl` in the body overrides it")
        soke(
            .post, "/api/v1/thumbnail/generate",
            Operation(
                "sokeGenerate", "Ask for a thumbnail as Soke's API does", tag: "soke",
                parameters: [callback, .callbackFormat, .idempotencyKey],
                body: "SokeRequest", answers: [.json(202, "accepted", "SokeAccepted")])
        ) { try await generate($0, .generate, face: .soke) }
        soke(
            .post, "/api/v1/thumbnail/generate-background",
            Operation(
                "sokeGenerateBackground", "Ask for a picture without title as Soke's API does", tag: "soke",
                parameters: [callback, .callbackFormat, .idempotencyKey], body: "SokeBackgroundRequest",
                answers: [.json(202, "accepted", "SokeAccepted")])
        ) { try await generate($0, .generateBackground, face: .sokeBackground) }
        soke(
            .get, "/api/v1/thumbnail/{id}",
            Operation(
                "sokeGetThumbnail", "A thumbnail as Soke's API shows it", tag: "soke",
                answers: [.json(200, "the thumbnail, also one that failed", "SokeThumbnail")])
        ) { try await show($0, .thumbnail) }
        soke(
            .get, "/api/v1/jobs/{id}",
            Operation(
                "sokeGetJob", "A job as Soke's API shows it", tag: "soke",
                answers: [.json(200, "the job, also one that failed", "SokeThumbnail")])
        ) { try await show($0, .job) }
    }
}

private func generate(
    _ call: Call, _ endpoint: SokeRequest.Endpoint, face: Face
) async throws -> Response {
    let start = call.context.clock.now()
    let made = try await call.once { key in
        try call.requireEnabled(face)
        let asked = try SokeRequest(
            try call.body(), endpoint: endpoint, callbackHeader: call.request.headers[Call.callbackHeader])
        var submission = call.submission(face, asked.request)
        submission.session = asked.session
        submission.callback = try await call.callback(
            asked.callback,
            in: asked.hasCallbackOfHeader ? .header(Call.callbackHeader) : .field("webhookUrl"))
        submission.repetition = key.map(Repetition.key)
        return try await call.submit(submission).job
    }
    let job = made.resource
    return Response.soke(
        202,
        [
            "id": .string(job.id.rawValue), "status": "processing", "sessionId": .string(job.session),
        ],
        platform: job.request.platform, call.request, took: call.context.clock.now() - start
    ).marked(made)
}

private func show(_ call: Call, _ style: SokeDocument.Style) async throws -> Response {
    let context = call.context
    let start = context.clock.now()
    guard let job = try await context.store.job(call.jobID(), of: call.account) else {
        throw Problem(.notFound, "there is no thumbnail \(call.parameter("id").prefix(64))")
    }
    var editorState: JSONValue?
    if job.state == .completed, let text = try await context.store.composition(of: job.id, variant: 0) {
        editorState = try? JSONValue(parsing: text)
    }
    return .soke(
        200,
        SokeDocument(document: context.document, style: style).json(job, editorState: .inline(editorState)),
        platform: job.request.platform, call.request, took: context.clock.now() - start)
}
