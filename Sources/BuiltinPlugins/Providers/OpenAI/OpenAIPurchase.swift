import ThumbwireKit

/// All that one create says.
struct OpenAIDraft: Sendable {
    var order: OpenAIOrder
    var prompt: String
    var inputs: OpenAIInputs
    /// The model that was asked for, where another one stands in.
    var replaced: String?

    /// Previews can be streamed of a single picture.
    func partialImages(_ configured: Int) -> Int {
        order.model.parameters.contains(.stream) && order.count == 1 ? configured : 0
    }
}

/// One create from the request to the pictures. What is thrown after the request went out says what that proves.
struct OpenAIPurchase: Sendable {
    /// The largest pictures of today's models are PNGs of 25 MB, 34 MB as base64.
    static let maximumPictureBytes = 48 << 20
    static let maximumAnswerBytes = 256 << 20

    let account: OpenAIAccount
    let configuration: OpenAIConfiguration
    let draft: OpenAIDraft

    func make(_ context: any ProviderContext) async throws(Failure) -> GenerationAnswer {
        let partialImages = draft.partialImages(configuration.partialImages)
        return partialImages > 0
            ? try await streamed(partialImages, context) : try await whole(context)
    }

    private func whole(_ context: any ProviderContext) async throws(Failure) -> GenerationAnswer {
        let response: PluginResponse
        do throws(TransportFailure) {
            response = try await context.send(request(partialImages: 0))
        } catch {
            throw error.failure(ofPurchase: true)
        }
        try check(response, context)
        return try await finish([response.body], afterPreviews: 0, response, context)
    }

    private func streamed(
        _ partialImages: Int, _ context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer {
        let stream = OpenAIStream(limit: answerLimit)
        var request = request(partialImages: partialImages)
        request.maximumResponseBytes = answerLimit * (partialImages + 1)
        request.receive = { stream.receive($0) }
        async let shown: Void = show(stream.previews, of: partialImages, context)
        let outcome: Result<PluginResponse, TransportFailure>
        do throws(TransportFailure) {
            outcome = .success(try await context.send(request))
        } catch {
            outcome = .failure(error)
        }
        let ending = stream.end()
        await shown
        if case .success(let response) = outcome { try check(response, context) }
        // A connection that breaks after the closing event has told all.
        if case .failure(let failure) = outcome, ending.documents.isEmpty {
            throw failure.failure(ofPurchase: true)
        }
        return try await finish(
            ending.documents, afterPreviews: ending.previews, try? outcome.get(), context)
    }

    /// Shows previews as they come, until the stream ends.
    private func show(
        _ previews: AsyncStream<[UInt8]>, of count: Int, _ context: any ProviderContext
    ) async {
        for await data in previews {
            guard let partial = try? await context.render({ OpenAIAnswer.partial(data) }) else { continue }
            context.preview(partial.picture)
            context.report(progress: (Double(partial.index) + 1) / Double(count + 1))
        }
    }

    private func check(_ response: PluginResponse, _ context: any ProviderContext) throws(Failure) {
        let now = context.now()
        if let budget = OpenAIRateLimit(response).budget(now: now) { context.learn(budget) }
        guard !(200..<300).contains(response.status) else { return }
        throw OpenAIRefusal(response, now: now).failure(account.redacted)
    }

    private func finish(
        _ documents: [[UInt8]], afterPreviews previews: Int, _ response: PluginResponse?,
        _ context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer {
        // What was bought is read on this thread where the render threads are gone.
        let answer = (try? await context.render { OpenAIAnswer(documents) }) ?? OpenAIAnswer(documents)
        guard !answer.isEmpty else { throw failure(of: answer, afterPreviews: previews) }
        let provenance = provenance(answer, response)
        guard answer.pictures.isEmpty else {
            return .finished(await finished(answer, provenance, context))
        }
        let ticket = OpenAITicket(urls: answer.urls, provenance: provenance, cost: answer.cost)
        return .pending(ticket: ticket.text, pollAfter: .zero)
    }

    /// Bytes cannot wait in a ticket: where some items are URLs, what cannot be had at once is left.
    private func finished(
        _ answer: OpenAIAnswer, _ provenance: JSONObject, _ context: any ProviderContext
    ) async -> GenerationResult {
        var pictures = answer.pictures
        for url in answer.urls {
            if let picture = try? await context.download(url, from: account.baseURL) {
                pictures.append(picture)
            }
        }
        return GenerationResult(pictures: pictures, cost: answer.cost, provenance: provenance)
    }

    /// An answer without pictures. Work that was taken on with a 200 and broke off inside proves nothing, and previews
    /// are billed: only what says that it refused the order is believed.
    private func failure(of answer: OpenAIAnswer, afterPreviews previews: Int) -> Failure {
        let unknown = Failure(
            .outcomeUnknown, code: "provider_outcome_unknown",
            message: "the image service's answer ended without a whole picture",
            detail: "unusable items: \(answer.unusable), previews: \(previews)")
        guard let error = answer.error, answer.unusable == 0 else { return unknown }
        let failure = OpenAIRefusal(event: error).failure(account.redacted)
        switch failure.failureClass {
        case .unavailable: return unknown
        case .rateLimited where previews > 0: return unknown
        default: return failure
        }
    }

    private func provenance(_ answer: OpenAIAnswer, _ response: PluginResponse?) -> JSONObject {
        var told = answer.details
        told["model"] = .string(draft.order.model.name)
        told["operation"] = draft.inputs.isEdit ? "edit" : "generation"
        told["requestedModel"] = draft.replaced.map { .string($0) }
        told["requestedSize"] = draft.order.members["size"]
        told["requestId"] = response?.header("x-request-id").map { .string(String($0.prefix(100))) }
        return ["openai": .object(told)]
    }
}

extension OpenAIPurchase {
    private var answerLimit: Int {
        min(Self.maximumAnswerBytes, Self.maximumPictureBytes * draft.order.count + (1 << 20))
    }

    /// The one request that buys.
    private func request(partialImages: Int) -> PluginRequest {
        var members = draft.order.members
        members["prompt"] = .string(draft.prompt)
        if partialImages > 0 {
            members["stream"] = true
            members["partial_images"] = .integer(Int64(partialImages))
        }
        let (body, contentType) = draft.inputs.isEdit ? form(members) : json(members)
        return PluginRequest(
            "POST", account.url(draft.inputs.isEdit ? "images/edits" : "images/generations"),
            headers: account.headers(
                contentType: contentType,
                accept: partialImages > 0 ? "text/event-stream, application/json" : "application/json"),
            body: body, timeout: .seconds(configuration.timeoutSeconds), maximumResponseBytes: answerLimit)
    }

    private func json(_ members: JSONObject) -> (body: [UInt8], contentType: String) {
        (JSONValue.object(members).serialized(), "application/json")
    }

    private func form(_ members: JSONObject) -> (body: [UInt8], contentType: String) {
        var form = MultipartForm()
        for member in members.members {
            let text = member.value.string ?? String(decoding: member.value.serialized(), as: UTF8.self)
            form.add(member.name, text)
        }
        let isOpenAI = OpenAIModels.row(draft.order.model.name) != nil
        draft.inputs.write(to: &form, isArray: isOpenAI)
        return (form.body(), form.contentType)
    }
}
