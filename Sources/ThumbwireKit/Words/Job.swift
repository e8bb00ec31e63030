/// Where a job stands.
public enum JobState: String, Hashable, Sendable, CaseIterable {
    case queued, generating, processing, waiting, completed, failed, cancelled

    /// True for the states that a job never leaves.
    public var isTerminal: Bool {
        switch self {
        case .completed, .failed, .cancelled: true
        case .queued, .generating, .processing, .waiting: false
        }
    }

    /// True when the state machine allows this step; a state may also be written again unchanged.
    public func canBecome(_ next: JobState) -> Bool {
        if self == next { return !isTerminal }
        return switch self {
        // Straight to processing after a worker handed back a job whose picture was there already.
        case .queued: [.generating, .processing, .failed, .cancelled].contains(next)
        case .generating: [.processing, .waiting, .queued, .completed, .failed, .cancelled].contains(next)
        case .processing: [.waiting, .queued, .completed, .failed, .cancelled].contains(next)
        case .waiting: [.generating, .processing, .failed, .cancelled].contains(next)
        case .completed, .failed, .cancelled: false
        }
    }
}

/// A wire format that Thumbwire answers.
public enum Face: String, Hashable, Sendable, CaseIterable {
    case native, soke, opus, openai
    /// Soke's second endpoint, which has a chain of its own.
    case sokeBackground = "soke-background"

    /// A new id for a job that is made through this face: Opus's are `thumbnail-` and 10 letters and digits.
    public func jobID(at moment: Timestamp) -> JobID {
        switch self {
        case .native, .openai: JobID(prefix: "job_", at: moment)
        case .soke, .sokeBackground: JobID(prefix: "thumb_", at: moment)
        case .opus: JobID(rawValue: "thumbnail-" + randomAlphanumerics(10))
        }
    }
}

private func randomAlphanumerics(_ count: Int) -> String {
    let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    return String((0..<count).compactMap { _ in alphabet.randomElement() })
}

/// One request for a thumbnail and all that became of it.
public struct Job: Hashable, Sendable {
    /// The job's id, the same on every face.
    public var id: JobID
    /// Whose job it is.
    public var account: AccountID
    /// The face that made it.
    public var face: Face
    /// What was asked for.
    public var request: ThumbnailRequest
    /// The chain as it was when the job was accepted.
    public var pin: PinnedChain
    /// Where it stands.
    public var state: JobState
    /// How far it is.
    public var progress: Progress
    /// The steps made so far, oldest first.
    public var steps: [Step]
    /// The finished pictures.
    public var outputs: [Output]
    /// The name of the provider in the chain that made the picture.
    public var provider: String?
    /// Set when another provider than the chain's first candidate made the picture.
    public var fallback: Fallback?
    /// What the client should know.
    public var warnings: [Warning]
    /// Why it failed.
    public var failure: Failure?
    /// The group it belongs to.
    public var session: String
    /// The job that this one repeats or edits.
    public var parent: JobID?
    /// The key that asked for it, where that is known.
    public var key: KeyID?
    /// The HTTP request that made it: stands in every line of the log about the job.
    public var requestID: String?
    /// What it costs the account when it completes; held from its acceptance on.
    public var credits: Int
    /// What the client wants echoed.
    public var metadata: JSONObject
    /// Where its callback stands, if it has one.
    public var callback: CallbackSummary?
    /// Higher runs earlier within the account.
    public var priority: Int
    /// When it was accepted.
    public var createdAt: Timestamp
    /// When a worker first took it.
    public var startedAt: Timestamp?
    /// When it became terminal.
    public var finishedAt: Timestamp?
    /// By when it must be terminal.
    public var deadline: Timestamp
    /// How many events it has had; the next one's `sequence` is one more.
    public var eventCount: Int

    /// A freshly accepted job.
    public init(
        id: JobID, account: AccountID, face: Face, request: ThumbnailRequest, pin: PinnedChain,
        session: String,
        createdAt: Timestamp, deadline: Timestamp
    ) {
        self.id = id
        self.account = account
        self.face = face
        self.request = request
        self.pin = pin
        self.session = session
        self.createdAt = createdAt
        self.deadline = deadline
        state = .queued
        progress = Progress(step: nil, percent: 0)
        steps = []
        outputs = []
        warnings = []
        metadata = [:]
        priority = 0
        credits = 0
        eventCount = 0
    }

    /// How far a job is.
    public struct Progress: Hashable, Sendable {
        /// The id of the running step.
        public var step: String?
        /// 0–100.
        public var percent: Int

        /// How far.
        public init(step: String?, percent: Int) {
            self.step = step
            self.percent = percent
        }
    }

    /// From which provider the job fell back, and why.
    public struct Fallback: Hashable, Sendable {
        /// The name of the provider that failed or could not serve.
        public var from: String
        /// Its failure's code.
        public var reason: String

        /// A fall-back.
        public init(from: String, reason: String) {
            self.from = from
            self.reason = reason
        }
    }

    /// What documents may show of a callback: its path, query and headers are write-only.
    public struct CallbackSummary: Hashable, Sendable {
        /// The host of the URL.
        public var host: String
        /// The event types it gets.
        public var events: [EventType]
        /// The HTTP status of the last attempt, if one was answered.
        public var lastStatus: Int?

        /// A summary.
        public init(host: String, events: [EventType], lastStatus: Int? = nil) {
            self.host = host
            self.events = events
            self.lastStatus = lastStatus
        }
    }
}

/// One finished picture of a job.
public struct Output: Hashable, Sendable {
    /// The stored file.
    public var artifact: ArtifactID
    /// The capability name under `/files/`.
    public var fileName: String
    /// Pixels across and down.
    public var size: PixelSize
    /// The file format.
    public var format: ImageFormat
    /// The file's length.
    public var bytes: Int
    /// SHA-256 of the file in lower-case hexadecimal.
    public var sha256: String
    /// Which of the request's variants, from 0.
    public var variant: Int
    /// When its link ends; `nil` is with the job.
    public var expiresAt: Timestamp?

    /// A finished picture.
    public init(
        artifact: ArtifactID, fileName: String, size: PixelSize, format: ImageFormat, bytes: Int,
        sha256: String,
        variant: Int, expiresAt: Timestamp? = nil
    ) {
        self.artifact = artifact
        self.fileName = fileName
        self.size = size
        self.format = format
        self.bytes = bytes
        self.sha256 = sha256
        self.variant = variant
        self.expiresAt = expiresAt
    }
}
