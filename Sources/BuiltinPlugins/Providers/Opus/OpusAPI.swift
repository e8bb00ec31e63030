import ThumbwireKit

/// Opus's `generative-jobs` as its OpenAPI document has them, and tolerant of what its own tools and others have seen:
/// answers wrapped in `data`, progress as a number, errors as text.
struct OpusAPI: Sendable {
    /// How work stands.
    enum State {
        /// From 0 to 1, where it is told.
        case working(progress: Double?)
        /// At least one URL.
        case done(urls: [String])
        /// It ended without pictures.
        case failed(Failure)
    }

    private static let doneWords: Set = ["CONCLUDED", "COMPLETED", "SUCCEEDED"]
    private static let failedWords: Set = ["FAILED", "ERROR", "ERRORED", "CANCELED", "CANCELLED"]
    private static let unknownWord = "UNKNOWN"
    private static let workingWords: Set = ["QUEUED", "PROCESSING", "PENDING", "RUNNING"]

    let account: ProviderAccount
    /// Of users with several.
    let organization: String?

    /// Sends an order, once, and returns the id of the work.
    func order(_ body: JSONObject, context: any ProviderContext) async throws(Failure) -> String {
        let reply = try await send(.purchase, "POST", "/api/generative-jobs", body, context)
        guard reply.isSuccess else { throw failure(for: reply, .purchase) }
        guard let id = reply.word(at: ["jobId", "data.jobId", "id", "data.id"]) else {
            throw account.unproven(reply, .purchase)
        }
        return id
    }

    /// Asks for the work behind an id.
    func state(
        of id: String, atMost count: Int, context: any ProviderContext
    ) async throws(Failure) -> State {
        let reply = try await send(
            .question, "GET", "/api/generative-jobs/\(id.asPathSegment)", nil, context)
        guard reply.isSuccess else { throw failure(for: reply, .question) }
        let word = reply.word(at: ["status", "data.status"])?.uppercased()
        let urls = reply.urls(
            at: [
                "result.generatedThumbnailUris", "data.result.generatedThumbnailUris",
                "generatedThumbnailUris", "data.generatedThumbnailUris",
            ], atMost: count)
        switch word {
        case .some(let word) where Self.failedWords.contains(word): return .failed(verdict(word, reply))
        case Self.unknownWord: return .failed(unknownOutcome(reply))
        // Concluded is not yet success: the pictures may have failed to come out.
        case .some(let word) where Self.doneWords.contains(word):
            let hasError = reply.value(at: ["error", "data.error"]) != nil
            if hasError { return .failed(verdict(word, reply)) }
            return urls.isEmpty ? .failed(emptyHanded(word, reply)) : .done(urls: urls)
        case .some(let word) where Self.workingWords.contains(word): break
        case nil:
            throw Failure(
                .internal, code: "plugin_error", message: "Opus's answer does not say how the work stands",
                detail: reply.shape)
        default:
            // Equal warnings are kept once, so that polling does not repeat it.
            context.warn(
                Warning(
                    code: "provider_answer_unknown", message: "Opus gave an unknown status: \(reply.shape)"))
        }
        return .working(progress: progress(reply))
    }

    /// Asks where the bytes of a picture can be uploaded to, and what its URL will be.
    func uploadLink(
        fileExtension: String, context: any ProviderContext
    ) async throws(Failure) -> (upload: String, picture: String) {
        let reply = try await send(
            .preparation, "POST", "/api/upload-links",
            ["usecase": "FreeToolMedia", "type": "Upload", "extension": .string(fileExtension)], context)
        guard reply.isSuccess else { throw failure(for: reply, .preparation) }
        guard let upload = reply.url(at: ["url", "data.url"]),
            let picture = reply.url(at: ["cdnUrl", "data.cdnUrl"])
        else {
            throw Failure(
                .internal, code: "plugin_error", message: "Opus's upload link lacks url or cdnUrl",
                detail: reply.shape)
        }
        return (upload, picture)
    }

    private func send(
        _ errand: ProviderAccount.Errand, _ method: String, _ path: String, _ body: JSONObject?,
        _ context: any ProviderContext
    ) async throws(Failure) -> ProviderReply {
        var headers = [(name: "Authorization", value: "Bearer \(account.apiKey)")]
        if let organization, !organization.isEmpty {
            headers.append((name: "x-opus-org-id", value: organization))
        }
        let reply = try await account.send(
            errand, method, path, headers: headers, body: body, context: context)
        learn(reply, context)
        return reply
    }

    /// An object with a share, or a number that is a share up to 1 and a percentage above it.
    private func progress(_ reply: ProviderReply) -> Double? {
        let places = ["progress.percentage", "data.progress.percentage", "progress", "data.progress"]
        let number = places.lazy.compactMap { reply.value(at: [$0])?.number }.first
        return number.map { min(1, max(0, $0 > 1 ? $0 / 100 : $0)) }
    }

    /// `X-RateLimit-*` carry the month's credits, not the minute's requests.
    private func learn(_ reply: ProviderReply, _ context: any ProviderContext) {
        let limit = reply.count(header: "X-RateLimit-Limit")
        let remaining = reply.count(header: "X-RateLimit-Remaining")
        guard limit != nil || remaining != nil else { return }
        context.learn(
            Budget(
                kind: .credits, limit: limit, remaining: remaining,
                resetsAt: reply.moment(header: "X-RateLimit-Reset")))
    }
}
