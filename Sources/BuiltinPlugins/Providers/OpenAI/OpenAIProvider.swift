package import ThumbwireKit

/// Buys pictures from the OpenAI Images API, from Azure's, or from a compatible server.
///
/// A create is one POST and is never repeated here. Answers with bytes finish at once; answers with URLs become a
/// ticket that holds the URLs, durable before anything is fetched.
package struct OpenAIProvider: Provider {
    package static let manifest = PluginManifest(
        id: "dalle", version: PluginVersion(1, 0, 0), kind: .provider,
        summary: "Makes pictures with OpenAI's image models, or those of Azure and compatible servers",
        configuration: OpenAIConfiguration.fields, isBilled: true,
        reads: [.title, .prompt, .video, .sourceImage, .referenceImages, .maskImage],
        sources: [.youTube, .page, .image])

    private let configuration: OpenAIConfiguration
    private let account: OpenAIAccount
    private let watch = OpenAIModelWatch()

    package init(configuration: OpenAIConfiguration) throws {
        try configuration.check()
        account = OpenAIAccount(configuration)
        self.configuration = configuration.withoutKey
    }

    package var pacing: Pacing? {
        Pacing(key: account.pacingKey, picturesPerMinute: configuration.imagesPerMinute)
    }

    package func unsuitability(for request: GenerationRequest) -> String? {
        let thumbnail = request.thumbnail
        guard thumbnail.maskImage == nil || thumbnail.sourceImage != nil || !thumbnail.referenceImages.isEmpty
        else { return "maskImageUrl needs sourceImageUrl or referenceImageUrl beside it" }
        return nil
    }

    package func pictures(of request: GenerationRequest, at moment: Timestamp) -> Int {
        let wanted = OpenAIWishes(request.thumbnail).text("model")
        let choice = try? OpenAIModelChoice(wanted, configuration: configuration, now: moment)
        return OpenAIOrder.count(request.thumbnail.variants, of: choice?.model)
    }

    package func create(
        _ request: GenerationRequest, context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer {
        context.enter(.preparing)
        let choice = try choose(request, context)
        let draft = try await draft(request, choice, context)
        for warning in choice.warnings + draft.order.warnings { context.warn(warning) }
        // Ends with the purchase: leaving the scope cancels what is not done by then.
        async let _: Void = watch.look(at: choice.model.name, account, context)
        context.enter(.ordering)
        let purchase = OpenAIPurchase(account: account, configuration: configuration, draft: draft)
        let answer = try await purchase.make(context)
        // The table's own date has been warned about.
        if choice.model.retirement == nil,
            let warning = watch.warning(of: choice.model.name, now: context.now())
        {
            context.warn(warning)
        }
        return answer
    }

    package func poll(
        _ ticket: String, context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer {
        guard let ticket = OpenAITicket(ticket) else {
            throw Failure(.internal, code: "plugin_error", message: "the ticket is not of this provider")
        }
        return .finished(
            GenerationResult(
                pictures: try await context.downloads(ticket.urls, from: account.baseURL), cost: ticket.cost,
                provenance: ticket.provenance))
    }

    private func choose(
        _ request: GenerationRequest, _ context: any ProviderContext
    ) throws(Failure) -> OpenAIModelChoice {
        do {
            return try OpenAIModelChoice(
                OpenAIWishes(request.thumbnail).text("model"), configuration: configuration,
                now: context.now())
        } catch {
            throw Failure(.misconfigured, code: "provider_misconfigured", message: "\(error)")
        }
    }

    /// Gathers all that a create needs; nothing is bought yet.
    private func draft(
        _ request: GenerationRequest, _ choice: OpenAIModelChoice, _ context: any ProviderContext
    ) async throws(Failure) -> OpenAIDraft {
        let thumbnail = request.thumbnail
        let video = thumbnail.videoURL == nil ? nil : await context.videoContext()
        let wantsFrame = configuration.useVideoFrame || video?.source.kind == .image
        let hasFrame = wantsFrame && thumbnail.videoURL != nil && thumbnail.sourceImage == nil
        let frame = hasFrame && choice.model.edits ? await context.videoFrame() : nil
        let inputs = try await OpenAIInputs(thumbnail, frame: frame, context: context)
        guard choice.model.edits || !inputs.isEdit else {
            throw Failure(
                .invalidInput, code: "provider_unsuitable",
                message: "\(choice.model.name) does not work on pictures that are given")
        }
        let order = OpenAIOrder(
            request, model: choice.model, configuration: configuration, isEdit: inputs.isEdit)
        let prompt = try OpenAIPrompt.text(
            for: request, video: video, limit: choice.model.maximumPromptLength)
        return OpenAIDraft(order: order, prompt: prompt, inputs: inputs, replaced: choice.replaced)
    }
}
