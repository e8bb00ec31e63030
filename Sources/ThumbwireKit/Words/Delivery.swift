/// One event on its way to one endpoint or callback.
public struct Delivery: Hashable, Sendable {
    /// Where a delivery stands.
    public enum Status: String, Hashable, Sendable, CaseIterable {
        /// Waits for its next attempt.
        case pending
        case delivered
        /// Its retry schedule is used up, or its endpoint is gone.
        case exhausted
    }

    /// Who gets it.
    public enum Target: Hashable, Sendable {
        case endpoint(EndpointID)
        case callback(JobID)
    }

    /// The delivery's id.
    public var id: DeliveryID
    /// Whose delivery it is.
    public var account: AccountID
    /// The event it carries.
    public var event: EventID
    /// The event's type.
    public var type: EventType
    /// Who gets it.
    public var target: Target
    /// Where it stands.
    public var status: Status
    /// How many attempts were made.
    public var attempts: Int
    /// How many of them were made before its schedule began anew, because it was resent.
    public var earlierAttempts: Int
    /// When the next attempt is due; `nil` when there is none.
    public var nextAttemptAt: Timestamp?
    /// The status code of the last attempt that was answered.
    public var lastStatusCode: Int?
    /// When it was made.
    public var createdAt: Timestamp

    /// A delivery.
    public init(
        id: DeliveryID, account: AccountID, event: EventID, type: EventType, target: Target,
        status: Status = .pending,
        attempts: Int = 0, nextAttemptAt: Timestamp?, lastStatusCode: Int? = nil, createdAt: Timestamp
    ) {
        self.id = id
        self.account = account
        self.event = event
        self.type = type
        self.target = target
        self.status = status
        self.attempts = attempts
        earlierAttempts = 0
        self.nextAttemptAt = nextAttemptAt
        self.lastStatusCode = lastStatusCode
        self.createdAt = createdAt
    }
}

/// One HTTP try of a delivery.
public struct Attempt: Hashable, Sendable {
    /// How it ended.
    public enum Outcome: Hashable, Sendable {
        /// An answer came, with the first bytes of its body as text.
        case answered(status: Int, bodyHead: String)
        /// No answer came: a stable error code and what happened.
        case unanswered(code: String, message: String)
    }

    /// The delivery it belongs to.
    public var delivery: DeliveryID
    /// 1 for the first try.
    public var number: Int
    /// When the request was sent.
    public var startedAt: Timestamp
    /// From start to the end of the answer.
    public var duration: Duration
    /// How it ended.
    public var outcome: Outcome

    /// One try.
    public init(delivery: DeliveryID, number: Int, startedAt: Timestamp, duration: Duration, outcome: Outcome)
    {
        self.delivery = delivery
        self.number = number
        self.startedAt = startedAt
        self.duration = duration
        self.outcome = outcome
    }
}
