package import ThumbwireKit

/// Orders pictures from Soke (usesoke.ai), API version 1.
///
/// Where the chain draws the title it asks for a background, else for a finished thumbnail. Soke offers no
/// idempotency, so an order is sent once and its answer's id is the ticket.
package struct SokeProvider: Provider {
    /// What stands in the file's `config`.
    package struct Configuration: Decodable, Sendable {
        var apiKey: String
        var baseUrl: String
        var endpoint: String
        var requestsPerMinute: Int?
    }

    /// Which of Soke's two endpoints takes the orders.
    enum Endpoint: String, CaseIterable {
        /// As the chain needs it.
        case auto
        case generate
        case generateBackground = "generate-background"
    }

    package static let manifest = PluginManifest(
        id: "soke", version: PluginVersion(1, 0, 0), kind: .provider,
        summary: "Orders backgrounds, or thumbnails where the chain draws no title, from Soke",
        configuration: [
            ConfigurationField(
                "apiKey", .string, "the key of the account at Soke, sk_live_…", isRequired: true,
                isSecret: true),
            ConfigurationField(
                "baseUrl", .string, "where Soke's API is", default: "https://api.usesoke.ai/api/v1"),
            ConfigurationField(
                "endpoint", .choice(Endpoint.allCases.map { $0.rawValue }),
                "auto orders a background where the chain draws the title, and a thumbnail otherwise",
                default: "auto"),
            ConfigurationField(
                "requestsPerMinute", .integer(1...100_000),
                "the plan's limit, where it shall hold before Soke's own headers have told it"),
        ],
        isBilled: true, produces: .background, reads: [.title, .prompt, .video], sources: [.youTube])

    /// Credits for either endpoint.
    private static let price = Cost(amount: 4, unit: "credits")
    /// Soke asks for at least 2 s between polls.
    private static let pollInterval = Duration.seconds(2)
    /// Before the first answer tells the account's limit, no more orders are sent at a time: the smallest plan has 10
    /// requests a minute.
    private static let concurrentCreates = 8
    /// Bytes of an editor state that is kept.
    private static let maximumEditorState = 256 << 10

    package let pacing: Pacing?
    private let api: SokeAPI
    private let endpoint: Endpoint

    package init(configuration: Configuration) throws {
        guard let endpoint = Endpoint(rawValue: configuration.endpoint) else {
            throw ConfigurationError(
                field: "endpoint",
                message: "allowed are \(Endpoint.allCases.map { $0.rawValue }.joined(separator: ", "))")
        }
        self.endpoint = endpoint
        let account = try ProviderAccount(
            name: "Soke", baseURL: configuration.baseUrl, apiKey: configuration.apiKey)
        api = SokeAPI(account: account)
        pacing = Pacing(
            key: account.pacingKey, requestsPerMinute: configuration.requestsPerMinute,
            concurrentCreates: Self.concurrentCreates, pollInterval: Self.pollInterval)
    }

    package func unsuitability(for request: GenerationRequest) -> String? {
        let thumbnail = request.thumbnail
        guard thumbnail.title == nil, thumbnail.prompt == nil, thumbnail.videoURL == nil else { return nil }
        return "Soke needs a title, a prompt or a videoUrl"
    }

    package func create(
        _ request: GenerationRequest, context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer {
        context.enter(.preparing)
        let product = product(for: request)
        let order = SokeOrder(request, product: product, video: await context.videoContext())
        if order.isShortened {
            context.warn(Warning(code: "prompt_shortened", message: "the prompt is longer than Soke takes"))
        }
        let id = try await api.order(order, context: context)
        let ticket = SokeTicket(id: id, product: product)
        return .pending(ticket: ticket.text, pollAfter: Self.pollInterval)
    }

    package func poll(
        _ ticket: String, context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer {
        let work = SokeTicket(ticket)
        switch try await api.state(of: work.id, context: context) {
        case .working(let progress):
            if let progress { context.report(progress: progress) }
            return .pending(ticket: ticket, pollAfter: Self.pollInterval)
        case .failed(let failure): return .failed(failure)
        case .done(let url, let editorState):
            let picture = try await context.download(url, from: api.account.baseURL)
            var provenance: JSONObject = ["soke": ["id": .string(work.id)]]
            provenance["editorState"] = kept(editorState, context)
            return .finished(
                GenerationResult(
                    pictures: [picture], product: work.product, cost: Self.price, provenance: provenance))
        }
    }

    private func product(for request: GenerationRequest) -> PluginManifest.Product {
        switch (endpoint, request.purpose) {
        case (.generateBackground, _), (.auto, .background): .background
        case (.generate, _), (.auto, .finished): .composed
        }
    }

    private func kept(_ editorState: JSONValue?, _ context: any ProviderContext) -> JSONValue? {
        guard let editorState else { return nil }
        guard editorState.serialized().count <= Self.maximumEditorState else {
            context.warn(
                Warning(
                    code: "editor_state_dropped",
                    message: "Soke's editor state is larger than \(Self.maximumEditorState) bytes"))
            return nil
        }
        return editorState
    }
}

/// A ticket is Soke's id; a poll has no request, so that one for a finished thumbnail says so behind a mark that no id
/// has.
struct SokeTicket: Hashable {
    private static let mark = "#composed"

    var id: String
    var product: PluginManifest.Product

    init(id: String, product: PluginManifest.Product) {
        self.id = id
        self.product = product
    }

    init(_ text: String) {
        let isComposed = text.hasSuffix(Self.mark)
        id = isComposed ? String(text.dropLast(Self.mark.count)) : text
        product = isComposed ? .composed : .background
    }

    var text: String { product == .composed ? id + Self.mark : id }
}
