/// What the engine lends a provider for one call.
public protocol ProviderContext: Sendable {
    /// The job.
    var job: JobID { get }
    /// By when the call must have returned.
    var deadline: Timestamp { get }
    /// The service's clock.
    func now() -> Timestamp

    /// The pictures that the request brings in that role, in order: fetched under the address policy for tenant-given
    /// URLs or read from the account's uploads, and checked to be pictures within limits. Empty when it names none.
    /// Throws with the codes `source_image_…`, the message naming the field.
    func images(_ role: ImageRole) async throws(Failure) -> [GenerationResult.Picture]
    /// What is known of the request's `videoUrl`; `nil` without one, or when nothing could be found out, which is
    /// warned about. Looked up once for each job and process.
    func videoContext() async -> VideoContext?
    /// The best picture that stands for the request's video; `nil` when there is none.
    func videoFrame() async -> GenerationResult.Picture?

    /// Sends a request to the service that the operator configured.
    func send(_ request: PluginRequest) async throws(TransportFailure) -> PluginResponse
    /// Fetches a result picture, checked to be one within limits. Its host must be public, or that of `base`, the URL
    /// that the operator wrote. A download that fails is no verdict on the work: the class is `unavailable` or
    /// `timeout`, or `internal` for what is no picture.
    func download(_ url: String, from base: String) async throws(Failure) -> GenerationResult.Picture

    /// Says where a create stands. One that is cut off while it prepares has bought nothing and may be tried again;
    /// one that never said so may have bought something.
    func enter(_ phase: CreatePhase)
    /// Tells the account's budget as the other side just reported it.
    func learn(_ budget: Budget)
    /// How far the generation is, from 0 to 1.
    func report(progress: Double)
    /// A picture on the way, shown to those who watch the job and not kept.
    func preview(_ picture: GenerationResult.Picture)
    /// Runs work that burns CPU on a render thread, never on Swift's cooperative pool.
    func render<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value
    /// Adds a warning to the job.
    func warn(_ warning: Warning)
}

/// How far a create of a provider that costs money is.
public enum CreatePhase: Hashable, Sendable {
    /// What is sent now buys nothing.
    case preparing
    /// The order goes out next, or went out.
    case ordering
}

/// What a picture of the request is for.
public enum ImageRole: String, Hashable, Sendable, CaseIterable {
    case source, reference, mask
}

/// A request of a plugin to the service that it speaks for.
public struct PluginRequest: Sendable {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    public var method: String
    /// Absolute; the operator's base URL and what the protocol adds.
    public var url: String
    /// Names with values, in order.
    public var headers: [(name: String, value: String)]
    /// Empty for none.
    public var body: [UInt8]
    /// For everything, down to the last byte; the call's deadline ends it in any case.
    public var timeout: Duration
    /// A longer answer fails as `tooLarge`, also one that `receive` takes.
    public var maximumResponseBytes: Int
    /// Takes the body of a 2xx answer piece by piece instead of keeping it. Must not block.
    public var receive: (@Sendable ([UInt8]) -> Void)?

    /// A request.
    public init(
        _ method: String, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        timeout: Duration = .seconds(30), maximumResponseBytes: Int = 1 << 20,
        receive: (@Sendable ([UInt8]) -> Void)? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.maximumResponseBytes = maximumResponseBytes
        self.receive = receive
    }
}

/// A whole answer.
public struct PluginResponse: Sendable {
    /// The status code.
    public var status: Int
    /// Names with values, in order.
    public var headers: [(name: String, value: String)]
    /// Without what `receive` took.
    public var body: [UInt8]

    /// An answer.
    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of that name, whatever its case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// Why a plugin's request has no whole answer.
public struct TransportFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What happened.
    public enum Reason: String, Hashable, Sendable, CaseIterable {
        /// No connection came about.
        case unreachable
        case timeout
        /// The connection ended, or the answer was no HTTP.
        case lost
        case tooLarge
        case cancelled
    }

    /// What happened.
    public var reason: Reason
    /// False only where it is proved that the other side never had the whole request.
    public var mayHaveArrived: Bool
    /// In a sentence for the client, naming the host at most.
    public var message: String

    /// Why there is no answer.
    public init(_ reason: Reason, mayHaveArrived: Bool, message: String) {
        self.reason = reason
        self.mayHaveArrived = mayHaveArrived
        self.message = message
    }

    /// Reason and message.
    public var description: String { "\(reason.rawValue): \(message)" }

    /// The failure of a call: of one that buys, the outcome is unknown where the request may have arrived.
    public func failure(ofPurchase isPurchase: Bool) -> Failure {
        if isPurchase, mayHaveArrived {
            return Failure(
                .outcomeUnknown, code: "provider_outcome_unknown",
                message: "the order was sent and its answer was lost: \(message)")
        }
        return reason == .timeout
            ? Failure(.timeout, code: "provider_timeout", message: message)
            : Failure(.unavailable, code: "provider_unavailable", message: message)
    }
}

/// How often the account behind a provider may be asked, over all jobs of this service.
public struct Pacing: Hashable, Sendable {
    /// Names the purse: providers with equal keys share it. Made from the base URL and a hash of the API key.
    public var key: String
    /// Requests of any kind; a create counts as ``requestsPerCreate``.
    public var requestsPerMinute: Int?
    /// How many requests a create comes to.
    public var requestsPerCreate: Int
    /// Pictures, such as OpenAI's images per minute; a create counts as many as ``Provider/pictures(of:at:)`` says.
    public var picturesPerMinute: Int?
    /// Creates under way at a time.
    public var concurrentCreates: Int?
    /// Between two polls of the same ticket.
    public var pollInterval: Duration

    /// A pace.
    public init(
        key: String, requestsPerMinute: Int? = nil, requestsPerCreate: Int = 1, picturesPerMinute: Int? = nil,
        concurrentCreates: Int? = nil, pollInterval: Duration = .seconds(2)
    ) {
        self.key = key
        self.requestsPerMinute = requestsPerMinute
        self.requestsPerCreate = requestsPerCreate
        self.picturesPerMinute = picturesPerMinute
        self.concurrentCreates = concurrentCreates
        self.pollInterval = pollInterval
    }
}

/// What the other side says of the account's budget.
public struct Budget: Hashable, Sendable {
    /// What is counted.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Requests in the running window: nothing is sent when none remain before it resets.
        case requests
        /// The provider's own currency; shown as a figure, and 0 remaining stops creates until the reset.
        case credits
    }

    /// What is counted.
    public var kind: Kind
    /// How many there are in the window.
    public var limit: Int?
    /// How many are left.
    public var remaining: Int?
    /// When the window begins anew.
    public var resetsAt: Timestamp?

    /// A budget.
    public init(kind: Kind, limit: Int? = nil, remaining: Int? = nil, resetsAt: Timestamp? = nil) {
        self.kind = kind
        self.limit = limit
        self.remaining = remaining
        self.resetsAt = resetsAt
    }
}
