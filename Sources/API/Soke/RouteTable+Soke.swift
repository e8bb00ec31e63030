import Documents
import Engine
import HTTP
import Persistence
import ThumbwireKit

extension RouteTable {
    /// The face that Soke's clients know.
    mutating func addSoke() {
        let callback = Operation.Parameter(
            name: "X-Thumbwire-Callback", place: .header,
            summary: "a URL that gets the job's last event; `webhookUrl` in the body overrides it")
        soke(
            .post, "/api/v1/thumbnail/generate",
            Operation(
                "sokeGenerate", "Ask for a thumbnail as Soke's API does", tag: "soke", parameters: [callback],
                body: "SokeRequest", answers: [.json(202, "accepted", "SokeAccepted")]),
            generate)
        soke(
            .get, "/api/v1/thumbnail/{id}",
            Operation(
                "sokeGetThumbnail", "A thumbnail as Soke's API shows it", tag: "soke",
                answers: [.json(200, "the thumbnail, also one that failed", "SokeThumbnail")]),
            getThumbnail)
    }
}

@Sendable private func generate(_ call: Call) async throws -> Response {
    let start = call.context.clock.now()
    let callbackHeader = "X-Thumbwire-Callback"
    let asked = try SokeRequest(try call.body(), callbackHeader: call.request.headers[callbackHeader])
    var submission = call.submission(.soke, asked.request)
    submission.session = asked.session
    submission.callback = try await call.callback(
        asked.callback,
        in: asked.hasCallbackOfHeader ? .header(callbackHeader) : .field("webhookUrl"))
    let job = try await call.context.engine.submit(submission).job
    return .soke(
        202,
        [
            "id": .string(job.id.rawValue), "status": "processing", "sessionId": .string(job.session),
        ],
        platform: job.request.platform, call.request, took: call.context.clock.now() - start)
}

@Sendable private func getThumbnail(_ call: Call) async throws -> Response {
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
        200, SokeDocument(document: context.document).json(job, editorState: editorState),
        platform: job.request.platform, call.request, took: context.clock.now() - start)
}
