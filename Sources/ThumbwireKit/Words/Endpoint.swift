/// A standing webhook subscription.
public struct Endpoint: Hashable, Sendable {
    /// Whether events are sent to it.
    public enum Status: String, Hashable, Sendable, CaseIterable {
        case enabled
        /// Events are kept for it and not sent.
        case paused
        /// Events are not kept for it.
        case disabled
    }

    /// The endpoint's id.
    public var id: EndpointID
    /// Whose endpoint it is.
    public var account: AccountID
    /// Where events are posted, byte for byte as it was given.
    public var url: String
    /// The types it gets.
    public var events: Set<EventType>
    /// Which events of these types it gets.
    public var filters: Filters
    /// Whether events are sent to it.
    public var status: Status
    /// Why it was disabled, where the service did that by itself.
    public var disabledReason: String?
    /// How attempts have gone lately.
    public var health: Health
    /// What people call it.
    public var description: String?
    /// How events reach it.
    public var sending: Sending
    /// When it is removed by itself; `nil` is never.
    public var expiresAt: Timestamp?
    /// When it was made.
    public var createdAt: Timestamp

    /// An enabled endpoint.
    public init(
        id: EndpointID, account: AccountID, url: String, events: Set<EventType>, description: String? = nil,
        createdAt: Timestamp
    ) {
        self.id = id
        self.account = account
        self.url = url
        self.events = events
        self.description = description
        self.createdAt = createdAt
        filters = Filters()
        sending = Sending()
        health = Health()
        status = .enabled
    }

    /// Whether it is over at that moment, removed already or not.
    public func isExpired(at moment: Timestamp) -> Bool { expiresAt.map { $0 <= moment } ?? false }

    /// How attempts have gone lately.
    public struct Health: Hashable, Sendable {
        /// Since when no attempt succeeded; `nil` while the last one did.
        public var failingSince: Timestamp?
        /// Attempts in a row that failed.
        public var failures: Int
        /// Nothing is sent before that moment, because the receiver or the circuit breaker says so.
        public var restsUntil: Timestamp?
        /// At most that many deliveries are taken up at a time; `nil` is as many as may be.
        public var claimLimit: Int?
        /// Failures in a row that speak against the receiver itself and not against what it was sent.
        public var strikes: Int
        /// True where `endpoint.failing` was sent, and `endpoint.recovered` was not yet.
        public var isAnnounced: Bool

        /// Of an endpoint that nothing was sent to yet.
        public init() {
            failures = 0
            strikes = 0
            isAnnounced = false
        }
    }

    /// What an event's job must be like; each part that is set must hold. Events without a job pass.
    public struct Filters: Hashable, Sendable {
        /// Names of chains; empty is all.
        public var chains: Set<String>
        /// Sessions; empty is all.
        public var sessions: Set<String>
        /// Members that the job's metadata must have with just these values.
        public var metadata: JSONObject

        /// Filters; without any, everything passes.
        public init(chains: Set<String> = [], sessions: Set<String> = [], metadata: JSONObject = [:]) {
            self.chains = chains
            self.sessions = sessions
            self.metadata = metadata
        }

        /// True where events of the job pass.
        public func admits(_ job: Job) -> Bool {
            (chains.isEmpty || chains.contains(job.pin.name))
                && (sessions.isEmpty || sessions.contains(job.session))
                && metadata.members.allSatisfy { job.metadata[$0.name] == $0.value }
        }
    }

    /// How events reach an endpoint.
    public struct Sending: Hashable, Sendable {
        /// How a delivery proves where it comes from.
        public enum Signature: String, Hashable, Sendable, CaseIterable {
            /// Standard Webhooks `v1`.
            case standard
            /// Standard Webhooks `v1` and `v1a`.
            case asymmetric = "standard+v1a"
            /// `X-Hub-Signature-256`, as GitHub signs.
            case github
            /// `Stripe-Signature: t=…,v1=…`.
            case stripe
        }

        /// What the body looks like around the data.
        public enum Envelope: String, Hashable, Sendable, CaseIterable {
            /// Ours.
            case standard
            /// CloudEvents 1.0 in one JSON object.
            case cloudEvents = "cloudevents"
            /// CloudEvents 1.0 with its attributes as `ce-` headers.
            case cloudEventsBinary = "cloudevents-binary"
        }

        /// Whose document the data is.
        public enum Format: String, Hashable, Sendable, CaseIterable {
            /// The job as `GET /v1/jobs/{id}` shows it.
            case job
            /// What the face that made the job answers to a poll.
            case face
        }

        /// How a delivery proves where it comes from.
        public var signature: Signature
        /// What the body looks like.
        public var envelope: Envelope
        /// Whose document the data is.
        public var format: Format
        /// The rests between attempts; `nil` is the standing ladder.
        public var rests: [Duration]?
        /// Attempts under way at a time, 1–64; `nil` is the service's cap.
        public var maximumInFlight: Int?
        /// Attempts a second; `nil` is no limit.
        public var ratePerSecond: Double?
        /// True where an event is sent only after every earlier one was delivered or given up.
        public var isOrdered: Bool

        /// What endpoints do that ask for nothing.
        public init() {
            signature = .standard
            envelope = .standard
            format = .job
            isOrdered = false
        }
    }
}
