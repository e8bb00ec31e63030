/// One try at one piece of a job.
public struct Step: Hashable, Sendable {
    /// Where a step stands.
    public enum Status: String, Hashable, Sendable, CaseIterable {
        /// Its intent is durable; whether it did anything is not known until it says so.
        case started
        /// The other side works on it; the ticket is durable.
        case pending
        case succeeded, failed, skipped
    }

    /// The step's id in its chain: the provider's name, or the post-processor's step id.
    public var id: String
    /// 0 for the provider step, then the position in the chain from 1.
    public var index: Int
    /// 1 for the first try.
    public var attempt: Int
    /// The plugin's id and version.
    public var plugin: String
    /// The plugin's version.
    public var version: String
    /// SHA-256 of the configuration with secret references, in hexadecimal.
    public var configurationHash: String
    /// Where it stands.
    public var status: Status
    /// What the provider calls the work, when it is pending.
    public var ticket: String?
    /// The artifacts it made, by id.
    public var artifacts: [ArtifactID]
    /// What a provider's pictures are, where that differs from call to call.
    public var product: PluginManifest.Product?
    /// What a provider tells of how it made them, such as the editor state upstream.
    public var provenance: JSONObject
    /// When it began.
    public var startedAt: Timestamp
    /// When it ended.
    public var finishedAt: Timestamp?
    /// What the provider charged.
    public var cost: Cost?
    /// Why it failed.
    public var failure: Failure?

    /// A step that begins now.
    public init(
        id: String, index: Int, attempt: Int, plugin: String, version: String, configurationHash: String,
        startedAt: Timestamp
    ) {
        self.id = id
        self.index = index
        self.attempt = attempt
        self.plugin = plugin
        self.version = version
        self.configurationHash = configurationHash
        self.startedAt = startedAt
        status = .started
        artifacts = []
        provenance = [:]
    }

    /// True where something may have been bought and nothing is in our hands.
    public var isUndecided: Bool {
        switch status {
        case .pending, .started: true
        case .failed: failure?.failureClass == .outcomeUnknown
        case .succeeded, .skipped: false
        }
    }
}

/// What a provider charged: an amount in its own unit.
public struct Cost: Hashable, Sendable {
    /// How many units.
    public var amount: Double
    /// The provider's unit, such as `credits` or `USD`.
    public var unit: String

    /// A cost.
    public init(amount: Double, unit: String) {
        self.amount = amount
        self.unit = unit
    }
}

/// The chain that a job was accepted with; a reload of the file never changes it.
public struct PinnedChain: Hashable, Sendable {
    /// One plugin with its configuration.
    public struct Use: Hashable, Sendable {
        /// The provider's name in the file, or the step's id.
        public var id: String
        /// The plugin's id.
        public var plugin: String
        /// The plugin's major version; the job runs on any version of it.
        public var major: Int
        /// The configuration with secret references, not their values.
        public var configuration: JSONObject
        /// The step's condition as written; `nil` always runs.
        public var condition: String?
        /// What happens when the step fails.
        public var onError: OnError
        /// The longest the step may take.
        public var timeout: Duration

        /// A plugin with its configuration.
        public init(
            id: String, plugin: String, major: Int, configuration: JSONObject, condition: String? = nil,
            onError: OnError = .fail, timeout: Duration
        ) {
            self.id = id
            self.plugin = plugin
            self.major = major
            self.configuration = configuration
            self.condition = condition
            self.onError = onError
            self.timeout = timeout
        }
    }

    /// What happens when a step fails.
    public enum OnError: String, Hashable, Sendable, CaseIterable {
        /// The job fails.
        case fail
        /// The job goes on without the step, and says so in its warnings.
        case skip
    }

    /// What the engine may do with the chain's providers.
    public struct ProviderPolicy: Hashable, Sendable {
        /// What becomes of a job when a purchase was sent and its answer was lost.
        public enum OnUnknown: String, Hashable, Sendable, CaseIterable {
            /// It fails with `provider_outcome_unknown`.
            case fail
            /// It is ordered again, at the risk of paying twice.
            case resubmit
        }

        /// The classes after which the next provider is tried.
        public var failoverOn: Set<FailureClass>
        /// What happens after a lost answer.
        public var onUnknown: OnUnknown
        /// True where the keyless provider may stand in for a billed one that failed.
        public var lastResort: Bool
        /// How long the first provider works alone before the second is asked too; `nil` never asks both.
        public var hedge: Duration?

        /// What the design says where a chain says nothing.
        public init(
            failoverOn: Set<FailureClass> = ProviderPolicy.standardFailover, onUnknown: OnUnknown = .fail,
            lastResort: Bool = false, hedge: Duration? = nil
        ) {
            self.failoverOn = failoverOn
            self.onUnknown = onUnknown
            self.lastResort = lastResort
            self.hedge = hedge
        }

        /// The classes that prove that nothing was bought and say nothing against the request.
        public static let standardFailover: Set<FailureClass> = [
            .rateLimited, .outOfFunds, .unavailable, .timeout, .misconfigured, .internal,
        ]
    }

    /// The chain's name.
    public var name: String
    /// Candidates in the order they are tried.
    public var providers: [Use]
    /// Post-processors in order.
    public var steps: [Use]
    /// How the candidates take turns.
    public var policy: ProviderPolicy

    /// A chain as it is now.
    public init(
        name: String, providers: [Use], steps: [Use], policy: ProviderPolicy = ProviderPolicy()
    ) {
        self.name = name
        self.providers = providers
        self.steps = steps
        self.policy = policy
    }
}

/// A stored file and who may refer to it.
public struct Artifact: Hashable, Sendable {
    /// The artifact's id, which compositions refer to.
    public var id: ArtifactID
    /// Whose file it is; references from other accounts do not find it.
    public var account: AccountID
    /// The job that made it.
    public var job: JobID?
    /// 128 random bits and an extension: who knows it may read the file.
    public var fileName: String
    /// SHA-256 of the content in hexadecimal: where the bytes are stored.
    public var sha256: String
    /// The content's media type.
    public var mediaType: String
    /// The content's length.
    public var bytes: Int
    /// When it was stored.
    public var createdAt: Timestamp
    /// When its link ends, and the file with it unless another job uses it; `nil` is with the last job that it
    /// belongs to or that uses it.
    public var expiresAt: Timestamp?
    /// Keeps the bytes until the row that names them is written; `nil` for what has its row.
    package var hold: ContentHold?

    /// A stored file.
    public init(
        id: ArtifactID, account: AccountID, job: JobID?, fileName: String, sha256: String, mediaType: String,
        bytes: Int,
        createdAt: Timestamp
    ) {
        self.id = id
        self.account = account
        self.job = job
        self.fileName = fileName
        self.sha256 = sha256
        self.mediaType = mediaType
        self.bytes = bytes
        self.createdAt = createdAt
    }
}
