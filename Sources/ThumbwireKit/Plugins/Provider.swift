/// Makes pictures from words.
///
/// The engine makes the intent durable before ``create(_:context:)`` and the ticket or the bytes after it, owns all
/// waiting, and decides about retry and fail-over by the class of the thrown ``Failure``.
public protocol Provider: Plugin {
    /// How often the account behind this provider may be asked; `nil` is as often as you like.
    var pacing: Pacing? { get }

    /// Why it cannot serve the request, in a sentence for the client; `nil` where it can. What the manifest
    /// `requires` is checked before.
    func unsuitability(for request: GenerationRequest) -> String?

    /// How many pictures one create orders at that moment: what it takes of ``Pacing/picturesPerMinute``.
    func pictures(of request: GenerationRequest, at moment: Timestamp) -> Int

    /// Starts the generation. Throw ``FailureClass/outcomeUnknown`` when something may have been bought and the
    /// answer was lost, and no other class unless it is proved that nothing was bought.
    func create(
        _ request: GenerationRequest, context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer

    /// Asks how the work behind a ticket stands. Answer ``GenerationAnswer/failed(_:)`` when the other side says that it
    /// ended without a picture. What is thrown means that the question failed, and it is asked again; only the classes
    /// ``FailureClass/invalidInput``, `contentRejected` and `outOfFunds`, and `misconfigured` where nothing is billed,
    /// end the work as `failed` does.
    func poll(_ ticket: String, context: any ProviderContext) async throws(Failure) -> GenerationAnswer

    /// Tells the other side that nobody waits any more; best effort.
    func cancel(_ ticket: String, context: any ProviderContext) async
}

extension Provider {
    /// For providers without limits.
    public var pacing: Pacing? { nil }

    /// For providers that serve whatever their manifest says.
    public func unsuitability(for request: GenerationRequest) -> String? { nil }

    /// For providers that order every variant in one create.
    public func pictures(of request: GenerationRequest, at moment: Timestamp) -> Int {
        request.thumbnail.variants
    }

    /// For providers that finish at once: a ticket is unknown to them.
    public func poll(_ ticket: String, context: any ProviderContext) async throws(Failure) -> GenerationAnswer
    {
        throw Failure(.internal, code: "plugin_error", message: "\(Self.manifest.id) gives out no tickets")
    }

    /// For providers that cannot stop what they began.
    public func cancel(_ ticket: String, context: any ProviderContext) async {}
}

/// What a provider is asked for.
public struct GenerationRequest: Hashable, Sendable {
    /// What becomes of the picture.
    public enum Purpose: Hashable, Sendable {
        /// The chain draws the title later: a picture without text, with calm room where the layout puts it.
        case background(LayoutType)
        /// The chain draws nothing on it: the client's own words, as they are.
        case finished
    }

    /// The client's request.
    public var thumbnail: ThumbnailRequest
    /// The size that the chain wants; a provider may give a larger picture of about that shape.
    public var size: PixelSize
    /// What becomes of the picture.
    public var purpose: Purpose
    /// The same for every try of the same step, for providers that offer idempotency.
    public var idempotencyKey: String

    /// A request to a provider.
    public init(
        thumbnail: ThumbnailRequest, size: PixelSize, purpose: Purpose = .background(.textLeft),
        idempotencyKey: String
    ) {
        self.thumbnail = thumbnail
        self.size = size
        self.purpose = purpose
        self.idempotencyKey = idempotencyKey
    }
}

/// How a generation stands.
public enum GenerationAnswer: Sendable {
    case finished(GenerationResult)
    /// The work goes on elsewhere under this ticket; ask again after that time.
    case pending(ticket: String, pollAfter: Duration)
    /// The work ended without a picture, and nothing more will come: it is not asked about again.
    ///
    /// The class decides whether the next provider is asked, as after a create that failed; this one is never asked
    /// again by itself. Name a class that fails over by default, such as ``FailureClass/unavailable`` with the code
    /// `provider_failed`, only where it is sure that nothing was charged.
    /// ``FailureClass/outcomeUnknown`` is for work of which not even that is known.
    case failed(Failure)
}

/// The pictures of a finished generation, one for each variant.
public struct GenerationResult: Hashable, Sendable {
    /// An encoded picture.
    public struct Picture: Hashable, Sendable {
        /// JPEG, PNG or WebP.
        public var bytes: [UInt8]
        /// The media type of the bytes.
        public var mediaType: String

        /// An encoded picture.
        public init(bytes: [UInt8], mediaType: String) {
            self.bytes = bytes
            self.mediaType = mediaType
        }
    }

    /// At least one.
    public var pictures: [Picture]
    /// What the pictures are; `nil` is what the manifest says.
    public var product: PluginManifest.Product?
    /// What was charged; `nil` is not known.
    public var cost: Cost?
    /// What the provider tells of how it made them; an editor state upstream goes under `editorState`.
    public var provenance: JSONObject

    /// A finished generation.
    public init(
        pictures: [Picture], product: PluginManifest.Product? = nil, cost: Cost? = nil,
        provenance: JSONObject = [:]
    ) {
        self.pictures = pictures
        self.product = product
        self.cost = cost
        self.provenance = provenance
    }
}
