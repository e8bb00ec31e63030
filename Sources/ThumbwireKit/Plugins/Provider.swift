/// Makes pictures from words.
///
/// The engine makes the intent durable before ``create(_:context:)`` and the ticket or the bytes after it, owns all
/// waiting, and decides about retry and fail-over by the class of the thrown ``Failure``.
public protocol Provider: Plugin {
    /// Starts the generation. Throw ``FailureClass/outcomeUnknown`` when something may have been bought and the
    /// answer was lost, and no other class unless it is proved that nothing was bought.
    func create(
        _ request: GenerationRequest, context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer

    /// Asks how the work behind a ticket stands.
    func poll(_ ticket: String, context: any ProviderContext) async throws(Failure) -> GenerationAnswer

    /// Tells the other side that nobody waits any more; best effort.
    func cancel(_ ticket: String, context: any ProviderContext) async
}

extension Provider {
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
    /// The client's request.
    public var thumbnail: ThumbnailRequest
    /// The size that the chain wants; a provider may give a larger picture of about that shape.
    public var size: PixelSize
    /// The same for every try of the same step, for providers that offer idempotency.
    public var idempotencyKey: String

    /// A request to a provider.
    public init(thumbnail: ThumbnailRequest, size: PixelSize, idempotencyKey: String) {
        self.thumbnail = thumbnail
        self.size = size
        self.idempotencyKey = idempotencyKey
    }
}

/// How a generation stands.
public enum GenerationAnswer: Sendable {
    case finished(GenerationResult)
    /// The work goes on elsewhere under this ticket; ask again after that time.
    case pending(ticket: String, pollAfter: Duration)
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
    /// What was charged; `nil` is not known.
    public var cost: Cost?
    /// What the provider tells of how it made them.
    public var provenance: JSONObject

    /// A finished generation.
    public init(pictures: [Picture], cost: Cost? = nil, provenance: JSONObject = [:]) {
        self.pictures = pictures
        self.cost = cost
        self.provenance = provenance
    }
}

/// What the engine lends a provider for one call.
public protocol ProviderContext: Sendable {
    /// The job.
    var job: JobID { get }
    /// By when the call must have returned.
    var deadline: Timestamp { get }
    /// The photo at the request's `sourceImageUrl`, fetched under the address policy for tenant-given URLs and
    /// checked to be a picture within limits; `nil` when the request names none. Throws with the codes
    /// `source_image_…`.
    func sourceImage() async throws(Failure) -> GenerationResult.Picture?
    /// Runs work that burns CPU on a render thread, never on Swift's cooperative pool.
    func render<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value
    /// Adds a warning to the job.
    func warn(_ warning: Warning)
}
