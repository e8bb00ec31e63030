/// What an event says.
public enum EventType: String, Hashable, Sendable, CaseIterable {
    case queued = "thumbnail.queued"
    case processing = "thumbnail.processing"
    /// On the way; only for those who ask for it, at most once a second and job.
    case progress = "thumbnail.progress"
    case completed = "thumbnail.completed"
    case failed = "thumbnail.failed"
    case cancelled = "thumbnail.cancelled"
    /// A provider is out of use: its circuit opened, or an administrator paused it.
    case providerDegraded = "provider.degraded"
    /// It is in use again.
    case providerRecovered = "provider.recovered"
    /// Attempts at an endpoint have failed for some minutes.
    case endpointFailing = "endpoint.failing"
    /// The service disabled an endpoint.
    case endpointDisabled = "endpoint.disabled"
    /// An attempt at a failing endpoint succeeded, or somebody enabled a disabled one.
    case endpointRecovered = "endpoint.recovered"
    /// A delivery was given up.
    case deliveryExhausted = "delivery.exhausted"
    case webhookTest = "webhook.test"

    /// The types that end a job: what callbacks and endpoints get unless they ask for more.
    public static let terminal: [EventType] = [.completed, .failed, .cancelled]

    /// True for what happens to a job.
    public var isAboutJob: Bool {
        switch self {
        case .queued, .processing, .progress, .completed, .failed, .cancelled: true
        case .providerDegraded, .providerRecovered, .endpointFailing, .endpointDisabled, .endpointRecovered,
            .deliveryExhausted, .webhookTest:
            false
        }
    }
}

/// Something that happened; its body never changes.
public struct Event: Hashable, Sendable {
    /// The event's id, also its `webhook-id`.
    public var id: EventID
    /// Whose event it is.
    public var account: AccountID
    /// What it says.
    public var type: EventType
    /// The job it is about, if any.
    public var job: JobID?
    /// Counts up within the job from 1.
    public var sequence: Int
    /// When it happened.
    public var occurredAt: Timestamp
    /// The exact bytes of every delivery.
    public var body: [UInt8]
    /// What the face that made the job answers to a poll, as JSON text; `nil` for the native face and for events
    /// without a job.
    public var faceData: [UInt8]?

    /// An event.
    public init(
        id: EventID, account: AccountID, type: EventType, job: JobID?, sequence: Int, occurredAt: Timestamp,
        body: [UInt8]
    ) {
        self.id = id
        self.account = account
        self.type = type
        self.job = job
        self.sequence = sequence
        self.occurredAt = occurredAt
        self.body = body
    }
}
