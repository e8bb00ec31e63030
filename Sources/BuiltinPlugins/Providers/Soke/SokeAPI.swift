import ThumbwireKit

/// Soke's API as its documents have it (usesoke.ai/docs/api-reference), and tolerant where they say nothing: the body
/// of `GET /thumbnail/{id}` is described in one sentence.
struct SokeAPI: Sendable {
    /// How work stands.
    enum State {
        /// From 0 to 1, where it is told.
        case working(progress: Double?)
        case done(url: String, editorState: JSONValue?)
        /// It ended without a picture.
        case failed(Failure)
    }

    private static let doneWords: Set = [
        "completed", "complete", "succeeded", "success", "ready", "finished", "done",
    ]
    private static let failedWords: Set = [
        "failed", "failure", "error", "errored", "cancelled", "canceled", "expired",
    ]
    private static let workingWords: Set = [
        "queued", "pending", "processing", "running", "in_progress", "started", "created",
    ]
    private static let pictureNames = [
        "imageUrl", "image_url", "thumbnailUrl", "thumbnail_url", "url", "backgroundUrl", "background_url",
    ]
    private static let editorStateNames = ["editorState", "editor_state"]

    let account: ProviderAccount

    /// Sends an order, once, and returns the id of the work.
    func order(_ order: SokeOrder, context: any ProviderContext) async throws(Failure) -> String {
        let path = order.product == .composed ? "/thumbnail/generate" : "/thumbnail/generate-background"
        let reply = try await account.send(
            .purchase, "POST", path, headers: headers, body: order.body, context: context)
        learn(reply, context)
        let id = reply.word(at: ["data.id", "data.jobId", "data.job_id", "id", "jobId"])
        if reply.isSuccess, let id { return id }
        throw failure(for: reply, .purchase)
    }

    /// Asks for the work behind an id, as a thumbnail and, where that is unknown, as a job.
    func state(of id: String, context: any ProviderContext) async throws(Failure) -> State {
        var reply = try await ask("/thumbnail/\(id.asPathSegment)", context)
        if reply.status == 404 { reply = try await ask("/jobs/\(id.asPathSegment)", context) }
        guard reply.isSuccess else { throw failure(for: reply, .question) }
        if let error = Self.failureInside(reply) { return .failed(verdict(error, reply)) }
        return try state(in: reply, context)
    }

    private func ask(_ path: String, _ context: any ProviderContext) async throws(Failure) -> ProviderReply {
        let reply = try await account.send(.question, "GET", path, headers: headers, context: context)
        learn(reply, context)
        return reply
    }

    private var headers: [(name: String, value: String)] { [(name: "X-Soke-Key", value: account.apiKey)] }
}

extension SokeAPI {
    private static let containers = ["data.", "data.result.", "", "result."]

    private static func places(_ names: [String]) -> [String] {
        containers.flatMap { container in names.map { container + $0 } }
    }

    private static func word(_ reply: ProviderReply) -> String? {
        reply.word(at: ["data.status", "status", "data.state"])?.lowercased()
    }

    /// True where a 200 says that the work failed: by its status, or in an envelope whose error is no complaint about
    /// the question itself.
    private static func failureInside(_ reply: ProviderReply) -> SokeError? {
        let error = SokeError(reply)
        if let word = word(reply), failedWords.contains(word) { return error }
        let isRefused = reply.value(at: ["success"])?.bool == false
        return isRefused && !error.isAboutTheCall ? error : nil
    }

    private func state(in reply: ProviderReply, _ context: any ProviderContext) throws(Failure) -> State {
        if reply.value(at: ["success"])?.bool == false { throw failure(for: reply, .question) }
        let word = Self.word(reply)
        let url = reply.url(at: Self.places(Self.pictureNames))
        switch word {
        case .some(let word) where Self.workingWords.contains(word): break
        case .some(let word) where Self.doneWords.contains(word) || url != nil:
            return try done(reply, url, context)
        case nil where url != nil: return try done(reply, url, context)
        case nil:
            throw Failure(
                .internal, code: "plugin_error", message: "Soke's answer does not say how the work stands",
                detail: reply.shape)
        default:
            warnOfShape("Soke gave an unknown status", reply, context)
        }
        let percent = reply.value(at: ["data.progress", "data.progress.percentage", "progress"])?.number
        return .working(progress: percent.map { min(1, max(0, $0 / 100)) })
    }

    /// A finished work whose picture is not found is asked for again: it is paid for, and no other class of failure
    /// keeps its ticket.
    private func done(
        _ reply: ProviderReply, _ url: String?, _ context: any ProviderContext
    ) throws(Failure) -> State {
        guard let url else {
            warnOfShape("Soke's answer holds no picture under a known name", reply, context)
            throw Failure(
                .internal, code: "provider_returned_nothing",
                message: "Soke says that the picture is finished, and not where it is", detail: reply.shape)
        }
        return .done(url: url, editorState: reply.value(at: Self.places(Self.editorStateNames)))
    }

    /// Equal warnings are kept once, so that polling does not repeat it.
    private func warnOfShape(_ what: String, _ reply: ProviderReply, _ context: any ProviderContext) {
        context.warn(Warning(code: "provider_answer_unknown", message: "\(what): \(reply.shape)"))
    }

    /// The account's limits, which are on every answer.
    private func learn(_ reply: ProviderReply, _ context: any ProviderContext) {
        let (limit, remaining) = (
            reply.count(header: "X-Soke-Limit"), reply.count(header: "X-Soke-Remaining")
        )
        if limit != nil || remaining != nil {
            // A window is a minute; a reset that is further away is a mistake that must not stop the provider.
            let latest = context.now() + .seconds(3_600)
            let reset = reply.moment(header: "X-Soke-Reset").map { min($0, latest) }
            context.learn(Budget(kind: .requests, limit: limit, remaining: remaining, resetsAt: reset))
        }
        if let credits = reply.count(header: "X-Soke-Credits-Remaining") {
            context.learn(
                Budget(
                    kind: .credits, limit: reply.count(header: "X-Soke-Credits-Limit"), remaining: credits,
                    resetsAt: reply.moment(header: "X-Soke-Credits-Reset")))
        }
    }
}
